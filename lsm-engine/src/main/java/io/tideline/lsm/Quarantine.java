package io.tideline.lsm;

import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory {@code quarantine/} of an engine: another name of each damaged table, which keeps
 * its bytes for study after the engine has got rid of it, and beside it what was found, as text.
 * The engine never deletes anything there; an operator may, at any time.
 */
final class Quarantine {

  private static final Logger log = LoggerFactory.getLogger(Quarantine.class);

  private final FileSystem fileSystem;
  private final Path directory;

  Quarantine(FileSystem fileSystem, Path engineDirectory) {
    this.fileSystem = fileSystem;
    directory = engineDirectory.resolve(FileNames.QUARANTINE);
  }

  /** Whether a table was found damaged before, perhaps by an earlier process. */
  boolean has(String table) {
    return fileSystem.exists(directory.resolve(table));
  }

  /** Keeps a table. If that fails the damage is known all the same, until the engine is closed. */
  void add(Damage damage) {
    String name = String.valueOf(damage.file().getFileName());
    try {
      fileSystem.createDirectories(directory);
      if (!has(name)) {
        fileSystem.link(damage.file(), directory.resolve(name));
      }
      Path report = directory.resolve(name + ".txt");
      if (!fileSystem.exists(report)) {
        try (StorageFile file = fileSystem.open(report, FileSystem.Mode.CREATE_NEW)) {
          file.write(ByteBuffer.wrap((damage + "\n").getBytes(StandardCharsets.UTF_8)), 0);
          file.force();
        }
      }
      fileSystem.syncDirectory(directory);
    } catch (IOException e) {
      log.warn("{}: a damaged table is not kept for study: {}", damage.file(), e.getMessage());
    }
  }
}
