package io.tideline.client;

import io.tideline.proto.v1.DescribeStoreRequest;
import io.tideline.proto.v1.DescribeStoreResponse;
import io.tideline.proto.v1.StoreServiceGrpc;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the way to leaders, so that writes need not be passed on from node to node.
 *
 * <p>A reply that says its write was passed on ({@link UnaryAttempt}) makes the client ask, in the
 * background, who leads what. Until the answer is there, and whenever a route is missing or its
 * node cannot be reached, a write goes to any node. A wrong route costs one hop, never correctness.
 *
 * <p>Thread-safe.
 */
final class Routes {

  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

  /** An election takes about a second: asking more often only adds load while it lasts. */
  private static final long REFRESH_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(500);

  /**
   * Longest pause. Asking brings nothing new where calls are passed on whatever is known: a call
   * that writes to partitions of several leaders, or a leader this process has no way to.
   */
  private static final long REFRESH_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

  private static final long REFRESH_DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Caller caller;
  private final Map<String, Route> stores = new ConcurrentHashMap<>();

  private static final class Route {
    final AtomicBoolean refreshing = new AtomicBoolean();
    volatile RouteTable table = RouteTable.EMPTY;

    /** Pause after the next question. */
    volatile long pauseNanos = REFRESH_NANOS_MIN;

    void learn(RouteTable answer) {
      pauseNanos =
          answer.isSameAs(table) ? Math.min(2 * pauseNanos, REFRESH_NANOS_MAX) : REFRESH_NANOS_MIN;
      table = answer;
    }
  }

  Routes(Caller caller) {
    this.caller = caller;
  }

  /** Where to send a write of a timeline; null for any node. */
  @Nullable ServerAddress leaderOf(TimelineKey timeline) {
    Route route = stores.get(timeline.store());
    return route == null ? null : route.table.leaderOf(timeline.identifier());
  }

  /**
   * A node did not answer a write of the store: if routes of it are known, they may have changed.
   */
  void suspect(String store) {
    Route route = stores.get(store);
    if (route != null) {
      route.pauseNanos = REFRESH_NANOS_MIN;
      refresh(store);
    }
  }

  /** A write of the store was passed on: asks who leads what, but not too often. */
  void refresh(String store) {
    Route route = stores.computeIfAbsent(store, name -> new Route());
    if (!route.refreshing.compareAndSet(false, true)) {
      return;
    }
    CompletableFuture<Void> unusedStage =
        caller
            .call(
                StoreServiceGrpc.getDescribeStoreMethod(),
                DescribeStoreRequest.newBuilder().setName(store).build(),
                WriteKind.READ,
                store,
                CallSettings.of(REFRESH_DEADLINE_NANOS, RetryPolicy.never()))
            .handle(
                (response, failure) -> {
                  route.learn(read(store, response, failure));
                  caller.channels().keepOnly(leaders());
                  caller.clock().schedule(route.pauseNanos, () -> route.refreshing.set(false));
                  return null;
                });
  }

  /** Of all stores. */
  private Set<ServerAddress> leaders() {
    return stores.values().stream()
        .flatMap(route -> route.table.leaders().stream())
        .collect(Collectors.toSet());
  }

  private static RouteTable read(
      String store, @Nullable DescribeStoreResponse response, @Nullable Throwable failure) {
    if (response == null) {
      LOG.debug("who leads store {} could not be asked: {}", store, String.valueOf(failure));
      return RouteTable.EMPTY;
    }
    try {
      return RouteTable.of(response.getPartitionsList());
    } catch (IllegalArgumentException e) {
      LOG.warn("the partitions of store {} cannot be read; any node is asked", store, e);
      return RouteTable.EMPTY;
    }
  }
}
