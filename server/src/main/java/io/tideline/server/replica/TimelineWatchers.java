package io.tideline.server.replica;

import io.tideline.server.command.Command;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for something new in which timelines of this node's replicas.
 *
 * <p>A partition that nobody watches costs the apply thread one look-up for each log entry; a
 * timeline that nobody watches, one for each command.
 *
 * <p>Threading: safe for many threads. Watchers are called without a lock, and may be called once
 * more after they were removed.
 */
public final class TimelineWatchers implements ChangeListener {

  /** Is told that something may be new; on the thread that applies the log, so it must be quick. */
  public interface Watcher {
    /**
     * @param place what {@link #watch} was given
     */
    void changed(int place);
  }

  /** One timeline of one partition; the hash is kept, for keys are compared often. */
  private record Key(long partitionId, byte[] timeline, int hash) {

    Key(long partitionId, byte[] timeline) {
      this(partitionId, timeline, 31 * Arrays.hashCode(timeline) + Long.hashCode(partitionId));
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Key other
          && hash == other.hash
          && partitionId == other.partitionId
          && Arrays.equals(timeline, other.timeline);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** Those who watch one timeline, as a chain: mostly there is one. */
  private record Link(Watcher watcher, int place, @Nullable Link next) {

    @Nullable Link without(Watcher gone, int atPlace) {
      if (isOf(gone, atPlace)) {
        return next;
      }
      Link rest = next == null ? null : next.without(gone, atPlace);
      return new Link(watcher, place, rest);
    }

    @SuppressWarnings("ReferenceEquality") // A watcher is an identity, whatever its equals says.
    private boolean isOf(Watcher other, int otherPlace) {
      return watcher == other && place == otherPlace;
    }
  }

  private final ConcurrentHashMap<Key, Link> chains = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Integer> watchedByPartition = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();

  /** From now on the watcher hears of changes that views made before do not show. */
  public void watch(long partitionId, byte[] timeline, Watcher watcher, int place) {
    count.incrementAndGet();
    watchedByPartition.merge(partitionId, 1, Integer::sum);
    chains.compute(new Key(partitionId, timeline), (key, chain) -> new Link(watcher, place, chain));
  }

  /** Ends a watch; each {@link #watch} is ended once. */
  public void end(long partitionId, byte[] timeline, Watcher watcher, int place) {
    chains.computeIfPresent(
        new Key(partitionId, timeline), (key, chain) -> chain.without(watcher, place));
    watchedByPartition.computeIfPresent(
        partitionId, (id, watched) -> watched == 1 ? null : watched - 1);
    count.decrementAndGet();
  }

  /** Watches that have not ended. */
  public int count() {
    return count.get();
  }

  @Override
  public void applied(long partitionId, List<Command> commands) {
    if (!watchedByPartition.containsKey(partitionId)) {
      return;
    }
    for (Command command : commands) {
      switch (command) {
        case Command.Append c -> tell(partitionId, c.timeline());
        case Command.FanOut c -> c.timelines().forEach(timeline -> tell(partitionId, timeline));
        case Command.Put c -> tell(partitionId, c.timeline());
        case Command.ReplaceEntry c -> tell(partitionId, c.timeline());
        case Command.DeleteEntry c -> tell(partitionId, c.timeline());
        case Command.Trim c -> tell(partitionId, c.timeline());
        case Command.DeleteTimeline c -> tell(partitionId, c.timeline());
        // Nothing that a reader of entries would see.
        case Command.PutMeta c -> {}
        case Command.DeleteMeta c -> {}
        case Command.CommitCursors c -> {}
        case Command.AdvanceTime c -> {}
        case Command.SetOptions c -> {}
        case Command.ChangeCatalog c -> {}
      }
    }
  }

  @Override
  public void replaced(long partitionId) {
    chains.forEach(
        (key, chain) -> {
          if (key.partitionId() == partitionId) {
            tell(chain);
          }
        });
  }

  private void tell(long partitionId, byte[] timeline) {
    tell(chains.get(new Key(partitionId, timeline)));
  }

  private static void tell(@Nullable Link chain) {
    for (Link link = chain; link != null; link = link.next()) {
      link.watcher().changed(link.place());
    }
  }
}
