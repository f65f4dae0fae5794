package io.tideline.client;

import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls: sends, waits, retries what may be retried until the deadline, and fails with a
 * {@link TidelineException}. All services of the client call through here.
 *
 * <p>Thread-safe. Futures are completed on the channel's executor, on the timer or, after {@link
 * #close}, on the closing thread.
 */
final class Caller {

  private final Channels channels;
  private final ClientClock clock;
  private final Routes routes = new Routes(this);

  /** Calls under way, so that those waiting for their next attempt can be failed at close. */
  private final Set<Call> calls = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /** A call of the application, which may consist of several attempts. */
  interface Call {
    /** Ends a wait for the next attempt; an attempt on its way is left to finish. */
    void clientClosed();
  }

  /** The nodes of a cluster, as far as there are connections to them. */
  interface Channels {

    /** To any of the nodes. */
    Channel any();

    /** Whether more than one node was named. */
    boolean toSeveral();

    /** To one node; null while there is no connection, which is then begun. */
    @Nullable Channel connected(ServerAddress node);

    /** Closes connections of their own to all other nodes, when the calls on them have ended. */
    void keepOnly(Set<ServerAddress> nodes);
  }

  Caller(Channels channels, ClientClock clock) {
    this.channels = channels;
    this.clock = clock;
  }

  ClientClock clock() {
    return clock;
  }

  Routes routes() {
    return routes;
  }

  Channels channels() {
    return channels;
  }

  /** The nodes as failures name them. */
  String authority() {
    return channels.any().authority();
  }

  /**
   * Where to send a call: to the node that leads the timeline's partition if it is known and
   * connected, else to any.
   *
   * @param timeline what is written, null for what any node may serve
   */
  UnaryAttempt.Way wayOf(@Nullable TimelineKey timeline) {
    ServerAddress leader = timeline == null ? null : routes.leaderOf(timeline);
    Channel direct = leader == null ? null : channels.connected(leader);
    return direct == null
        ? new UnaryAttempt.Way(channels.any(), true)
        : new UnaryAttempt.Way(direct, false);
  }

  boolean isClosed() {
    return closed;
  }

  <Q, R> CompletableFuture<R> call(
      MethodDescriptor<Q, R> method,
      Q request,
      WriteKind kind,
      String store,
      CallSettings settings) {
    return call(method, request, kind, store, null, settings);
  }

  /**
   * @param timeline a timeline the call writes to, whose leader it is sent to; null for any node
   */
  <Q, R> CompletableFuture<R> call(
      MethodDescriptor<Q, R> method,
      Q request,
      WriteKind kind,
      String store,
      @Nullable TimelineKey timeline,
      CallSettings settings) {
    RetryingCall<Q, R> call =
        new RetryingCall<>(this, method, request, kind, store, timeline, settings);
    began(call);
    call.begin();
    return call.future();
  }

  void began(Call call) {
    calls.add(call);
  }

  void ended(Call call) {
    calls.remove(call);
  }

  /** Refuses new calls and ends those that wait for another attempt; those on their way go on. */
  void close() {
    closed = true;
    calls.forEach(Call::clientClosed);
  }

  static Failure closedFailure() {
    return Failure.local(
        ErrorCode.CLIENT_CLOSED, Status.Code.CANCELLED, "the client is closed; open a new one");
  }

  /**
   * The value of a future of this client, or its exception thrown with the caller's stack.
   *
   * @param isWrite whether an interruption leaves the outcome of a write unknown
   */
  static <T extends @Nullable Object> T await(CompletableFuture<T> future, boolean isWrite) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new TidelineException(
          Failure.local(
                  ErrorCode.CANCELLED,
                  Status.Code.CANCELLED,
                  "the thread was interrupted while it waited for the answer")
              .withVerdict(false, isWrite),
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TidelineException failure) {
        throw failure.rethrown();
      }
      throw new IllegalStateException("a call failed outside its protocol", e.getCause());
    }
  }
}
