package io.tideline.client;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings of a client. Only the addresses are required.
 *
 * <p>Not thread-safe.
 */
public final class TidelineClientBuilder {

  /** Outlasts an election, and a quick restart, yet an application's own caller may still wait. */
  private static final Duration DEADLINE_DEFAULT = Duration.ofSeconds(10);

  private final List<ServerAddress> addresses = new ArrayList<>();
  private Duration deadline = DEADLINE_DEFAULT;
  private RetryPolicy retryPolicy = RetryPolicy.defaults();
  private boolean autoMessageKeys = true;
  private ReadConsistency readConsistency = ReadConsistency.LINEARIZABLE;
  private String userAgent = "";

  TidelineClientBuilder() {}

  /**
   * Adds addresses of nodes, "host:port" or "host" (port 7420). Any node serves any call; several
   * keep the client going while one is down, and share its calls.
   */
  public TidelineClientBuilder addresses(String... addresses) {
    for (String address : addresses) {
      this.addresses.add(ServerAddress.parse(address));
    }
    return this;
  }

  /** How long a call may take, retries included; 10 seconds by default. */
  public TidelineClientBuilder deadline(Duration deadline) {
    this.deadline = Limits.positive("deadline", deadline);
    return this;
  }

  /** How often and how soon failed calls are tried again. */
  public TidelineClientBuilder retryPolicy(RetryPolicy policy) {
    this.retryPolicy = policy;
    return this;
  }

  /**
   * Whether appends without a message key get one of the client's making; true by default.
   *
   * <p>An answer can be lost whenever a server restarts or a leader changes. Without a key the
   * client must then report that the outcome is unknown, and an application that appends again
   * risks a second copy. With a key the client repeats the append until it knows. The cost: some 20
   * bytes per append on the wire, and on the server for the store's dedup window. Turn it off for
   * data where an unknown outcome matters less than that.
   */
  public TidelineClientBuilder autoMessageKeys(boolean enabled) {
    this.autoMessageKeys = enabled;
    return this;
  }

  /**
   * How fresh reads must be; LINEARIZABLE by default. SESSION makes one session of all the client
   * does; {@link TidelineClient#withReadConsistency} begins others.
   */
  public TidelineClientBuilder readConsistency(ReadConsistency consistency) {
    this.readConsistency = consistency;
    return this;
  }

  /** Names the application to the server, before the client's own name and version. */
  public TidelineClientBuilder userAgent(String userAgent) {
    this.userAgent = userAgent;
    return this;
  }

  /**
   * The client. Connects at the first call and whenever it must, so a server that is not there yet
   * is not an error here.
   */
  public TidelineClient build() {
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("no address; add that of a node, like \"localhost:7420\"");
    }
    SystemClock clock = new SystemClock();
    return build(clock, clock::close);
  }

  /** With a clock of the caller's, which is released last when the client is closed. */
  TidelineClient build(ClientClock clock, Runnable release) {
    Connection connection = new Connection(addresses, userAgent, clock);
    MessageKeys keys = new MessageKeys(new SecureRandom());
    ClientCore core = new ClientCore(new Caller(connection, clock), keys, autoMessageKeys);
    core.onClose(
        () -> {
          connection.close();
          release.run();
        });
    return new TidelineClient(
        core, CallSettings.of(deadline.toNanos(), retryPolicy).withConsistency(readConsistency));
  }
}
