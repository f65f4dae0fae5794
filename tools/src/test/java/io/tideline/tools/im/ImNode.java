package io.tideline.tools.im;

import io.tideline.client.InboxState;
import io.tideline.client.TidelineClient;
import io.tideline.server.config.NodeConfig;
import io.tideline.server.node.TidelineServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A node in this process with the messenger's stores, and devices that keep what they saw. */
final class ImNode implements AutoCloseable {

  final TidelineClient client;
  final Im im;
  private final TidelineServer server;

  ImNode(Path directory, Duration inboxTtl) throws Exception {
    server =
        TidelineServer.start(
            NodeConfig.defaults()
                .with(
                    "node.data_directory=" + directory.resolve("data"),
                    "grpc.port=0",
                    "raft.port=0",
                    "http.port=0",
                    "log.segment_bytes=1048576",
                    "memory.off_heap_bytes=134217728"));
    client = TidelineClient.connect(endpoint());
    im = new Im(client);
    im.createStores(inboxTtl);
  }

  String endpoint() {
    return server.info().address().grpcAddress();
  }

  Phone phone(String user) {
    return new Phone(user);
  }

  /** A device that keeps messages as they are now, and can be turned off and on. */
  final class Phone {
    final TreeMap<String, TreeMap<Long, ImMessage>> messages = new TreeMap<>();
    final List<ImUpdate> others = new ArrayList<>();
    private final String user;
    private byte[] state = InboxState.ofNewDevice().toBytes();

    private Phone(String user) {
      this.user = user;
    }

    /** Turned on, brought up to date, turned off. */
    Phone pull() {
      return pull(false);
    }

    /** As {@link #pull()}, looking into every conversation. */
    Phone pull(boolean conversationsToo) {
      ImDevice device = im.device(user, InboxState.fromBytes(state));
      if (conversationsToo) {
        device.readConversations();
      }
      ImDevice.Pulled pulled;
      do {
        pulled = device.pull();
        pulled.updates().forEach(this::take);
        state = pulled.state().toBytes();
      } while (pulled.hasMore());
      return this;
    }

    private void take(ImUpdate update) {
      switch (update) {
        case ImUpdate.Received(String conversation, ImMessage message) -> {
          TreeMap<Long, ImMessage> have = of(conversation);
          if (!have.isEmpty() && have.lastKey() >= message.id()) {
            throw new AssertionError(
                message + " after " + have.lastEntry() + " in " + conversation);
          }
          have.put(message.id(), message);
        }
        case ImUpdate.Changed(String conversation, long changeId, ImMessage message) -> {
          if (message.id() >= changeId) {
            throw new AssertionError("change " + changeId + " of " + message);
          }
          // Not if it is from before the user joined.
          of(conversation).replace(message.id(), message);
        }
        case ImUpdate.Removed removed -> of(removed.conversation()).remove(removed.id());
        case ImUpdate.Lost lost -> others.add(lost);
        case ImUpdate.ReadingConversations reading -> others.add(reading);
        case ImUpdate.ReadingInbox reading -> others.add(reading);
      }
    }

    private TreeMap<Long, ImMessage> of(String conversation) {
      return messages.computeIfAbsent(conversation, c -> new TreeMap<>());
    }

    /** Like {@code alice: hi}, in order. */
    List<String> shown(String conversation) {
      return of(conversation).values().stream().map(Phone::show).toList();
    }

    private static String show(ImMessage message) {
      if (message.isRecalled()) {
        return "(recalled)";
      }
      return message.kind() == ImMessage.Kind.MEMBERSHIP
          ? "* " + message.text()
          : message.sender() + ": " + message.text() + (message.isEdited() ? " (edited)" : "");
    }
  }

  @Override
  public void close() {
    client.close();
    server.stop();
  }
}
