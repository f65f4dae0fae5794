package io.tideline.server.service;

import io.tideline.server.service.Marshallers.Reply;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Equal reads that are asked for at once are done once for all who ask: a message has come to a
 * conversation, say, and all its members' devices read on from the one before.
 *
 * <p>Nobody gets an answer that was begun before he asked, so it is as fresh as one of his own: who
 * comes while an equal read runs waits for its end, and then one of those who wait reads for all.
 * Alone, a read waits for nothing. Only answers are shared: those whose reader has failed, or has
 * run out of time, read for themselves.
 *
 * <p>Threading: safe for many threads.
 *
 * @param <K> what makes reads equal
 */
final class SharedReads<K> {

  /** Reads. */
  interface Read {
    Reply run() throws Exception;
  }

  /** One read, done or to be done, for all who wait for it. */
  private static final class Flight {
    /** Empty if there is nothing to share. */
    final CompletableFuture<Optional<Reply>> answer = new CompletableFuture<>();

    /** Those who came while this one ran. Guarded by the key's lock in the map. */
    @Nullable Flight next;

    static @Nullable Flight unlessDone(@Nullable Flight flight) {
      return flight == null || flight.answer.isDone() ? null : flight;
    }
  }

  /**
   * A place in a flight.
   *
   * @param reads whether its holder reads for all
   * @param before what he waits for first
   */
  private record Place(Flight flight, boolean reads, @Nullable Flight before) {}

  /** What runs, by its key; those who wait are behind it. */
  private final ConcurrentHashMap<K, Flight> running = new ConcurrentHashMap<>();

  private final LongAdder shared = new LongAdder();

  /** How many reads were answered by another's since the start. */
  long sharedCount() {
    return shared.sum();
  }

  /** Equal reads under way, each counted once. */
  int underWay() {
    return running.size();
  }

  /**
   * The answer of this read, or of an equal one that began after this call.
   *
   * @param context bounds the wait
   */
  Reply read(K key, CallContext context, Read read) throws Exception {
    Place place = place(key);
    if (!place.reads()) {
      Optional<Reply> answer = context.awaitRead(place.flight().answer);
      if (answer.isEmpty()) {
        return read.run();
      }
      shared.increment();
      return answer.get();
    }
    Optional<Reply> answer = Optional.empty();
    try {
      if (place.before() != null) {
        Optional<Reply> _ = context.awaitRead(place.before().answer);
      }
      Reply reply = read.run();
      answer = Optional.of(reply);
      return reply;
    } finally {
      end(key, place.flight(), answer);
    }
  }

  private Place place(K key) {
    Place[] place = new Place[1];
    running.compute(
        key,
        (same, current) -> {
          if (current == null) {
            place[0] = new Place(new Flight(), true, null);
            return place[0].flight();
          }
          Flight next = Flight.unlessDone(current.next);
          if (next == null) {
            current.next = new Flight();
            place[0] = new Place(current.next, true, current);
          } else {
            place[0] = new Place(next, false, null);
          }
          return current;
        });
    return place[0];
  }

  private void end(K key, Flight flight, Optional<Reply> answer) {
    running.computeIfPresent(
        key,
        (same, current) -> {
          // Here, so that what has ended is never taken for what runs.
          flight.answer.complete(answer);
          return current == flight ? Flight.unlessDone(flight.next) : current;
        });
  }
}
