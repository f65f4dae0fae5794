package io.tideline.server.raft;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupMeta;
import io.tideline.server.log.LogGroup;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Term and vote of one group, kept in the node's shared log. Durable when a setter returns.
 *
 * <p>While the member {@link Rejoin rejoins} its group, the vote on disk begins with {@link
 * #REJOINING}; JRaft does not see it.
 *
 * <p>Threading: safe for many threads.
 */
final class GroupMetaStorage implements RaftMetaStorage {

  /** Before the vote of a member that has not caught up since it lost its disk. On disk. */
  static final String REJOINING = "rejoining ";

  private final LogGroup group;
  private final Consumer<Throwable> failed;

  /** Whether what is saved gets the mark. Guarded by this. */
  private boolean rejoining;

  /**
   * @param failed told of an error that ends the replica
   */
  GroupMetaStorage(LogGroup group, Consumer<Throwable> failed) {
    this.group = group;
    this.failed = failed;
    this.rejoining = group.meta().vote().startsWith(REJOINING);
  }

  /** Of a group without a node: a newer term, in which no vote was given. The mark stays. */
  static void raiseTerm(LogGroup group, long term) throws IOException {
    String mark = group.meta().vote().startsWith(REJOINING) ? REJOINING : "";
    GroupLog.await(group.saveMeta(new GroupMeta(term, mark)));
  }

  synchronized boolean isRejoining() {
    return rejoining;
  }

  /**
   * Starts in a term in which the vote is spent, before there is a node.
   *
   * @param withholding whether the member is marked as one that rejoins
   */
  synchronized void begin(long term, PeerId vote, boolean withholding) throws IOException {
    GroupLog.await(
        group.saveMeta(new GroupMeta(term, (withholding ? REJOINING : "") + encode(vote))));
    rejoining = withholding;
  }

  /** Takes the mark away. */
  synchronized void endRejoining() throws IOException {
    GroupLog.await(group.saveMeta(new GroupMeta(group.meta().term(), vote())));
    rejoining = false;
  }

  private String vote() {
    String stored = group.meta().vote();
    return stored.startsWith(REJOINING) ? stored.substring(REJOINING.length()) : stored;
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
  public synchronized boolean setTerm(long term) {
    return save(term, vote());
  }

  @Override
  public long getTerm() {
    return group.meta().term();
  }

  @Override
  public synchronized boolean setVotedFor(PeerId peer) {
    return save(group.meta().term(), encode(peer));
  }

  @Override
  public PeerId getVotedFor() {
    PeerId peer = new PeerId();
    String vote = vote();
    if (!vote.isEmpty() && !peer.parse(vote)) {
      throw new IllegalStateException(
          "group " + group.id() + " voted for \"" + vote + "\", which is not a member's address");
    }
    return peer;
  }

  @Override
  public synchronized boolean setTermAndVotedFor(long term, PeerId peer) {
    return save(term, encode(peer));
  }

  private boolean save(long term, String vote) {
    GroupMeta meta = new GroupMeta(term, rejoining ? REJOINING + vote : vote);
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
