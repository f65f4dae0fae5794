package io.tideline.server.raft;

import com.alipay.remoting.Connection;
import com.alipay.remoting.RejectedExecutionPolicy;
import com.alipay.remoting.RejectionProcessableInvokeCallback;
import com.alipay.remoting.rpc.exception.InvokeServerException;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.util.Endpoint;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's one connection to another member, used by all groups.
 *
 * <p>A link is up when the other end has answered a ping on the connection in use, and down
 * otherwise; using it while it is down fails at once. Nobody but the link's own threads ever waits
 * for a connection: JRaft asks for one while it holds a group's lock.
 *
 * <p>Threading: safe for many threads; {@link #tick} by one.
 *
 * <p>Invariants: at most one attempt to connect and one ping are under way; a connection that was
 * given up is never used again.
 */
final class PeerLink {

  /** What a link needs of the transport; all methods may block. */
  interface Wire {

    /** Opens a connection, in some hundred milliseconds or not at all. */
    Connection connect(Endpoint endpoint) throws com.alipay.remoting.exception.RemotingException;

    /** Returns when the other end has answered. */
    void ping(Connection connection, int timeoutMillis)
        throws com.alipay.remoting.exception.RemotingException, InterruptedException;

    /** Serialises and sends; does not wait for the answer. */
    void send(
        Connection connection,
        Object request,
        com.alipay.remoting.InvokeCallback callback,
        int timeoutMillis)
        throws com.alipay.remoting.exception.RemotingException;
  }

  /** An end that accepts connections must answer within this time, or counts as not there. */
  static final int HELLO_TIMEOUT_MILLIS = 1_000;

  /** After this long without hearing anything the other end is asked for a sign of life. */
  static final long QUIET_MILLIS = 1_000;

  /** How long it has for that; longer than its garbage collector stops it. */
  static final int PING_TIMEOUT_MILLIS = 2_000;

  /** Pause after the first failed attempt to connect; doubles with each further one. */
  static final long BACKOFF_MILLIS_MIN = 50;

  /** Longest pause; a member that comes back is found within it. */
  static final long BACKOFF_MILLIS_MAX = 1_000;

  /**
   * Log entries sent and not answered yet; beyond it more are refused, and JRaft tries again a
   * heartbeat later. Heartbeats and votes always pass. The same as a node's writes in flight.
   */
  static final long OUTSTANDING_BYTES_MAX = 64L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

  private final Endpoint endpoint;
  private final Wire wire;
  private final Executor threads;
  private final LongSupplier clock;
  private final Runnable connected;
  private final Runnable gone;
  private final AtomicLong outstandingBytes = new AtomicLong();

  private volatile @Nullable Connection connection;
  private volatile long upSinceMillis;
  private volatile long heardMillis;

  // Guarded by this.
  private boolean busy;
  private boolean closed;
  private int failures;

  /** Whether {@link #gone} is to be called: the link was up, and it was not called since. */
  private boolean awaited;

  private long nextAttemptMillis;

  /**
   * @param threads runs each task it is given on a thread of its own
   * @param connected called on such a thread whenever the link has come up
   * @param gone called on such a thread when a link that was up cannot be made again because nobody
   *     listens any more: the other process has ended
   */
  PeerLink(
      Endpoint endpoint,
      Wire wire,
      Executor threads,
      LongSupplier clock,
      Runnable connected,
      Runnable gone) {
    this.endpoint = endpoint;
    this.wire = wire;
    this.threads = threads;
    this.clock = clock;
    this.connected = connected;
    this.gone = gone;
    this.nextAttemptMillis = clock.getAsLong();
  }

  boolean isUp() {
    return connection != null;
  }

  /** When the link came up, by the clock it was given; meaningless while it is down. */
  long upSinceMillis() {
    return upSinceMillis;
  }

  /** Connects, or asks for a sign of life, if it is time. Does not block. */
  void tick() {
    Connection current = connection;
    long now = clock.getAsLong();
    synchronized (this) {
      if (busy || closed) {
        return;
      }
      if (current == null ? now < nextAttemptMillis : now - heardMillis < QUIET_MILLIS) {
        return;
      }
      busy = true;
    }
    threads.execute(current == null ? this::connect : () -> ask(current));
  }

  private void connect() {
    Connection made = null;
    try {
      made = wire.connect(endpoint);
      wire.ping(made, HELLO_TIMEOUT_MILLIS);
      up(made);
    } catch (com.alipay.remoting.exception.RemotingException | RuntimeException e) {
      notConnected(made, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      notConnected(made, e);
    }
  }

  private void up(Connection made) {
    long now = clock.getAsLong();
    heardMillis = now;
    upSinceMillis = now;
    synchronized (this) {
      busy = false;
      failures = 0;
      awaited = true;
      if (closed) {
        made.close();
        return;
      }
      connection = made;
    }
    LOG.info("connected to member {}", endpoint);
    made.getChannel().closeFuture().addListener(end -> lost(made, "the connection was closed"));
    connected.run();
  }

  private void notConnected(@Nullable Connection made, Exception cause) {
    if (made != null) {
      made.close();
    }
    int attempt;
    boolean hasEnded;
    synchronized (this) {
      busy = false;
      hasEnded = awaited && !closed && isRefused(cause);
      awaited &= !hasEnded;
      attempt = failures++;
      long pause = BACKOFF_MILLIS_MIN << Math.min(attempt, 10);
      nextAttemptMillis = clock.getAsLong() + Math.min(pause, BACKOFF_MILLIS_MAX);
    }
    if (attempt == 0) {
      LOG.warn("member {} cannot be reached and is tried again: {}", endpoint, cause.getMessage());
    }
    if (hasEnded) {
      gone.run();
    }
  }

  /** A host that is there says that nobody listens; one that is cut off says nothing. */
  private static boolean isRefused(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          && !(cause instanceof ConnectTimeoutException)
          && !(cause instanceof NoRouteToHostException)) {
        return true;
      }
    }
    return false;
  }

  /** Asks for a sign of life; anything heard meanwhile counts as one. */
  private void ask(Connection current) {
    long asked = clock.getAsLong();
    try {
      wire.ping(current, PING_TIMEOUT_MILLIS);
      heardMillis = clock.getAsLong();
    } catch (com.alipay.remoting.exception.RemotingException | RuntimeException e) {
      if (heardMillis < asked) {
        lost(current, "it does not answer: " + e.getMessage());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (this) {
        busy = false;
      }
    }
  }

  private void lost(Connection given, String why) {
    boolean wasUsed;
    synchronized (this) {
      wasUsed = given.equals(connection); // By identity.
      if (wasUsed) {
        connection = null;
        nextAttemptMillis = clock.getAsLong();
      }
    }
    if (wasUsed) {
      LOG.warn("lost member {}: {}", endpoint, why);
    }
    // Fails what waits for an answer: otherwise each would wait for its own timeout.
    given.onClose();
    given.close();
  }

  /** Ends it for good. */
  void close() {
    Connection last;
    synchronized (this) {
      closed = true;
      last = connection;
      connection = null;
    }
    if (last != null) {
      last.close();
    }
  }

  /**
   * Sends a request. The bytes of it are copied on return. The callback runs on its own executor,
   * exactly once, unless this throws.
   *
   * @throws RemotingException if the link is down or too much is outstanding
   */
  void send(Object request, InvokeCallback callback, long timeoutMillis) throws RemotingException {
    Connection current = connection;
    if (current == null) {
      throw new RemotingException("member " + endpoint + " is not connected");
    }
    long bytes = request instanceof AppendEntriesRequest append ? append.getData().size() : 0;
    if (bytes > 0 && outstandingBytes.getAndAdd(bytes) > OUTSTANDING_BYTES_MAX) {
      outstandingBytes.addAndGet(-bytes);
      throw new RemotingException(
          "member "
              + endpoint
              + " has not answered "
              + OUTSTANDING_BYTES_MAX
              + " bytes of log entries, the most that may be under way");
    }
    try {
      wire.send(
          current,
          request,
          new Answer(callback, bytes),
          (int) Math.min(timeoutMillis, Integer.MAX_VALUE));
    } catch (com.alipay.remoting.exception.RemotingException | RuntimeException e) {
      outstandingBytes.addAndGet(-bytes);
      throw new RemotingException("member " + endpoint + ": " + e.getMessage(), e);
    }
  }

  long outstandingBytes() {
    return outstandingBytes.get();
  }

  /** Bolt's callback, in terms of JRaft. */
  private final class Answer implements RejectionProcessableInvokeCallback {

    private final InvokeCallback callback;
    private final long bytes;

    Answer(InvokeCallback callback, long bytes) {
      this.callback = callback;
      this.bytes = bytes;
    }

    @Override
    public void onResponse(Object result) {
      outstandingBytes.addAndGet(-bytes);
      heardMillis = clock.getAsLong();
      callback.complete(result, null);
    }

    @Override
    public void onException(Throwable error) {
      outstandingBytes.addAndGet(-bytes);
      if (error instanceof InvokeServerException) {
        heardMillis = clock.getAsLong();
      }
      callback.complete(
          null,
          error instanceof com.alipay.remoting.rpc.exception.InvokeTimeoutException
              ? new InvokeTimeoutException(error)
              : error);
    }

    @Override
    public Executor getExecutor() {
      return callback.executor();
    }

    @Override
    public RejectedExecutionPolicy rejectedExecutionPolicy() {
      return RejectedExecutionPolicy.CALLER_HANDLE_EXCEPTION;
    }
  }
}
