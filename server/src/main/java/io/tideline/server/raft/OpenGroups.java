package io.tideline.server.raft;

import io.tideline.server.log.GroupLog;
import io.tideline.server.log.LogGroup;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The groups that are open on a node, and what can be said of those that are not.
 *
 * <p>Threading: safe for many threads.
 */
final class OpenGroups implements MemberProcessors.Groups {

  private final GroupLog log;
  private final Map<String, Rejoin> rejoining = new ConcurrentHashMap<>();
  private final Map<String, JRaftGroup> groups = new ConcurrentHashMap<>();

  OpenGroups(GroupLog log) {
    this.log = log;
  }

  /** Before the group's node is made. */
  void add(String groupId, Rejoin rejoin) {
    groups.remove(groupId);
    rejoining.put(groupId, rejoin);
  }

  void started(String groupId, JRaftGroup group) {
    groups.put(groupId, group);
  }

  void remove(String groupId) {
    groups.remove(groupId);
    rejoining.remove(groupId);
  }

  @Override
  public boolean mute(String groupId) {
    Rejoin rejoin = rejoining.get(groupId);
    return rejoin != null && rejoin.mute();
  }

  @Override
  public boolean withholdsVotes(String groupId) {
    Rejoin rejoin = rejoining.get(groupId);
    return rejoin != null && rejoin.withholdsVotes();
  }

  @Override
  public Rejoin.Answer answer(String groupId, long index) {
    long partitionId = JRaftGroups.partitionId(groupId);
    JRaftGroup group = groups.get(groupId);
    // A stranger's question must not make a group.
    if (group == null && !log.groups().contains(partitionId)) {
      return new Rejoin.Answer(0, true);
    }
    LogGroup stored = log.group(partitionId);
    long last = group == null ? stored.lastIndex() : group.lastLogIndex();
    return new Rejoin.Answer(stored.meta().term(), index >= last);
  }
}
