package io.tideline.tools.chat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Generates chat without end, in the order of time. Equal seed and shape give equal messages.
 *
 * <p>Conversations live in bursts: a few people of one conversation answer each other within
 * seconds, then it is silent for long. Several bursts run at once, so neighbouring messages usually
 * belong to different conversations. In crowds a burst is now and then a storm of several messages
 * a second.
 *
 * <p>Not thread-safe.
 */
public final class ChatGenerator implements Iterator<ChatMessage> {
  /** 2026-01-05 09:00 UTC, a Monday morning: chat has to begin somewhere. */
  private static final long START_MILLIS = 1_767_603_600_000L;

  private static final double BURST_MESSAGES_MEAN = 9;
  private static final double REPLY_MILLIS_MEAN = 7_000;
  private static final double STORM_CHANCE = 0.03;
  private static final double STORM_MESSAGES_MEAN = 150;
  private static final double STORM_REPLY_MILLIS_MEAN = 220;
  private static final double IDLE_MILLIS_MEAN = 20_000;
  private static final int SPEAKERS_MAX = 4;
  private static final int STORM_SPEAKERS_MAX = 25;

  private final Draws draws;
  private final ChatWorld world;
  private final TextMaker texts;
  private final Set<String> lively = new HashSet<>();
  private final Map<String, Long> newestMillis = new HashMap<>();
  private final PriorityQueue<Burst> bursts =
      new PriorityQueue<>(
          Comparator.comparingLong((Burst burst) -> burst.nextMillis)
              .thenComparing(burst -> burst.room.name()));

  /** One conversation being lively. */
  private static final class Burst {
    final ChatWorld.Conversation room;
    final List<String> speakers;
    final double replyMillisMean;
    int remaining;
    long nextMillis;

    Burst(
        ChatWorld.Conversation room,
        List<String> speakers,
        double replyMillisMean,
        int remaining,
        long nextMillis) {
      this.room = room;
      this.speakers = speakers;
      this.replyMillisMean = replyMillisMean;
      this.remaining = remaining;
      this.nextMillis = nextMillis;
    }
  }

  public ChatGenerator(long seed, ChatShape shape) {
    this.draws = new Draws(seed);
    this.world = new ChatWorld(shape, draws);
    this.texts = new TextMaker(draws);
    int atOnce = Math.min(shape.burstsAtOnce(), shape.conversations());
    for (int i = 0; i < atOnce; i++) {
      startBurst(START_MILLIS);
    }
  }

  public ChatWorld world() {
    return world;
  }

  /** Always true. */
  @Override
  public boolean hasNext() {
    return !bursts.isEmpty();
  }

  @Override
  public ChatMessage next() {
    Burst burst = bursts.poll();
    if (burst == null) {
      throw new NoSuchElementException();
    }
    String name = burst.room.name();
    long timeMillis = burst.nextMillis;
    String sender = burst.speakers.get(draws.zipf(burst.speakers.size()));
    ChatMessage message =
        new ChatMessage(name, sender, timeMillis, texts.make(burst.room.chinese()));
    newestMillis.put(name, timeMillis);
    burst.remaining--;
    if (burst.remaining > 0) {
      burst.nextMillis += Math.round(draws.exponential(burst.replyMillisMean));
      bursts.add(burst);
    } else {
      lively.remove(name);
      startBurst(timeMillis);
    }
    return message;
  }

  private void startBurst(long nowMillis) {
    ChatWorld.Conversation room = drawSilent();
    boolean storm = room.isCrowd() && draws.chance(STORM_CHANCE);
    int messages = 1 + (int) draws.exponential(storm ? STORM_MESSAGES_MEAN : BURST_MESSAGES_MEAN);
    int first = draws.zipf(room.members().size());
    int count =
        Math.min(room.members().size(), 2 + draws.below(storm ? STORM_SPEAKERS_MAX : SPEAKERS_MAX));
    List<String> speakers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      speakers.add(room.members().get((first + i) % room.members().size()));
    }
    long start = nowMillis + Math.round(draws.exponential(IDLE_MILLIS_MEAN));
    long notBefore = newestMillis.getOrDefault(room.name(), 0L);
    bursts.add(
        new Burst(
            room,
            speakers,
            storm ? STORM_REPLY_MILLIS_MEAN : REPLY_MILLIS_MEAN,
            messages,
            Math.max(start, notBefore)));
  }

  private ChatWorld.Conversation drawSilent() {
    ChatWorld.Conversation room = world.draw(draws);
    while (!lively.add(room.name())) {
      room = world.draw(draws);
    }
    return room;
  }
}
