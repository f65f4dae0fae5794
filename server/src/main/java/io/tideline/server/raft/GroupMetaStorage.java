package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupMeta;
import io.tideline.server.log.LogGroup;
import java.io.IOException;
import java.util.function.Consumer;

/** Term and vote of one group, kept in the node's shared log. Durable when a setter returns. */
final class GroupMetaStorage implements RaftMetaStorage {

  private final LogGroup group;
  private final Consumer<Throwable> failed;

  /**
   * @param failed told of an error that ends the replica
   */
  GroupMetaStorage(LogGroup group, Consumer<Throwable> failed) {
    this.group = group;
    this.failed = failed;
  }

  @Override
  public boolean init(RaftMetaStorageOptions options) {
    return true;
  }

  @Override
  public void shutdown() {
    // The log belongs to the node.
  }

  @Override
  public boolean setTerm(long term) {
    return save(new GroupMeta(term, group.meta().vote()));
  }

  @Override
  public long getTerm() {
    return group.meta().term();
  }

  @Override
  public boolean setVotedFor(PeerId peer) {
    return save(new GroupMeta(group.meta().term(), encode(peer)));
  }

  @Override
  public PeerId getVotedFor() {
    PeerId peer = new PeerId();
    String vote = group.meta().vote();
    if (!vote.isEmpty() && !peer.parse(vote)) {
      throw new IllegalStateException(
          "group " + group.id() + " voted for \"" + vote + "\", which is not a member's address");
    }
    return peer;
  }

  @Override
  public boolean setTermAndVotedFor(long term, PeerId peer) {
    return save(new GroupMeta(term, encode(peer)));
  }

  private boolean save(GroupMeta meta) {
    if (meta.equals(group.meta())) {
      return true;
    }
    try {
      GroupLog.await(group.saveMeta(meta));
      return true;
    } catch (IOException e) {
      failed.accept(e);
      return false;
    }
  }

  private static String encode(PeerId peer) {
    return peer.isEmpty() ? "" : peer.toString();
  }
}
