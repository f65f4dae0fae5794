package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.StatusRuntimeException;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.ProcessMemory;
import io.tideline.it.harness.Refusal;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.GetNodeStatusRequest;
import io.tideline.proto.v1.GetNodeStatusResponse;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A node uses the memory it says at its start that it will use, and refuses what would take more.
 */
class MemoryIT {

  private static final String STORE = "load";

  /**
   * What a JVM needs beside heap and the buffers a node counts: code cache (up to 240 MiB reserved,
   * some 40 used), metaspace, thread stacks, the collector's own tables (a tenth of the heap).
   */
  private static final long JVM_ALLOWANCE_BYTES = 200L << 20;

  private static final Duration LOAD = Duration.ofSeconds(12);
  private static final int BATCHES_IN_FLIGHT = 16;
  private static final int BATCH_ITEMS = 500;
  private static final int TIMELINES = 20_000;

  @RegisterExtension final Nodes nodes = new Nodes();

  private ServerProcess node;

  @BeforeEach
  void startNode() {
    node = nodes.start(NodeConfig.defaults());
    node.wire().createStore(STORE, StoreOptions.getDefaultInstance());
  }

  @Test
  void staysWithinItsStatedBudgetWhileWritingAsFastAsItCan() throws Exception {
    GetNodeStatusResponse stated =
        node.wire().admin().getNodeStatus(GetNodeStatusRequest.getDefaultInstance());
    long budget =
        stated.getHeapLimitBytes()
            + stated.getMemtableBudgetBytes()
            + stated.getBlockCacheBudgetBytes()
            + stated.getOtherOffHeapBudgetBytes();

    long written = writeFor(LOAD);

    ProcessMemory memory = ProcessMemory.of(node.process());
    System.out.printf(
        "%,d messages in %d s; stated %,d MiB; peak of all resident %,d MiB, now anonymous %,d MiB,"
            + " mapped files %,d MiB%n",
        written,
        LOAD.toSeconds(),
        budget >> 20,
        memory.peakResidentBytes() >> 20,
        memory.anonymousBytes() >> 20,
        memory.mappedFileBytes() >> 20);
    assertThat(stated.getHeapLimitBytes()).isBetween(500L << 20, 512L << 20);
    assertThat(memory.peakResidentBytes() - memory.mappedFileBytes())
        .as("memory that only this process can give back")
        .isLessThanOrEqualTo(budget + JVM_ALLOWANCE_BYTES);
    assertThat(node.log()).doesNotContain("OutOfMemoryError");
  }

  @Test
  void saysAtItsStartWhatItWillUse() {
    GetNodeStatusResponse stated =
        node.wire().admin().getNodeStatus(GetNodeStatusRequest.getDefaultInstance());

    assertThat(node.log().lines().filter(line -> line.contains("memory")).toList())
        .as("a line about memory that names heap and off-heap budgets")
        .anySatisfy(
            line -> {
              assertThat(line).containsIgnoringCase("heap");
              assertThat(line).contains(Long.toString(stated.getMemtableBudgetBytes() >> 20));
              assertThat(line).contains(Long.toString(stated.getBlockCacheBudgetBytes() >> 20));
            });
  }

  @Test
  void refusesByNameWhatWouldTakeMoreThanItHas() throws Exception {
    Wire wire = node.wire();
    TimelineServiceGrpc.TimelineServiceFutureStub async =
        TimelineServiceGrpc.newFutureStub(wire.channel());
    AppendRequest mebibyte =
        AppendRequest.newBuilder()
            .setStore(STORE)
            .setTimeline(Wire.id("large"))
            .setMessage(Wire.text("x".repeat(1_000_000)))
            .build();

    List<ListenableFuture<AppendResponse>> calls = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      calls.add(async.append(mebibyte));
    }
    long accepted = 0;
    Map<ErrorReason, Integer> refused = new EnumMap<>(ErrorReason.class);
    for (ListenableFuture<AppendResponse> call : calls) {
      try {
        call.get();
        accepted++;
      } catch (ExecutionException e) {
        Refusal refusal = Refusal.of((StatusRuntimeException) e.getCause());
        refused.merge(refusal.reason(), 1, Integer::sum);
        assertThat(refusal.detail().getRetryAfterMs()).as(refusal.toString()).isPositive();
      }
    }

    System.out.println("of 400 appends of 1 MB at once: " + accepted + " accepted, " + refused);
    assertThat(refused).as("400 MB at once on a heap of 512 MiB").isNotEmpty();
    assertThat(
            Set.of(
                ErrorReason.ERROR_REASON_IN_FLIGHT_BYTES,
                ErrorReason.ERROR_REASON_MEMTABLE_MEMORY,
                ErrorReason.ERROR_REASON_LOG_BACKLOG,
                ErrorReason.ERROR_REASON_COMPACTION_BACKLOG))
        .containsAll(refused.keySet());
    assertThat(wire.head(STORE, Wire.id("large")).getLastSequenceId()).isEqualTo(accepted);
    assertThat(node.log()).doesNotContain("OutOfMemoryError");
    assertThat(wire.append(STORE, Wire.id("after"), Wire.text("still here")).getSequenceId())
        .isEqualTo(1);
  }

  /** As an import does: batches of messages for many timelines, several on their way; how many. */
  private long writeFor(Duration duration) throws Exception {
    SplittableRandom random = Seed.random("MemoryIT");
    TimelineServiceGrpc.TimelineServiceFutureStub async =
        TimelineServiceGrpc.newFutureStub(node.wire().channel());
    Deque<ListenableFuture<BatchAppendResponse>> inFlight = new ArrayDeque<>();
    long written = 0;
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() < end || !inFlight.isEmpty()) {
      if (System.nanoTime() < end && inFlight.size() < BATCHES_IN_FLIGHT) {
        inFlight.add(async.batchAppend(batch(random)));
        continue;
      }
      try {
        written += inFlight.remove().get().getResultsCount();
      } catch (ExecutionException e) {
        // Back-pressure is an answer; anything else is not.
        Refusal refusal = Refusal.of((StatusRuntimeException) e.getCause());
        assertThat(refusal.code())
            .as(refusal.toString())
            .isEqualTo(io.grpc.Status.Code.RESOURCE_EXHAUSTED);
      }
    }
    return written;
  }

  private static BatchAppendRequest batch(SplittableRandom random) {
    BatchAppendRequest.Builder batch = BatchAppendRequest.newBuilder().setStore(STORE);
    for (int i = 0; i < BATCH_ITEMS; i++) {
      TimelineId timeline = Wire.id("user-" + random.nextInt(TIMELINES));
      batch.addItems(
          BatchAppendItem.newBuilder()
              .setTimeline(timeline)
              .setMessage(Wire.text(Long.toString(random.nextLong(), 36).repeat(12))));
    }
    return batch.build();
  }
}
