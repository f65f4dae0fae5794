package io.tideline.tools.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** A node's metrics at one moment. */
public final class NodeFigures {

  private static final Duration SCRAPE_MAX = Duration.ofSeconds(10);

  private final String httpEndpoint;
  private final List<String> lines;

  private NodeFigures(String httpEndpoint, List<String> lines) {
    this.httpEndpoint = httpEndpoint;
    this.lines = lines;
  }

  /**
   * Asks a node.
   *
   * @param httpEndpoint host and port
   */
  public static NodeFigures of(String httpEndpoint) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String body =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://" + httpEndpoint + "/metrics"))
                      .timeout(SCRAPE_MAX)
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return new NodeFigures(httpEndpoint, body.lines().toList());
    }
  }

  /**
   * The sum of the values of a metric that have all these labels.
   *
   * @param labels as they are printed, {@code area="heap"}
   * @throws IOException if there is no such metric
   */
  public long sum(String name, String... labels) throws IOException {
    List<String> found =
        lines.stream()
            .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
            .filter(line -> List.of(labels).stream().allMatch(line::contains))
            .toList();
    if (found.isEmpty()) {
      throw new IOException("no metric " + name + " at " + httpEndpoint);
    }
    return (long)
        found.stream()
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
            .sum();
  }
}
