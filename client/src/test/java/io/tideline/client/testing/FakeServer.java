package io.tideline.client.testing;

import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server on a loopback port that can be killed and started again; what it stores survives.
 *
 * <p>One test uses it; {@link #kill} and {@link #start} are called by one thread.
 */
public final class FakeServer implements AutoCloseable {

  private static final Metadata.Key<String> USER_AGENT =
      Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> PASSED_ON =
      Metadata.Key.of("tideline-passed-on", Metadata.ASCII_STRING_MARSHALLER);

  private final FakeServices services = new FakeServices();
  private final ConcurrentLinkedQueue<String> userAgents = new ConcurrentLinkedQueue<>();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private @Nullable Server server;
  private int port;
  private volatile boolean leads = true;

  /** A running server on a free port. */
  public static FakeServer started() {
    FakeServer server = new FakeServer();
    server.start();
    return server;
  }

  /** A server that is not running, on a port that is free now. */
  public static FakeServer stopped() {
    FakeServer server = started();
    server.kill();
    return server;
  }

  /** Starts it, on the same port if it ran before. */
  public void start() {
    try {
      server =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .executor(executor)
              .intercept(new UserAgentRecorder())
              .addService(services.timelines())
              .addService(services.metas())
              .addService(services.stores())
              .addService(services.admin())
              .build()
              .start();
      port = server.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Cuts all connections and stops listening, answering nobody. */
  public void kill() {
    Server running = server;
    server = null;
    if (running != null) {
      try {
        running.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while stopping", e);
      }
    }
  }

  public String address() {
    return "127.0.0.1:" + port;
  }

  public Faults faults() {
    return services.faults();
  }

  public FakeServices services() {
    return services;
  }

  /** Whether it decides what is written, or says that it passed every call on. */
  public void lead(boolean decides) {
    leads = decides;
  }

  /** The user agents of all calls, in order. */
  public Iterable<String> userAgents() {
    return userAgents;
  }

  @Override
  public void close() {
    kill();
    executor.shutdownNow();
  }

  private final class UserAgentRecorder implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String userAgent = headers.get(USER_AGENT);
      userAgents.add(userAgent == null ? "" : userAgent);
      return next.startCall(
          new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              if (!leads) {
                trailers.put(PASSED_ON, "1");
              }
              super.close(status, trailers);
            }
          },
          headers);
    }
  }
}
