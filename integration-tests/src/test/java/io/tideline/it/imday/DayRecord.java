package io.tideline.it.imday;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What was done in a day and what was acknowledged of it: the model that stores and devices are
 * compared with. Thread-safe.
 */
public final class DayRecord {

  /** A user's place in a conversation. */
  record Place(String conversation, String user) {}

  /** Orders what happened on different threads. */
  private final AtomicLong clock = new AtomicLong();

  private final Map<Step, Long> begun = new ConcurrentHashMap<>();
  private final Map<Step, Long> ended = new ConcurrentHashMap<>();
  private final Map<Step.Post, Long> ids = new ConcurrentHashMap<>();
  private final Map<String, Long> lastIds = new ConcurrentHashMap<>();
  private final Map<Place, Long> lastIdsBeforeJoin = new ConcurrentHashMap<>();
  private final Map<Place, Long> read = new ConcurrentHashMap<>();
  private final Map<Step.Edit, Integer> editAttempts = new ConcurrentHashMap<>();
  private final Set<Conversation> untold = ConcurrentHashMap.newKeySet();

  static Place place(Step step) {
    return new Place(step.conversation().id(), step.user());
  }

  void begin(Step step) {
    begun.put(step, clock.incrementAndGet());
    if (step instanceof Step.Join) {
      lastIdsBeforeJoin.put(place(step), lastIds.getOrDefault(step.conversation().id(), 0L));
    }
  }

  void end(Step step) {
    ended.put(step, clock.incrementAndGet());
  }

  void posted(Step.Post post, long id) {
    ids.put(post, id);
    lastIds.merge(post.conversation().id(), id, Math::max);
  }

  void editAttempted(Step.Edit edit) {
    editAttempts.merge(edit, 1, Integer::sum);
  }

  /** An edit was found done after a failure: perhaps no inbox has been told. */
  void perhapsUntold(Conversation conversation) {
    untold.add(conversation);
  }

  void read(String conversation, String user, long id) {
    read.merge(new Place(conversation, user), id, Math::max);
  }

  // --- What the day came to. ---

  public long steps() {
    return ended.size();
  }

  /** How many steps of a kind were done. */
  public long count(Class<? extends Step> kind) {
    return ended.keySet().stream().filter(kind::isInstance).count();
  }

  Map<Step.Post, Long> posts() {
    return ids;
  }

  long id(Step.Post post) {
    Long id = ids.get(post);
    if (id == null) {
      throw new AssertionError("not acknowledged: " + post);
    }
    return id;
  }

  Set<Step> done() {
    return ended.keySet();
  }

  boolean wasDone(Step step) {
    return ended.containsKey(step);
  }

  /** Whether one step was begun before another had ended. */
  boolean beganBeforeEnd(Step first, Step second) {
    Long start = begun.get(first);
    Long end = ended.get(second);
    return start != null && end != null && start < end;
  }

  /** An id that the conversation had reached before the user joined; empty for founders. */
  OptionalLong lastIdBeforeJoin(Place place) {
    Long id = lastIdsBeforeJoin.get(place);
    return id == null ? OptionalLong.empty() : OptionalLong.of(id);
  }

  /** The largest id that was marked as read. */
  long readThrough(Place place) {
    return read.getOrDefault(place, 0L);
  }

  int editAttempts(Step.Edit edit) {
    return editAttempts.getOrDefault(edit, 0);
  }

  Set<Conversation> perhapsUntold() {
    return untold;
  }
}
