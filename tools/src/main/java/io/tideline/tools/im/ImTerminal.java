package io.tideline.tools.im;

import io.tideline.client.InboxState;
import io.tideline.client.TidelineException;
import io.tideline.tools.cli.ToolContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One person at one terminal: what he types is done by the thread that calls {@link #run}, what
 * arrives is shown by another, which alone uses the device.
 */
final class ImTerminal {

  /** News end the wait at once; this is how long quitting may take. */
  private static final Duration NEWS_WAIT = Duration.ofMillis(250);

  /** Between attempts to reach nodes that cannot be reached. */
  private static final long RETRY_SECONDS = 1;

  /** A call's deadline, and some more. */
  private static final long STOP_SECONDS = 15;

  private static final int HISTORY_DEFAULT = 20;

  private static final List<String> HELP =
      List.of(
          "text             say it in the open conversation",
          "/to USER         open the conversation with a user",
          "/group NAME      open a group; made if there is none, else you join it",
          "/add USER        make a user a member of the open group",
          "/leave           leave the open group",
          "/who             the members of the open conversation",
          "/list            your conversations, the latest first, with what is unread",
          "/open ID         open one of them",
          "/history [N]     the last N messages of the open conversation",
          "/edit ID TEXT    replace the text of your message with this id",
          "/recall ID       take back your message with this id",
          "/again           send again what could not be sent",
          "/quit            end");

  private final ToolContext context;
  private final Im im;
  private final String user;
  private final ImDevice device;
  private final Optional<Path> stateFile;

  /** Set by the thread that reads lines; the other one looks whether to mark messages as read. */
  private volatile @Nullable String open;

  private volatile boolean ending;

  private @Nullable Unsent unsent;

  /** Only of the thread that shows what arrives: one line for a failure that goes on. */
  private boolean failing;

  /** A message that may or may not have been sent; with its key it can be sent again. */
  private record Unsent(String conversation, String text, String messageKey) {}

  ImTerminal(ToolContext context, Im im, String user, InboxState state, Optional<Path> stateFile) {
    this.context = context;
    this.im = im;
    this.user = user;
    this.device = im.device(user, state);
    this.stateFile = stateFile;
  }

  /** Reads lines until they end or one says to quit. */
  void run() throws IOException {
    say("You are " + user + ". /help says what there is to type.");
    list();
    ExecutorService receiver =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("tideline-im-receiver").daemon().factory());
    Future<?> receiving;
    try {
      receiving = receiver.submit(this::follow);
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(context.in(), StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.strip().equals("/quit")) {
          break;
        }
        handle(line.strip());
      }
    } finally {
      ending = true;
      stop(receiver);
      device.close();
    }
    if (receiving.state() == Future.State.FAILED) {
      throw new IllegalStateException("the receiver has failed", receiving.exceptionNow());
    }
    // What was said last is shown, as everything before.
    var _ = receive();
  }

  private static void stop(ExecutorService receiver) {
    receiver.shutdown();
    try {
      if (!receiver.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the receiver did not end within " + STOP_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the receiver ends", e);
    }
  }

  void open(String conversation) {
    open = conversation;
    say("In " + conversation + ".");
  }

  void openGroup(String name) {
    String conversation = Im.groupId(name);
    if (im.exists(conversation)) {
      im.join(conversation, user);
    } else {
      conversation = im.group(name, List.of(user));
    }
    open(conversation);
  }

  // --- What is typed. ---

  private void handle(String line) {
    if (line.isEmpty()) {
      return;
    }
    try {
      if (line.startsWith("/")) {
        String[] words = line.split("\\s+", 3);
        command(words[0], words.length > 1 ? words[1] : "", words.length > 2 ? words[2] : "");
      } else {
        requireOpen().ifPresent(in -> send(new Unsent(in, line, Im.newKey())));
      }
    } catch (TidelineException | IllegalArgumentException e) {
      say("! " + e.getMessage());
    }
  }

  private void command(String command, String first, String rest) {
    switch (command) {
      case "/help" -> HELP.forEach(this::say);
      case "/to" -> open(im.single(user, first));
      case "/group" -> openGroup(first);
      case "/open" -> openKnown(first);
      case "/list" -> list();
      case "/again" -> again();
      case "/who" -> requireOpen().ifPresent(in -> say(String.join(", ", im.members(in))));
      case "/add" -> requireOpen().ifPresent(in -> add(in, first));
      case "/leave" -> requireOpen().ifPresent(this::leave);
      case "/history" -> requireOpen().ifPresent(in -> history(in, first));
      case "/edit" -> requireOpen().ifPresent(in -> edit(in, id(first), requireText(rest)));
      case "/recall" -> requireOpen().ifPresent(in -> recall(in, id(first)));
      default -> say("! there is no " + command + "; /help says what there is");
    }
  }

  private Optional<String> requireOpen() {
    String conversation = open;
    if (conversation == null) {
      say("! no conversation is open; /to USER or /group NAME opens one");
    }
    return Optional.ofNullable(conversation);
  }

  private static long id(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not the number that stands before a message", e);
    }
  }

  private static String requireText(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the new text is missing");
    }
    return text;
  }

  private void edit(String conversation, long id, String text) {
    if (isOwn(conversation, id)) {
      im.edit(conversation, id, text);
    }
  }

  private void recall(String conversation, long id) {
    if (isOwn(conversation, id)) {
      im.recall(conversation, id);
    }
  }

  private boolean isOwn(String conversation, long id) {
    boolean own =
        im.message(conversation, id)
            .filter(message -> message.kind() == ImMessage.Kind.TEXT)
            .filter(message -> message.sender().equals(user))
            .isPresent();
    if (!own) {
      say("! #" + id + " is no message of yours");
    }
    return own;
  }

  private void send(Unsent message) {
    unsent = message;
    try {
      long unused = im.send(message.conversation(), user, message.text(), message.messageKey());
      unsent = null;
    } catch (TidelineException e) {
      say("! perhaps not sent: " + e.getMessage() + "; /again sends it once");
    }
  }

  private void again() {
    Unsent message = unsent;
    if (message == null) {
      say("! nothing is unsent");
    } else {
      send(message);
    }
  }

  private void openKnown(String conversation) {
    if (im.members(conversation).contains(user)) {
      open(conversation);
    } else {
      say("! you are not in " + conversation + "; /list shows where you are");
    }
  }

  private void add(String conversation, String member) {
    if (conversation.startsWith("group:")) {
      im.join(conversation, member);
    } else {
      say("! a conversation of two stays one; /group NAME opens a group");
    }
  }

  private void leave(String conversation) {
    if (conversation.startsWith("group:")) {
      im.leave(conversation, user);
      open = null;
      say("You left " + conversation + ".");
    } else {
      say("! a conversation of two cannot be left");
    }
  }

  private void list() {
    im.conversations(user)
        .forEach(
            summary ->
                say(
                    "  "
                        + summary.conversation()
                        + (summary.unread() == 0 ? "" : "  " + summary.unread() + " unread")));
  }

  private void history(String conversation, String count) {
    int limit = count.isEmpty() ? HISTORY_DEFAULT : Math.toIntExact(id(count));
    List<ImMessage> messages = im.history(conversation, user, Long.MAX_VALUE, limit);
    messages.reversed().forEach(message -> say(line(conversation, message)));
    if (!messages.isEmpty()) {
      im.markRead(conversation, user, messages.getFirst().id());
    }
  }

  // --- What arrives. ---

  private void follow() {
    try {
      while (!ending) {
        if (!receive()) {
          TimeUnit.SECONDS.sleep(RETRY_SECONDS);
        } else {
          awaitNews();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException defect) {
      say("! nothing more is received: " + defect);
      throw defect;
    }
  }

  private void awaitNews() throws InterruptedException {
    try {
      device.awaitNews(NEWS_WAIT);
    } catch (TidelineException e) {
      failed(e);
      TimeUnit.SECONDS.sleep(RETRY_SECONDS);
    }
  }

  /** Shows what is new; false if it could not be received. */
  private boolean receive() {
    try {
      ImDevice.Pulled pulled;
      do {
        pulled = device.pull();
        pulled.updates().forEach(this::show);
        store(pulled);
      } while (pulled.hasMore());
      failing = false;
      return true;
    } catch (TidelineException e) {
      failed(e);
      return false;
    }
  }

  private void failed(TidelineException e) {
    if (!failing) {
      say("! nothing can be received: " + e.getMessage());
    }
    failing = true;
  }

  private void show(ImUpdate update) {
    switch (update) {
      case ImUpdate.Received received -> {
        String conversation = received.conversation();
        say(line(conversation, received.message()));
        if (conversation.equals(open)) {
          im.markRead(conversation, user, received.message().id());
        }
      }
      case ImUpdate.Changed changed -> say(line(changed.conversation(), changed.message()));
      case ImUpdate.Removed removed ->
          say(removed.conversation() + " #" + removed.id() + " was deleted");
      case ImUpdate.Lost lost ->
          say(
              lost.conversation()
                  + ": messages "
                  + lost.from()
                  + " to "
                  + lost.through()
                  + " are not kept any more");
      case ImUpdate.ReadingConversations _ ->
          say("(the inbox has expired; reading the conversations)");
      case ImUpdate.ReadingInbox _ -> say("(up to date again)");
    }
  }

  private void store(ImDevice.Pulled pulled) {
    if (stateFile.isEmpty() || pulled.updates().isEmpty()) {
      return;
    }
    Path file = stateFile.get();
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.write(temporary, pulled.state().toBytes());
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("the state of this device cannot be kept in " + file, e);
    }
  }

  private static String line(String conversation, ImMessage message) {
    String start = conversation + " #" + message.id() + " ";
    if (message.isRecalled()) {
      return start + "(recalled)";
    }
    String text = message.text() + (message.isEdited() ? " (edited)" : "");
    return switch (message.kind()) {
      case TEXT -> start + message.sender() + ": " + text;
      case MEMBERSHIP -> start + "* " + text;
    };
  }

  /** Both threads: a line is never broken by another. */
  private void say(String line) {
    synchronized (context.out()) {
      context.out().println(line);
      context.out().flush();
    }
  }
}
