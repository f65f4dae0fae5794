package io.tideline.client;

import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What all views of one client share, and close together. Thread-safe. */
final class ClientCore {

  private final Caller caller;
  private final @Nullable MessageKeys messageKeys;
  private final Set<BatchingAppender> appenders = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Runnable onClose = () -> {};

  /**
   * @param messageKeys where appends without a message key get theirs; null for nowhere
   */
  ClientCore(Caller caller, @Nullable MessageKeys messageKeys) {
    this.caller = caller;
    this.messageKeys = messageKeys;
  }

  /** What to run last when the client is closed. */
  void onClose(Runnable action) {
    onClose = action;
  }

  Caller caller() {
    return caller;
  }

  /**
   * The append as it is sent: with a key if it has none and shall get one, and with its first time.
   */
  AppendItem prepare(AppendItem item) {
    AppendItem keyed =
        item.messageKey().isEmpty() && messageKeys != null
            ? item.withMessageKey(messageKeys.next())
            : item;
    return keyed.messageKey().isPresent() && keyed.firstAttemptTime().isEmpty()
        ? keyed.withFirstAttemptTime(Instant.ofEpochMilli(caller.clock().epochMillis()))
        : keyed;
  }

  BatchingAppender open(BatchingAppender appender) {
    appenders.add(appender);
    if (closed.get()) {
      appender.close();
    }
    return appender;
  }

  void closed(BatchingAppender appender) {
    appenders.remove(appender);
  }

  void close() {
    if (closed.compareAndSet(false, true)) {
      appenders.forEach(BatchingAppender::close);
      caller.close();
      onClose.run();
    }
  }
}
