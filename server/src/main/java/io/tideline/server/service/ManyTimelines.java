package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.lsm.ReadView;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.TimelineId;
import io.tideline.server.replica.Partition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A read of many timelines of one store: groups them by partition, opens one view per partition,
 * all at once, and keeps what failed beside the timelines it concerns. Partitions without a replica
 * here are read by calls to nodes that have one.
 *
 * <p>Lifetime: {@link #close} closes the views.
 */
final class ManyTimelines implements AutoCloseable {

  /** Reads the timelines of one partition, by their place in the request. */
  interface PartitionReader {
    void read(ReadView view, List<Integer> places) throws Exception;
  }

  /** Reads the timelines of one partition by a call to another node. */
  interface ElsewhereReader {
    void read(PartitionDescriptor partition, List<Integer> places) throws Exception;
  }

  /** Timelines of one partition, by their place in the request. */
  record Part(PartitionDescriptor partition, List<Integer> places) {}

  private final StoreDescriptor store;
  private final List<byte[]> keys;
  private final Reads reads;
  private final Map<Partition, List<Integer>> groups = new LinkedHashMap<>();
  private final Map<Long, Part> elsewhere = new LinkedHashMap<>();
  private final Map<Partition, ReadView> views = new LinkedHashMap<>();
  private final @Nullable Failure[] failures;

  private ManyTimelines(StoreDescriptor store, List<byte[]> keys, Reads reads) {
    this.store = store;
    this.reads = reads;
    this.keys = keys;
    this.failures = new Failure[keys.size()];
  }

  /** Encodes the identifiers; a wrong one refuses the whole call. */
  static List<byte[]> encode(FieldPath path, List<TimelineId> timelines, StoreDescriptor store) {
    List<byte[]> keys = new ArrayList<>(timelines.size());
    for (int i = 0; i < timelines.size(); i++) {
      keys.add(Identifiers.encode(path.index(i), true, timelines.get(i), store.schema()));
    }
    return keys;
  }

  static ManyTimelines open(
      Stores stores,
      Forwarding forwarding,
      StoreDescriptor store,
      List<byte[]> keys,
      ReadOptions options,
      CallContext context)
      throws Exception {
    ManyTimelines many = new ManyTimelines(store, keys, new Reads(options, context));
    try {
      many.group(stores, forwarding, context);
      many.openViews();
      return many;
    } catch (Throwable e) {
      many.close();
      throw e;
    }
  }

  StoreDescriptor store() {
    return store;
  }

  byte[] key(int place) {
    return keys.get(place);
  }

  /** Why the timeline at this place could not be read, null if it could. */
  @Nullable Failure failure(int place) {
    return failures[place];
  }

  /** Runs the reader for every partition, at once if there are several; failures stay with it. */
  void forEachPartition(PartitionReader reader) throws InterruptedException {
    List<Runnable> tasks = new ArrayList<>();
    views.forEach((partition, view) -> tasks.add(() -> read(reader, partition, view)));
    runAll(tasks);
  }

  /** How many partitions have no replica here. */
  int partitionsElsewhere() {
    return elsewhere.size();
  }

  /** How many partitions there are. */
  int partitions() {
    return elsewhere.size() + groups.size();
  }

  /**
   * Runs the reader for every partition without a replica here, at once if there are several;
   * failures stay with it.
   */
  void forEachElsewhere(ElsewhereReader reader) throws InterruptedException {
    List<Runnable> tasks = new ArrayList<>();
    for (Part there : elsewhere.values()) {
      tasks.add(
          () -> {
            try {
              reader.read(there.partition(), there.places());
            } catch (Exception e) {
              fail(there.places(), e);
            }
          });
    }
    runAll(tasks);
  }

  /** Notes the token of another node's answer. */
  void note(ByteString token) {
    reads.note(token);
  }

  /** Notes that the timeline at this place could not be read. */
  void fail(int place, Failure failure) {
    failures[place] = failure;
  }

  /** What the session has seen after this read. */
  ByteString token() {
    return reads.token();
  }

  @Override
  public void close() {
    views.values().forEach(ReadView::close);
    views.clear();
  }

  private void group(Stores stores, Forwarding forwarding, CallContext context) {
    for (int place = 0; place < keys.size(); place++) {
      PartitionDescriptor partition = store.partitionOf(keys.get(place));
      if (forwarding.isElsewhere(partition, context)) {
        elsewhere
            .computeIfAbsent(partition.partitionId(), id -> new Part(partition, new ArrayList<>()))
            .places()
            .add(place);
        continue;
      }
      try {
        groups
            .computeIfAbsent(stores.route(store, keys.get(place)), p -> new ArrayList<>())
            .add(place);
      } catch (FailureException e) {
        failures[place] = e.failure();
      }
    }
  }

  private void openViews() throws InterruptedException {
    List<Runnable> tasks = new ArrayList<>();
    groups.forEach(
        (partition, places) ->
            tasks.add(
                () -> {
                  try {
                    ReadView view = reads.view(partition);
                    synchronized (views) {
                      views.put(partition, view);
                    }
                  } catch (Exception e) {
                    fail(places, e);
                  }
                }));
    runAll(tasks);
  }

  private void read(PartitionReader reader, Partition partition, ReadView view) {
    List<Integer> places = Objects.requireNonNull(groups.get(partition));
    try {
      reader.read(view, places);
    } catch (Exception e) {
      fail(places, e);
    }
  }

  private void fail(List<Integer> places, Exception e) {
    Failure failure = CallErrors.toFailure(e).withStore(store.name());
    for (int place : places) {
      failures[place] = failure;
    }
  }

  /** The tasks put their own failures aside. One runs here, several on threads of their own. */
  private static void runAll(List<Runnable> tasks) throws InterruptedException {
    if (tasks.size() == 1) {
      tasks.getFirst().run();
      return;
    }
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("read-", 0).factory())) {
      for (Future<?> task : tasks.stream().map(threads::submit).toList()) {
        task.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError("a partition read let an error escape", e.getCause());
    }
  }
}
