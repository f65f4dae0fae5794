package io.tideline.tools.im;

import io.tideline.client.InboxState;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import io.tideline.tools.data.ConnectionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline im}: a chat in the terminal. */
@Command(
    name = "im",
    description = {
      "Chat in the terminal: users, groups, edits, recalls, unread counts.",
      "",
      "Start one in each of two terminals, as two users, and talk. It keeps all it needs in the"
          + " stores im_conversations, im_inboxes, im_members and im_memberships, which it makes if"
          + " they are absent; docs/im.md says what is in them. Type /help for what it understands.",
    },
    footer = {
      "",
      "Examples:",
      "  tideline im --user alice --to bob",
      "  tideline im --user bob",
      "  tideline im --user alice --group team --state alice-phone.state",
    })
public final class ImCommand implements Callable<Integer> {
  private final ToolContext context;

  @Mixin private ConnectionOptions connection;

  @Option(
      names = {"-u", "--user"},
      required = true,
      paramLabel = "NAME",
      description = "Who you are; 1 to 40 letters, digits, '_', '.' or '-'. There is no password.")
  private String user;

  @Option(names = "--to", paramLabel = "USER", description = "Begin in the conversation with them.")
  private @Nullable String to;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "Begin in this group; it is made if there is none, else you join it.")
  private @Nullable String group;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description =
          "Where this device keeps how far it has read, to go on there when it is started again."
              + " Without it, it begins with what comes from now on.")
  private @Nullable Path stateFile;

  public ImCommand(ToolContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    try (TidelineClient client = connection.connect()) {
      Im im = new Im(client);
      im.createStores();
      ImTerminal terminal =
          new ImTerminal(context, im, user, state(im), Optional.ofNullable(stateFile));
      if (to != null) {
        terminal.open(im.single(user, to));
      }
      if (group != null) {
        terminal.openGroup(group);
      }
      terminal.run();
      return ExitCode.OK;
    } catch (IllegalArgumentException wrongName) {
      throw new ToolException(
          ExitCode.USAGE, String.valueOf(wrongName.getMessage()), "Give another one.", wrongName);
    }
  }

  private InboxState state(Im im) throws IOException {
    return stateFile == null || !Files.exists(stateFile)
        ? im.stateNow(user)
        : InboxState.fromBytes(Files.readAllBytes(stateFile));
  }
}
