package io.tideline.tools.bench;

import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.FileTrees;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a benchmark keeps its nodes' data: a directory that was given and stays, or a temporary one
 * that is removed in the end, also after Ctrl-C.
 *
 * <p>Lifetime: close it when the nodes are gone.
 */
public final class WorkDirectory implements AutoCloseable {

  private final ToolContext context;
  private final Path path;
  private final @Nullable Thread removalHook;

  /**
   * @param given by the user, made if it is not there; null for a temporary one
   */
  public WorkDirectory(ToolContext context, @Nullable Path given) throws IOException {
    this.context = context;
    if (given != null) {
      path = Files.createDirectories(given.toAbsolutePath());
      removalHook = null;
    } else {
      path = Files.createTempDirectory("tideline-bench-");
      removalHook = new Thread(this::removeInterrupted, "tideline-bench-remove");
      Runtime.getRuntime().addShutdownHook(removalHook);
    }
  }

  public Path path() {
    return path;
  }

  /**
   * Refuses to begin what would fill the disk.
   *
   * @param bytes what is needed at most
   * @throws ToolException if there is less room
   */
  public void requireRoom(long bytes) throws IOException {
    long free = Files.getFileStore(path).getUsableSpace();
    if (free < bytes) {
      throw new ToolException(
          ExitCode.CONFIG,
          "this needs "
              + Humans.size(bytes)
              + " of disk, and "
              + path
              + " has "
              + Humans.size(free)
              + " free",
          "Name another place with --directory, or measure less.");
    }
  }

  private void removeInterrupted() {
    try {
      FileTrees.deleteTree(path);
    } catch (IOException left) {
      context.err().println("could not remove " + path + ": " + left);
    }
  }

  @Override
  public void close() throws IOException {
    if (removalHook != null) {
      var _ = Runtime.getRuntime().removeShutdownHook(removalHook);
      FileTrees.deleteTree(path);
    }
  }
}
