package io.tideline.client;

import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** What all views of one client share, and close together. Thread-safe. */
final class ClientCore {

  private final Caller caller;
  private final MessageKeys messageKeys;
  private final boolean autoMessageKeys;
  private final Set<BatchingAppender> appenders = ConcurrentHashMap.newKeySet();
  private final Set<Tail> tails = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Runnable onClose = () -> {};

  /**
   * @param messageKeys where what has no message key gets one
   * @param autoMessageKeys whether single appends get one
   */
  ClientCore(Caller caller, MessageKeys messageKeys, boolean autoMessageKeys) {
    this.caller = caller;
    this.messageKeys = messageKeys;
    this.autoMessageKeys = autoMessageKeys;
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
        item.messageKey().isEmpty() && autoMessageKeys
            ? item.withMessageKey(messageKeys.next())
            : item;
    return keyed.messageKey().isPresent() && keyed.firstAttemptTime().isEmpty()
        ? keyed.withFirstAttemptTime(Instant.ofEpochMilli(caller.clock().epochMillis()))
        : keyed;
  }

  /** The key that a fan-out is sent with: its own, or one made for it. */
  String keyOf(FanOut fanOut) {
    return fanOut.messageKey().orElseGet(messageKeys::next);
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

  Tail open(Tail tail) {
    tails.add(tail);
    if (closed.get()) {
      tail.close();
    }
    return tail;
  }

  void closed(Tail tail) {
    tails.remove(tail);
  }

  void close() {
    if (closed.compareAndSet(false, true)) {
      tails.forEach(Tail::close);
      appenders.forEach(BatchingAppender::close);
      caller.close();
      onClose.run();
    }
  }
}
