package io.tideline.client;

import static io.tideline.client.InboxWorld.conversation;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.tideline.client.testing.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random sends, copies that arrive late, twice or never, trims, failing calls, and devices that
 * stop anywhere: each device gets each conversation once, in order, and is told of all it does not
 * get.
 */
class InboxSyncModelTest {

  private static final int STEPS = 600;
  private static final int CONVERSATIONS = 5;
  private static final int COPIES_LATE_MAX = 20;

  private final long seed = TestSeed.pick();
  private final Random random = new Random(seed);
  private final Map<String, List<String>> texts = new TreeMap<>();
  private final Map<String, Long> trimmed = new HashMap<>();
  private final List<Copy> onTheirWay = new ArrayList<>();
  private long inboxLast;
  private boolean devicesStop = true;

  /** An inbox entry that was not written yet. */
  private record Copy(String conversation, long id, String text, boolean isNotice) {}

  /** A device, with what it has stored. */
  private final class Device {
    private final InboxWorld world;
    private final int limit;
    private final Map<Identifier, TreeMap<Long, String>> stored = new HashMap<>();
    private byte[] state = InboxState.ofNewDevice().toBytes();
    private InboxSync sync;

    Device(InboxWorld world, int limit) {
      this.world = world;
      this.limit = limit;
      this.sync = open();
    }

    private InboxSync open() {
      return world.device(InboxState.fromBytes(state), limit);
    }

    /** Pulls and, unless it stops just then, stores what came with the state. */
    boolean pull() {
      InboxBatch batch;
      try {
        batch = sync.pull();
      } catch (TidelineException e) {
        assertThat(e.status()).isEqualTo(Status.Code.INTERNAL);
        return true;
      }
      if (devicesStop && random.nextInt(8) == 0) {
        sync = open();
        return true;
      }
      assertThat(batch.events().size()).isLessThanOrEqualTo(2 * limit);
      batch.events().forEach(this::store);
      state = batch.state().toBytes();
      return batch.hasMore();
    }

    private void store(InboxEvent event) {
      if (event instanceof InboxEvent.Delivered delivered) {
        Entry entry = delivered.entry();
        add(
            delivered.conversation(),
            entry.sequenceId(),
            entry.message().getString("text").orElseThrow());
      } else if (event instanceof InboxEvent.Lost lost) {
        for (long id = lost.from(); id <= lost.through(); id++) {
          add(lost.conversation(), id, "");
        }
      } else {
        assertThat(event).isNotInstanceOf(InboxEvent.Unplaced.class);
      }
    }

    private void add(Identifier conversation, long id, String text) {
      TreeMap<Long, String> have = stored.computeIfAbsent(conversation, c -> new TreeMap<>());
      long after = world.ranges.get(conversation).after();
      assertThat(id)
          .as("seed %d: id of %s after those before", seed, conversation)
          .isEqualTo(have.isEmpty() ? after + 1 : have.lastKey() + 1);
      have.put(id, text);
    }
  }

  @Test
  void everyDeviceGetsEveryConversationOnceAndInOrder() {
    try (InboxWorld world = new InboxWorld()) {
      List<Device> devices =
          List.of(new Device(world, 3), new Device(world, 10), new Device(world, 1_000));
      join(world);
      for (int step = 0; step < STEPS; step++) {
        if (step % (STEPS / CONVERSATIONS) == 0 && texts.size() < CONVERSATIONS) {
          join(world);
        }
        step(world);
        Device device = devices.get(random.nextInt(devices.size()));
        if (random.nextInt(3) == 0) {
          device.pull();
        }
      }
      world.server.faults().clear();
      // One that stops forgets that it was asked to read the conversations.
      devicesStop = false;
      for (Device device : devices) {
        device.sync = device.open();
        device.sync.readConversations();
        int pulls = 0;
        while (device.pull()) {
          assertThat(++pulls).as("seed %d", seed).isLessThan(10 * STEPS);
        }
        check(world, device);
      }
    }
  }

  private void join(InboxWorld world) {
    String name = "c" + texts.size() + "-";
    texts.put(name, new ArrayList<>());
    for (int i = random.nextInt(5); i > 0; i--) {
      append(world, name);
    }
    world.ranges.put(conversation(name), ConversationRange.after(texts.get(name).size()));
  }

  private long append(InboxWorld world, String name) {
    String text = "m" + random.nextInt(1_000_000);
    texts.get(name).add(text);
    return world.append(name, text);
  }

  private void step(InboxWorld world) {
    switch (random.nextInt(20)) {
      case 0 -> {
        long through = inboxLast == 0 ? 0 : 1 + random.nextLong(inboxLast);
        if (through > 0) {
          world.trimInbox(through);
        }
      }
      case 1 -> {
        String name = anyConversation();
        int size = texts.get(name).size();
        if (size > 0 && random.nextInt(3) == 0) {
          long through = 1 + random.nextInt(size);
          world.trim(name, through);
          trimmed.merge(name, through, Math::max);
        }
      }
      case 2 -> {
        String method = random.nextBoolean() ? "Sync" : "Scan";
        world.server.faults().next(method, Fault.refuse(Status.Code.INTERNAL));
      }
      case 3 -> {
        if (!onTheirWay.isEmpty()) {
          onTheirWay.remove(random.nextInt(onTheirWay.size())); // Its sender died.
        }
      }
      default -> send(world);
    }
  }

  private void send(InboxWorld world) {
    String name = anyConversation();
    long id = append(world, name);
    onTheirWay.add(new Copy(name, id, texts.get(name).get((int) id - 1), random.nextInt(10) == 0));
    while (onTheirWay.size() > random.nextInt(COPIES_LATE_MAX)) {
      int which = random.nextInt(onTheirWay.size());
      Copy copy = onTheirWay.get(which);
      if (copy.isNotice) {
        world.notice(copy.conversation, copy.id);
      } else {
        world.copy(copy.conversation, copy.id, copy.text);
      }
      inboxLast++;
      if (random.nextInt(20) > 0) { // Else it will be written again.
        onTheirWay.remove(which);
      }
    }
  }

  private String anyConversation() {
    List<String> names = List.copyOf(texts.keySet());
    return names.get(random.nextInt(names.size()));
  }

  private void check(InboxWorld world, Device device) {
    texts.forEach(
        (name, sent) -> {
          TreeMap<Long, String> have =
              device.stored.getOrDefault(conversation(name), new TreeMap<>());
          long after = world.ranges.get(conversation(name)).after();
          assertThat(have.size())
              .as("seed %d: %s", seed, name)
              .isEqualTo(sent.size() - (int) after);
          have.forEach(
              (id, text) -> {
                if (text.isEmpty()) {
                  assertThat(id)
                      .as("seed %d: what is said to be lost in %s", seed, name)
                      .isLessThanOrEqualTo(trimmed.getOrDefault(name, 0L));
                } else {
                  assertThat(text).as("seed %d", seed).isEqualTo(sent.get((int) (id - 1)));
                }
              });
        });
  }
}
