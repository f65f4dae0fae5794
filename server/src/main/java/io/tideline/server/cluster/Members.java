package io.tideline.server.cluster;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** All nodes of a cluster, and which of them this is. Immutable. */
public final class Members {

  private final Member self;
  private final List<Member> all;

  /**
   * @param self this node
   * @param all every node once, {@code self} among them, in any order
   * @throws IllegalArgumentException if an id or an address is there twice, or {@code self} is not
   */
  public Members(Member self, List<Member> all) {
    this.self = self;
    this.all = all.stream().sorted(Comparator.comparing(Member::nodeId)).toList();
    if (!this.all.contains(self)) {
      throw new IllegalArgumentException(self + " is not among " + all);
    }
    if (all.stream().map(Member::nodeId).distinct().count() < all.size()
        || all.stream().map(Member::raftAddress).distinct().count() < all.size()) {
      throw new IllegalArgumentException("an id or a Raft address twice in " + all);
    }
  }

  /** A cluster of one. */
  public static Members alone(Member self) {
    return new Members(self, List.of(self));
  }

  public Member self() {
    return self;
  }

  /** Every node, by id. */
  public List<Member> all() {
    return all;
  }

  /** Every node but this one, by id. */
  public List<Member> others() {
    return all.stream().filter(member -> !member.equals(self)).toList();
  }

  public boolean isAlone() {
    return all.size() == 1;
  }

  /** Every node's id, ascending. */
  public List<String> ids() {
    return all.stream().map(Member::nodeId).toList();
  }

  public Optional<Member> byId(String nodeId) {
    return all.stream().filter(member -> member.nodeId().equals(nodeId)).findFirst();
  }

  public Optional<Member> byRaftAddress(String address) {
    return all.stream().filter(member -> member.raftAddress().equals(address)).findFirst();
  }

  /**
   * The members that hold a partition's copies.
   *
   * @param nodeIds as in the partition's descriptor: empty for all
   */
  public List<Member> of(List<String> nodeIds) {
    return nodeIds.isEmpty()
        ? all
        : nodeIds.stream().map(this::byId).flatMap(Optional::stream).toList();
  }
}
