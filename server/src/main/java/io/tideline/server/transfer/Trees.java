package io.tideline.server.transfer;

import io.tideline.lsm.fs.FileSystem;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Path;

/** Deletes directories with what is in them. */
final class Trees {

  private Trees() {}

  static void delete(FileSystem fileSystem, Path root) throws IOException {
    try {
      fileSystem.delete(root);
    } catch (DirectoryNotEmptyException e) {
      for (String name : fileSystem.list(root)) {
        delete(fileSystem, root.resolve(name));
      }
      fileSystem.delete(root);
    }
  }
}
