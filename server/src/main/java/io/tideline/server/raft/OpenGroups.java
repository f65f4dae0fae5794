package io.tideline.server.raft;

import io.tideline.server.log.GroupLog;
import io.tideline.server.log.LogGroup;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The groups that are open on a node, and what can be said of those that are not.
 *
 * <p>Threading: safe for many threads.
 */
final class OpenGroups implements MemberProcessors.Groups {

  /**
   * @param lastIndex of the log, durable or not; null until the group's node has started
   */
  private record Open(Rejoin rejoin, @Nullable LongSupplier lastIndex) {}

  private final GroupLog log;
  private final Map<String, Open> groups = new ConcurrentHashMap<>();

  OpenGroups(GroupLog log) {
    this.log = log;
  }

  /** Before the group's node is made. */
  void add(String groupId, Rejoin rejoin) {
    groups.put(groupId, new Open(rejoin, null));
  }

  /**
   * @param lastIndex of the group's log, durable or not
   */
  void started(String groupId, Rejoin rejoin, LongSupplier lastIndex) {
    groups.put(groupId, new Open(rejoin, lastIndex));
  }

  /**
   * After the group's node has ended.
   *
   * @param rejoin as it was added; a group of the same id that was opened since stays
   * @return whether it was here
   */
  boolean remove(String groupId, Rejoin rejoin) {
    Open open = groups.get(groupId);
    return open != null && open.rejoin() == rejoin && groups.remove(groupId, open);
  }

  @Override
  public boolean mute(String groupId) {
    Open open = groups.get(groupId);
    return open != null && open.rejoin().mute();
  }

  @Override
  public boolean withholdsVotes(String groupId) {
    Open open = groups.get(groupId);
    return open != null && open.rejoin().withholdsVotes();
  }

  @Override
  public Rejoin.Answer answer(String groupId, long index) {
    // A stranger's question must not make a group, nor bring back one that was destroyed.
    Optional<LogGroup> stored = log.existing(JRaftGroups.partitionId(groupId));
    if (stored.isEmpty()) {
      return new Rejoin.Answer(0, true);
    }
    Open open = groups.get(groupId);
    LongSupplier lastIndex = open == null ? null : open.lastIndex();
    long last = lastIndex == null ? stored.get().lastIndex() : lastIndex.getAsLong();
    return new Rejoin.Answer(stored.get().meta().term(), index >= last);
  }
}
