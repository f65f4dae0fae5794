package io.tideline.server.transfer;

import io.grpc.Status;
import io.grpc.StatusException;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineSnapshot.FileInfo;
import io.tideline.lsm.SnapshotReceiver;
import io.tideline.lsm.fs.DiskFullException;
import io.tideline.lsm.fs.FileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot on its way here: several files at a time, each in chunks that are asked for one after
 * the other and again if they fail.
 *
 * <p>Resuming: a file that is complete and verified stays and is not asked for again, in whatever
 * later attempt and from whichever member, if that one's file is the same; of a file cut off in the
 * middle nothing is used. Files are 64 MiB at most, so little is copied twice.
 *
 * <p>Threading: works on virtual threads of its own; {@link #join} and {@link #cancel} by any.
 */
public final class SnapshotFetch {

  /** A chunk is given up after so many times; with the pauses between them that is 3 s. */
  private static final int CHUNK_ATTEMPTS = 5;

  private static final long RETRY_MILLIS = 200;

  /** Within the time an offer may be idle: a question or two may stay without an answer. */
  private static final int ASKS_PER_IDLE_TIME = 6;

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotFetch.class);

  /** What one node's fetches share. */
  record Shared(
      FileSystem fileSystem, TransferLimits limits, RateLimit rate, AtomicLong receivedBytes) {}

  private final Shared shared;
  private final SnapshotUri uri;
  private final Path staging;
  private final Path engine;
  private final @Nullable SnapshotSource source;
  private final CompletableFuture<FetchResult> result = new CompletableFuture<>();

  /** Guards the receiver, which is confined. */
  private final ReentrantLock receiving = new ReentrantLock();

  private volatile boolean cancelled;

  SnapshotFetch(Shared shared, SnapshotUri uri, Path staging, Path engine) {
    this.shared = shared;
    this.uri = uri;
    this.staging = staging;
    this.engine = engine;
    this.source = new SnapshotSource(uri, shared.limits().callMillis());
  }

  private SnapshotFetch(Shared shared, FetchResult.Refused refused) {
    this.shared = shared;
    this.uri = new SnapshotUri("localhost:0", 0, "0");
    this.staging = Path.of("");
    this.engine = Path.of("");
    this.source = null;
    result.complete(refused);
  }

  /** One that has ended before it began. */
  static SnapshotFetch refused(Shared shared, String why) {
    return new SnapshotFetch(shared, new FetchResult.Refused(why));
  }

  /**
   * @param ended runs when the result is known
   */
  void start(Runnable ended) {
    SnapshotSource from = Objects.requireNonNull(source, "refused already");
    Thread.ofVirtual()
        .name("snapshot-fetch-" + uri.partitionId())
        .start(
            () -> {
              FetchResult how;
              try {
                how = fetch(from);
              } catch (RuntimeException | AssertionError e) {
                how = new FetchResult.Failed(new IOException("a defect while copying " + uri, e));
              }
              from.close();
              ended.run();
              result.complete(how);
            });
  }

  /** Has something run once the result is known, on any thread; it must not block. */
  void whenEnded(Runnable ended) {
    var _ = result.whenComplete((how, error) -> ended.run());
  }

  /** Waits for the end. */
  public FetchResult join() throws InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a fetch never fails", e);
    }
  }

  /** Ends it soon, with a refusal. */
  public void cancel() {
    cancelled = true;
    if (source != null) {
      source.close();
    }
  }

  private FetchResult fetch(SnapshotSource from) {
    try {
      SnapshotSource.Description offered = from.describe();
      SnapshotReceiver receiver = begin(from, offered.files());
      try {
        fetchMissing(from, receiver, offered.files());
      } finally {
        receiver.close();
      }
      return cancelled
          ? new FetchResult.Refused("cancelled")
          : new FetchResult.Arrived(
              new ArrivedSnapshot(shared.fileSystem(), staging, receiver, offered.state(), engine));
    } catch (StatusException e) {
      return refused("not copied from " + uri + ": " + e.getStatus());
    } catch (DiskFullException | CorruptionException e) {
      return refused("not copied from " + uri + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return refused("not a snapshot at " + uri + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refused("interrupted");
    } catch (IOException e) {
      return new FetchResult.Failed(e);
    }
  }

  /** Verifies what is here already, of gigabytes for minutes. */
  private SnapshotReceiver begin(SnapshotSource from, List<FileInfo> offered) throws IOException {
    try (OfferKeeper keeper =
        OfferKeeper.keep(from, Math.max(1, shared.limits().idleMillis() / ASKS_PER_IDLE_TIME))) {
      assert keeper != null;
      return SnapshotReceiver.begin(shared.fileSystem(), staging, engine, offered);
    }
  }

  private FetchResult.Refused refused(String why) {
    return new FetchResult.Refused(cancelled ? "cancelled" : why);
  }

  private void fetchMissing(SnapshotSource from, SnapshotReceiver receiver, List<FileInfo> offered)
      throws IOException, StatusException, InterruptedException {
    List<FileInfo> missing = receiver.missing();
    long bytes = missing.stream().mapToLong(FileInfo::size).sum();
    long usable = shared.fileSystem().usableBytes(staging);
    LOG.info(
        "partition {}: copying {} of {} files, {} bytes, from {}",
        uri.partitionId(),
        missing.size(),
        offered.size(),
        bytes,
        uri);
    if (bytes > usable) {
      throw new DiskFullException(staging, usable, "receiving " + bytes + " bytes", null);
    }
    Queue<FileInfo> queue = new ConcurrentLinkedQueue<>(missing);
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("snapshot-stream-", 0).factory())) {
      List<Future<?>> streams = new ArrayList<>();
      for (int i = 0; i < Math.min(shared.limits().streamsPerFetch(), missing.size()); i++) {
        streams.add(
            threads.submit(
                () -> {
                  try {
                    for (FileInfo file = queue.poll(); file != null; file = queue.poll()) {
                      fetchFile(from, receiver, file);
                    }
                  } catch (Exception e) {
                    queue.clear(); // The other streams end after the file they are at.
                    throw e;
                  }
                  return null;
                }));
      }
      for (Future<?> stream : streams) {
        await(stream);
      }
    }
  }

  private static void await(Future<?> stream)
      throws IOException, StatusException, InterruptedException {
    try {
      stream.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case StatusException status -> throw status;
        case IOException io -> throw io;
        case InterruptedException interrupted -> throw interrupted;
        case null, default -> throw new IllegalStateException("a defect while copying", e);
      }
    }
  }

  private void fetchFile(SnapshotSource from, SnapshotReceiver receiver, FileInfo file)
      throws IOException, StatusException, InterruptedException {
    for (long offset = 0; offset < file.size(); ) {
      int length = (int) Math.min(shared.limits().chunkBytes(), file.size() - offset);
      ByteBuffer bytes = fetchChunk(from, file.name(), offset, length);
      receiving.lock();
      try {
        receiver.write(file.name(), offset, bytes);
      } finally {
        receiving.unlock();
      }
      shared.receivedBytes().addAndGet(length);
      offset += length;
    }
    receiving.lock();
    try {
      receiver.finish(file.name());
    } finally {
      receiving.unlock();
    }
  }

  private ByteBuffer fetchChunk(SnapshotSource from, String name, long offset, int length)
      throws StatusException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      if (cancelled) {
        throw Status.CANCELLED.asException();
      }
      shared.rate().pass(length);
      try {
        return from.read(name, offset, length);
      } catch (StatusException e) {
        if (attempt == CHUNK_ATTEMPTS || !mayPass(e.getStatus().getCode())) {
          throw e;
        }
        LOG.debug("{} at {} is asked for again: {}", name, offset, e.getStatus());
        TimeUnit.MILLISECONDS.sleep(attempt * RETRY_MILLIS);
      }
    }
  }

  /** Whether the same question may be answered later. */
  private static boolean mayPass(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, DATA_LOSS, ABORTED -> true;
      case OK,
          CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          UNAUTHENTICATED ->
          false;
    };
  }
}
