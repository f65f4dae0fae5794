package io.tideline.lsm.testing;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which operations of a {@link FaultFileSystem} go wrong, and how.
 *
 * @param fault what happens
 * @param operations the kinds it may happen to
 * @param paths the files and directories it may happen to
 * @param first the first matching operation that is hit, counted from 1 when the rule is armed
 * @param count how many matching operations are hit from there on
 */
public record FaultRule(
    Fault fault, Set<Operation> operations, Predicate<Path> paths, long first, long count) {

  /** Kinds of operations. */
  public enum Operation {
    OPEN,
    READ,
    WRITE,
    FORCE,
    SET_SIZE,
    CREATE_DIRECTORIES,
    LIST,
    RENAME,
    LINK,
    DELETE,
    SYNC_DIRECTORY
  }

  /** What goes wrong. */
  public enum Fault {
    /** The operation fails and changes nothing. */
    IO_ERROR,
    /** The operation fails with {@link io.tideline.lsm.fs.DiskFullException}, changing nothing. */
    NO_SPACE,
    /** Of a write, a part reaches the disk, then it fails; other operations fail. */
    SHORT_WRITE,
    /** As {@link #SHORT_WRITE}, with {@link io.tideline.lsm.fs.DiskFullException}. */
    SHORT_WRITE_NO_SPACE,
    /**
     * A force fails and, as after a failed fsync on Linux, about half of the pages it should have
     * made durable lose what was written; later forces succeed. Other operations fail.
     */
    LOSE_PAGES,
    /** A read succeeds with one bit changed. */
    BIT_FLIP,
    /** A read succeeds with the bytes of a neighbouring page. */
    MISDIRECTED_READ,
    /** A write succeeds and reaches nothing, so that later reads are stale. */
    LOST_WRITE,
    /** A write succeeds and lands one page away. */
    MISDIRECTED_WRITE;

    /** True if the program is told. */
    boolean isReported() {
      return switch (this) {
        case IO_ERROR, NO_SPACE, SHORT_WRITE, SHORT_WRITE_NO_SPACE, LOSE_PAGES -> true;
        case BIT_FLIP, MISDIRECTED_READ, LOST_WRITE, MISDIRECTED_WRITE -> false;
      };
    }
  }

  public FaultRule {
    operations = Set.copyOf(operations);
    if (first < 1 || count < 1) {
      throw new IllegalArgumentException(
          "first " + first + " and count " + count + " must be at least 1");
    }
  }

  /** Hits the {@code n}-th operation of any kind, once. */
  public static FaultRule nth(long n, Fault fault) {
    return nth(n, fault, EnumSet.allOf(Operation.class));
  }

  /** Hits the {@code n}-th operation of these kinds, once. */
  public static FaultRule nth(long n, Fault fault, Set<Operation> operations) {
    return new FaultRule(fault, operations, path -> true, n, 1);
  }

  /** Hits every operation of these kinds on these paths. */
  public static FaultRule always(Fault fault, Set<Operation> operations, Predicate<Path> paths) {
    return new FaultRule(fault, operations, paths, 1, Long.MAX_VALUE);
  }

  boolean matches(Operation operation, Path path) {
    return operations.contains(operation) && paths.test(path);
  }

  boolean hits(long occurrence) {
    return occurrence >= first && occurrence - first < count;
  }
}
