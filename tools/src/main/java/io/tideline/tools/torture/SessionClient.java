package io.tideline.tools.torture;

import io.tideline.client.TidelineClient;
import io.tideline.tools.torture.History.Page;
import io.tideline.tools.torture.History.SessionRead;
import io.tideline.tools.torture.History.SessionWrote;
import io.tideline.tools.torture.History.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * One user whose reads have consistency SESSION: writes, and reads through a node drawn anew each
 * time, so that what one node showed must be carried to the next by nothing but the token.
 *
 * <p>Threading: confined. Lifetime: {@link #close} ends its connections.
 */
final class SessionClient implements AutoCloseable {

  /** Of its steps so many in a hundred are writes. */
  private static final int WRITES_PERCENT = 30;

  private final int session;
  private final int writer;
  private final ChatCalls calls;
  private final Random random;
  private final TidelineClient anyNode;
  private final List<TidelineClient> nodes = new ArrayList<>();

  /** By timeline: the last id it was given. */
  private final long[] position;

  private byte[] token = new byte[0];
  private long number;

  /**
   * @param session counted from 0
   * @param writer its number among all that write
   * @param writeDeadline of an append, retries included
   * @param readDeadline of a read through one node, which may be down
   */
  SessionClient(
      int session,
      int writer,
      ChatCalls calls,
      List<String> endpoints,
      Duration writeDeadline,
      Duration readDeadline,
      long seed) {
    this.session = session;
    this.writer = writer;
    this.calls = calls;
    this.random = new Random(seed);
    this.position = new long[calls.history().timelines()];
    this.anyNode = ChatCalls.client(endpoints, writeDeadline);
    for (String endpoint : endpoints) {
      nodes.add(ChatCalls.client(List.of(endpoint), readDeadline));
    }
  }

  /**
   * Writes something and reads it at once, or goes on reading.
   *
   * @param mayWrite false towards the end
   */
  void step(boolean mayWrite) {
    int timeline = random.nextInt(position.length);
    if (mayWrite && random.nextInt(100) < WRITES_PERCENT) {
      write(timeline);
    }
    read(timeline);
  }

  private void write(int timeline) {
    TidelineClient here = anyNode.withSession(token);
    long id = calls.append(here, timeline, new Value(writer, ++number), random);
    token = here.sessionToken();
    if (id > 0) {
      calls.history().session(new SessionWrote(session, timeline, id));
    }
  }

  private void read(int timeline) {
    TidelineClient here = nodes.get(random.nextInt(nodes.size())).withSession(token);
    // What others wrote or trimmed it may show later.
    Optional<Page> page =
        calls.read(here, timeline, position[timeline] + 1, ChatCalls.OPEN_END, 0, 0);
    if (page.isPresent()) {
      token = here.sessionToken();
      calls.history().session(new SessionRead(session, timeline, page.get().last()));
      if (!page.get().entries().isEmpty()) {
        position[timeline] = page.get().entries().getLast().sequenceId();
      }
    }
  }

  @Override
  public void close() {
    anyNode.close();
    nodes.forEach(TidelineClient::close);
  }
}
