package io.tideline.lsm;

import io.tideline.lsm.file.Syncs;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.manifest.Manifest;
import io.tideline.lsm.manifest.ManifestState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;

/**
 * An engine's directory in the making. It is filled under a name with {@link #SUFFIX} and renamed
 * when it is whole and durable, so a directory under its final name is always complete. What a
 * crash leaves under the other name is cleared away by the next attempt.
 *
 * <p>Threading: confined. Lifetime: ends with {@link #publish} or {@link #abandon}.
 */
final class StagedDirectory {

  /** Ends the name of a directory that is not complete yet. */
  static final String SUFFIX = ".building";

  private final FileSystem fileSystem;
  private final Path target;
  private final Path staging;

  private StagedDirectory(FileSystem fileSystem, Path target) {
    this.fileSystem = fileSystem;
    this.target = target;
    staging = target.resolveSibling(target.getFileName() + SUFFIX);
  }

  /** Creates the directory, empty, under its provisional name. */
  static StagedDirectory begin(FileSystem fileSystem, Path target) throws IOException {
    StagedDirectory directory = new StagedDirectory(fileSystem, target);
    if (fileSystem.exists(directory.staging)) {
      directory.remove();
    }
    Syncs.createDirectories(fileSystem, directory.staging);
    return directory;
  }

  Path path() {
    return staging;
  }

  /** Gives a file another name in here. */
  void link(Path existing, String name) throws IOException {
    fileSystem.link(existing, staging.resolve(name));
  }

  /** Makes the links durable, then a manifest that names them. */
  void writeManifest(UUID engineId, ManifestState state) throws IOException {
    Syncs.directory(fileSystem, staging);
    Manifest.create(fileSystem, staging, engineId, state).close();
  }

  /** Gives the directory its final name, durably. */
  void publish() throws IOException {
    fileSystem.rename(staging, target);
    Path parent = target.toAbsolutePath().getParent();
    Syncs.directory(fileSystem, Objects.requireNonNull(parent, "parent of an engine's directory"));
  }

  /** Takes back what was made, so that the caller may try again. */
  void abandon(Throwable cause) {
    try {
      if (fileSystem.exists(staging)) {
        remove();
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private void remove() throws IOException {
    for (String name : fileSystem.list(staging)) {
      fileSystem.delete(staging.resolve(name));
    }
    fileSystem.delete(staging);
  }
}
