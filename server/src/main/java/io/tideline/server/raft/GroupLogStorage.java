package io.tideline.server.raft;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.LogFullException;
import io.tideline.server.log.LogGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JRaft's view of one group in the node's shared log.
 *
 * <p>A data entry is stored as its bytes alone, index and term being the log's own; a configuration
 * entry as an encoded {@link Membership} under {@link #TAG_CONFIGURATION}.
 *
 * <p>Threading: writes come from the group's one log thread, reads from many.
 *
 * <p>Contract with JRaft: {@link #appendEntries} returns when the entries are durable; any other
 * result than their number stops the replica for good.
 */
final class GroupLogStorage implements LogStorage {

  /** Tags of entries, on disk, never renumbered; 0 is a data entry. */
  static final int TAG_CONFIGURATION = 1;

  static final int TAG_NO_OP = 2;

  /** How often a full disk is tried again while entries wait. */
  private static final long FULL_RETRY_MILLIS = 500;

  private static final Logger LOG = LoggerFactory.getLogger(GroupLogStorage.class);

  private final LogGroup group;
  private final MembershipHistory history;
  private final Consumer<Throwable> failed;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition closing = lock.newCondition();
  private boolean closed;
  private volatile boolean waiting;

  /**
   * @param failed told of an error that ends the replica
   */
  GroupLogStorage(LogGroup group, MembershipHistory history, Consumer<Throwable> failed) {
    this.group = group;
    this.history = history;
    this.failed = failed;
  }

  @Override
  public boolean init(LogStorageOptions options) {
    ConfigurationManager configurations = options.getConfigurationManager();
    try {
      for (long index : group.taggedIndexes()) {
        LogEntry entry = toJRaft(index, group.read(index));
        if (entry != null && entry.getType() == EntryType.ENTRY_TYPE_CONFIGURATION) {
          Membership membership = Membership.of(entry);
          history.add(index, membership.encode());
          configurations.add(membership.toConfigurationEntry(entry.getId()));
        }
      }
      return true;
    } catch (IOException e) {
      failed.accept(e);
      return false;
    }
  }

  /** Whether entries wait for disk space, so that nothing can be committed here. */
  boolean waitsForSpace() {
    return waiting;
  }

  /** Ends a wait for disk space; called before JRaft's own shutdown, which waits for it. */
  void stopWaiting() {
    lock.lock();
    try {
      closed = true;
      closing.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void shutdown() {
    stopWaiting();
  }

  @Override
  public long getFirstLogIndex() {
    return group.firstIndex();
  }

  @Override
  public long getLastLogIndex() {
    return group.lastIndex();
  }

  @Override
  public @Nullable LogEntry getEntry(long index) {
    try {
      return toJRaft(index, group.read(index));
    } catch (IOException e) {
      // JRaft stops the replica when an entry inside the log cannot be read.
      failed.accept(e);
      return null;
    }
  }

  @Override
  @Deprecated
  public long getTerm(long index) {
    return termOf(index);
  }

  /** The term of an entry, 0 if it is not there. */
  long termOf(long index) {
    LogEntry entry = getEntry(index);
    return entry == null ? 0 : entry.getId().getTerm();
  }

  @Override
  public boolean appendEntry(LogEntry entry) {
    return appendEntries(List.of(entry)) == 1;
  }

  @Override
  public int appendEntries(List<LogEntry> entries) {
    if (entries.isEmpty()) {
      return 0;
    }
    List<io.tideline.server.log.LogEntry> stored = new ArrayList<>(entries.size());
    for (LogEntry entry : entries) {
      stored.add(toStored(entry));
    }
    long first = entries.get(0).getId().getIndex();
    try {
      appendWaitingForSpace(first, stored);
    } catch (IOException e) {
      failed.accept(e);
      return 0;
    }
    return entries.size();
  }

  /**
   * Appends; while the disk is full, waits: the entries were promised to nobody yet, reads go on,
   * and JRaft would stop the replica for good if it were told.
   */
  private void appendWaitingForSpace(long first, List<io.tideline.server.log.LogEntry> entries)
      throws IOException {
    boolean told = false;
    while (true) {
      try {
        GroupLog.await(group.append(first, entries));
        return;
      } catch (LogFullException e) {
        if (!told) {
          LOG.warn("group {} waits for disk space: {}", group.id(), e.getMessage());
          told = true;
        }
        waiting = true;
        boolean goOn = waitUnlessClosed();
        waiting = false;
        if (!goOn) {
          throw e;
        }
      }
    }
  }

  private boolean waitUnlessClosed() {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(FULL_RETRY_MILLIS);
      while (!closed && left > 0) {
        left = closing.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Does not wait for the disk: JRaft calls it after the snapshot that replaces the entries. */
  @Override
  public boolean truncatePrefix(long firstIndexKept) {
    history.truncatePrefix(firstIndexKept);
    var _ =
        group
            .truncatePrefix(firstIndexKept)
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    LOG.warn(
                        "group {}: truncating below {} failed", group.id(), firstIndexKept, error);
                  }
                });
    return true;
  }

  @Override
  public boolean truncateSuffix(long lastIndexKept) {
    history.truncateSuffix(lastIndexKept);
    try {
      GroupLog.await(group.truncateSuffix(lastIndexKept));
      return true;
    } catch (IOException e) {
      failed.accept(e);
      return false;
    }
  }

  @Override
  public boolean reset(long nextLogIndex) {
    history.clear();
    try {
      GroupLog.await(group.reset(nextLogIndex));
      return true;
    } catch (IOException e) {
      failed.accept(e);
      return false;
    }
  }

  private io.tideline.server.log.LogEntry toStored(LogEntry entry) {
    long term = entry.getId().getTerm();
    return switch (entry.getType()) {
      case ENTRY_TYPE_DATA -> new io.tideline.server.log.LogEntry(term, 0, bytes(entry.getData()));
      case ENTRY_TYPE_CONFIGURATION -> {
        byte[] membership = Membership.of(entry).encode();
        history.add(entry.getId().getIndex(), membership);
        yield new io.tideline.server.log.LogEntry(term, TAG_CONFIGURATION, membership);
      }
      case ENTRY_TYPE_NO_OP -> new io.tideline.server.log.LogEntry(term, TAG_NO_OP, new byte[0]);
      case ENTRY_TYPE_UNKNOWN ->
          throw new IllegalStateException("log entry " + entry.getId() + " has no type");
    };
  }

  private static @Nullable LogEntry toJRaft(
      long index, io.tideline.server.log.@Nullable LogEntry stored) throws IOException {
    if (stored == null) {
      return null;
    }
    LogEntry entry = new LogEntry();
    entry.setId(new LogId(index, stored.term()));
    switch (stored.tag()) {
      case 0 -> {
        entry.setType(EntryType.ENTRY_TYPE_DATA);
        entry.setData(ByteBuffer.wrap(stored.payload()));
      }
      case TAG_CONFIGURATION -> {
        entry.setType(EntryType.ENTRY_TYPE_CONFIGURATION);
        Membership.decode(stored.payload()).copyTo(entry);
      }
      case TAG_NO_OP -> entry.setType(EntryType.ENTRY_TYPE_NO_OP);
      default -> throw new IOException("log entry " + index + " has unknown tag " + stored.tag());
    }
    return entry;
  }

  /** The content of a buffer whose position must not move: replicators read it at the same time. */
  static byte[] bytes(@Nullable ByteBuffer data) {
    if (data == null) {
      return new byte[0];
    }
    if (data.hasArray()
        && data.arrayOffset() == 0
        && data.position() == 0
        && data.array().length == data.remaining()) {
      return data.array();
    }
    byte[] copy = new byte[data.remaining()];
    data.get(data.position(), copy);
    return copy;
  }
}
