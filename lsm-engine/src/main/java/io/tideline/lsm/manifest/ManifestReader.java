package io.tideline.lsm.manifest;

import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Reads a whole manifest and tells a torn end from damage. */
public final class ManifestReader {

  /** Bytes of a record beside its body. */
  static final int RECORD_OVERHEAD = 17;

  static final int TYPE_EDIT = 1;
  static final int TYPE_SEAL = 2;

  /** Far above the rewrite threshold: a larger file is no manifest of ours. */
  private static final long SIZE_MAX = 256L << 20;

  /**
   * What was read.
   *
   * @param edits every valid edit in order, with its place
   * @param end offset after the last valid edit
   * @param torn whether bytes of an edit that was never acknowledged follow
   */
  public record Content(
      UUID engineId, ManifestState state, List<Placed> edits, long end, boolean torn) {}

  /** An edit and the offset of its record. */
  public record Placed(long offset, VersionEdit edit) {}

  private final Path path;
  private final byte[] array;
  private final ByteBuffer bytes;
  private final int size;

  private ManifestReader(Path path, byte[] array, int size) {
    this.path = path;
    this.array = array;
    this.size = size;
    bytes = FileFrame.wrap(array);
  }

  /** Reads the manifest at {@code path}. */
  public static Content read(FileSystem fileSystem, Path path) throws IOException {
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      FileFrame.Header header = FileFrame.readHeader(file, path, FileFrame.Type.MANIFEST);
      long length = file.size();
      if (length > SIZE_MAX) {
        throw new CorruptionException(path, 0, "at most " + SIZE_MAX + " bytes", length + " bytes");
      }
      byte[] array = new byte[(int) length];
      int read = file.read(ByteBuffer.wrap(array), 0);
      return new ManifestReader(path, array, read).parse(header.engineId());
    }
  }

  private Content parse(UUID engineId) throws CorruptionException {
    ManifestState state = ManifestState.EMPTY;
    List<Placed> edits = new ArrayList<>();
    int at = FileFrame.HEADER_BYTES;
    long number = 1;
    while (isRecord(at, number) && type(at) == TYPE_EDIT) {
      VersionEdit edit = edit(at);
      state = applied(state, edit, at);
      edits.add(new Placed(at, edit));
      at += RECORD_OVERHEAD + length(at);
      number++;
    }
    boolean sealed = isRecord(at, number - 1) && type(at) == TYPE_SEAL;
    int rest = sealed ? at + RECORD_OVERHEAD : at;
    if (edits.isEmpty()) {
      throw new CorruptionException(path, at, "a first edit", "none that is whole");
    }
    refuseValidRecordAfter(rest, number);
    return new Content(engineId, state, edits, at, rest < size);
  }

  /** A record after a bad one shows that the bad one was durable once: damage, not a torn write. */
  private void refuseValidRecordAfter(int bad, long number) throws CorruptionException {
    for (int at = bad + 1; at + RECORD_OVERHEAD <= size; at++) {
      long found = bytes.getLong(at + 8);
      if (found >= number && found <= number + size && isRecord(at, found)) {
        throw new CorruptionException(
            path, bad, "edit " + number, "a damaged record before the valid one at " + at);
      }
    }
  }

  private boolean isRecord(int at, long number) {
    if (at + RECORD_OVERHEAD > size) {
      return false;
    }
    int length = length(at);
    return length >= 0
        && length <= size - at - RECORD_OVERHEAD
        && bytes.getLong(at + 8) == number
        && bytes.getInt(at) == FileFrame.crc(array, at + 4, RECORD_OVERHEAD - 4 + length);
  }

  private int length(int at) {
    return bytes.getInt(at + 4);
  }

  private int type(int at) {
    return bytes.get(at + 16);
  }

  private VersionEdit edit(int at) throws CorruptionException {
    ByteBuffer body =
        bytes.slice(at + RECORD_OVERHEAD, length(at)).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    try {
      return VersionEdit.decodeFrom(body);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw corrupt(at, e);
    }
  }

  private ManifestState applied(ManifestState state, VersionEdit edit, int at)
      throws CorruptionException {
    try {
      return state.apply(edit);
    } catch (IllegalArgumentException e) {
      throw corrupt(at, e);
    }
  }

  private CorruptionException corrupt(int at, RuntimeException cause) {
    CorruptionException e =
        new CorruptionException(path, at, "an edit that makes sense", String.valueOf(cause));
    e.initCause(cause);
    return e;
  }
}
