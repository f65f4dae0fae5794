package io.tideline.server.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's HTTP port: {@code /metrics}, {@code /health/live} and {@code /health/ready}. Reads
 * only, no request bodies, nothing secret.
 *
 * <p>Threading: each request on its own virtual thread.
 */
public final class HttpEndpoint implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);

  /**
   * Seconds a request may take to arrive, and a reply to leave: slow peers hold no thread for ever.
   */
  private static final String EXCHANGE_SECONDS_MAX = "10";

  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads;

  private HttpEndpoint(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Opens the port and answers.
   *
   * @param metrics the present metrics in Prometheus' text format
   * @param ready whether the node serves calls
   */
  public static HttpEndpoint start(
      InetSocketAddress address, Supplier<String> metrics, BooleanSupplier ready)
      throws IOException {
    setDefault("sun.net.httpserver.maxReqTime", EXCHANGE_SECONDS_MAX);
    setDefault("sun.net.httpserver.maxRspTime", EXCHANGE_SECONDS_MAX);
    HttpServer server = HttpServer.create(address, 0);
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 0).factory());
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, metrics, ready));
    server.start();
    return new HttpEndpoint(server, threads);
  }

  /** The port chosen, if 0 was asked for. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Supplier<String> metrics, BooleanSupplier ready)
      throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, PLAIN_TEXT, "only GET is answered here\n");
        return;
      }
      switch (exchange.getRequestURI().getPath()) {
        case "/metrics" -> send(exchange, 200, PROMETHEUS_TEXT, metrics.get());
        case "/health/live" -> send(exchange, 200, PLAIN_TEXT, "live\n");
        case "/health/ready" -> {
          boolean serves = ready.getAsBoolean();
          send(exchange, serves ? 200 : 503, PLAIN_TEXT, serves ? "ready\n" : "not ready\n");
        }
        default -> send(exchange, 404, PLAIN_TEXT, "try /metrics, /health/live or /health/ready\n");
      }
    } catch (RuntimeException e) {
      log.error("the HTTP port failed to answer {}", exchange.getRequestURI().getPath(), e);
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
