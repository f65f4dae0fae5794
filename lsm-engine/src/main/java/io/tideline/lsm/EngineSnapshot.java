package io.tideline.lsm;

import java.util.List;

/**
 * A finished copy of an engine, made of hard links; opening its directory as an engine restores it.
 *
 * @param state what it contains
 * @param files every file of it, manifest included
 */
public record EngineSnapshot(EngineState state, List<FileInfo> files) {

  /**
   * @param name file name inside the snapshot's directory
   * @param size bytes
   * @param crc32c checksum of the whole file
   */
  public record FileInfo(String name, long size, int crc32c) {}

  public EngineSnapshot {
    files = List.copyOf(files);
  }
}
