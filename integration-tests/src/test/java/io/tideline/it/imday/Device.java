package io.tideline.it.imday;

import io.tideline.client.InboxState;
import io.tideline.tools.im.Im;
import io.tideline.tools.im.ImDevice;
import io.tideline.tools.im.ImMessage;
import io.tideline.tools.im.ImUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An application on one device of one user: keeps what it was shown and, with it, its state. Used
 * by one thread at a time.
 */
final class Device {

  /** Pulls until all is read; a device that never comes to an end has a defect. */
  private static final int PULLS_MAX = 10_000;

  private final Im im;
  private final String user;
  private final String name;
  private final Map<String, List<Long>> shown = new HashMap<>();
  private final Map<String, TreeMap<Long, ImMessage>> views = new HashMap<>();
  private final List<String> defects = new ArrayList<>();
  private byte[] state = InboxState.ofNewDevice().toBytes();
  private ImDevice running;
  private int restarts;
  private int fallBacks;

  Device(Im im, String user, String kind) {
    this.im = im;
    this.user = user;
    this.name = kind + " device of " + user;
    this.running = im.device(user, InboxState.fromBytes(state));
  }

  /** One pull, kept; whether there is more. */
  boolean pull() {
    ImDevice.Pulled pulled = running.pull();
    pulled.updates().forEach(this::take);
    state = pulled.state().toBytes();
    return pulled.hasMore();
  }

  void pullAll() {
    for (int i = 0; pull(); i++) {
      if (i == PULLS_MAX) {
        throw new AssertionError(name + " has always more");
      }
    }
  }

  /** The application ends after a pull, before it has kept what that brought. */
  void pullAndForget() {
    ImDevice.Pulled lost = running.pull();
    if (!lost.updates().isEmpty()) {
      restart();
    }
  }

  /** A new start with what was kept. */
  void restart() {
    restarts++;
    running.close();
    running = im.device(user, InboxState.fromBytes(state));
  }

  /** A new start that looks into all conversations. */
  void restartThoroughly() {
    restart();
    running.readConversations();
  }

  private void take(ImUpdate update) {
    switch (update) {
      case ImUpdate.Received received -> {
        show(received.conversation(), received.message().id());
        view(received.conversation()).put(received.message().id(), received.message());
      }
      case ImUpdate.Changed changed -> {
        show(changed.conversation(), changed.changeId());
        // Not if it is from before the user joined.
        view(changed.conversation()).replace(changed.message().id(), changed.message());
      }
      // Nobody deletes, and conversations are kept for ever.
      case ImUpdate.Removed removed -> defects.add(name + " is told " + removed);
      case ImUpdate.Lost lost -> defects.add(name + " is told " + lost);
      case ImUpdate.ReadingConversations reading ->
          fallBacks += reading.lostInboxEntries() > 0 ? 1 : 0;
      case ImUpdate.ReadingInbox _ -> {}
    }
  }

  private void show(String conversation, long id) {
    List<Long> ids = shown.computeIfAbsent(conversation, c -> new ArrayList<>());
    if (!ids.isEmpty() && id <= ids.getLast()) {
      defects.add(name + " in " + conversation + ": " + id + " after " + ids.getLast());
    }
    ids.add(id);
  }

  private TreeMap<Long, ImMessage> view(String conversation) {
    return views.computeIfAbsent(conversation, c -> new TreeMap<>());
  }

  String user() {
    return user;
  }

  String name() {
    return name;
  }

  /** Ids of messages and changes by conversation, in the order in which they came. */
  Map<String, List<Long>> shown() {
    return shown;
  }

  /** The messages of a conversation as the user sees them now. */
  Map<Long, ImMessage> messages(String conversation) {
    return views.getOrDefault(conversation, new TreeMap<>());
  }

  /** What must never happen and did. */
  List<String> defects() {
    return defects;
  }

  int restarts() {
    return restarts;
  }

  /** How often its inbox had lost what it had not read. */
  int fallBacks() {
    return fallBacks;
  }
}
