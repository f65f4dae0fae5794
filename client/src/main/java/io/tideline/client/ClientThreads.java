package io.tideline.client;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the client's threads: named daemons that log what escapes them. */
final class ClientThreads {

  private static final Logger LOG = LoggerFactory.getLogger(ClientThreads.class);

  private ClientThreads() {}

  static ThreadFactory factory(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler(
          (t, e) -> LOG.error("thread {} ended by an exception", t.getName(), e));
      return thread;
    };
  }
}
