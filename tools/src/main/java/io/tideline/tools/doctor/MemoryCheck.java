package io.tideline.tools.doctor;

import io.tideline.tools.cli.Humans;
import java.util.List;

/**
 * Whether what a node plans to use fits the machine, or the container it is in.
 *
 * @param heapBytes limit of the heap
 * @param offHeapBytes budgets outside the heap, all together
 * @param machineBytes memory of the machine
 * @param containerBytes limit of the container (cgroup), {@link Long#MAX_VALUE} for none
 */
record MemoryCheck(long heapBytes, long offHeapBytes, long machineBytes, long containerBytes)
    implements Check {

  /** Threads, code, metadata and network buffers of a JVM under load, beside heap and budgets. */
  private static final long JVM_BYTES = 256L << 20;

  /** The rest is for the page cache, which reads of tables live from. */
  private static final double SHARE_GOOD = 0.75;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public List<Finding> run() {
    long available = Math.min(machineBytes, containerBytes);
    long planned = heapBytes + offHeapBytes + JVM_BYTES;
    String plan =
        "a node may use "
            + Humans.size(planned)
            + " (heap "
            + Humans.size(heapBytes)
            + ", off-heap budgets "
            + Humans.size(offHeapBytes)
            + ", JVM "
            + Humans.size(JVM_BYTES)
            + ") of "
            + Humans.size(available)
            + (containerBytes < machineBytes ? " that its container may use" : " of the machine");
    if (planned > available) {
      return List.of(
          Finding.fail(
              name(),
              plan,
              "Lower -Xmx or the memory budgets of the configuration, or add memory."));
    }
    if (planned > available * SHARE_GOOD) {
      return List.of(
          Finding.warn(
              name(),
              plan,
              "Leave a quarter to the page cache: lower -Xmx or the memory budgets."));
    }
    return List.of(Finding.ok(name(), plan));
  }
}
