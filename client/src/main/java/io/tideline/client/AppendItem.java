package io.tideline.client;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A message to append, and how.
 *
 * <p>Immutable; the {@code with} methods return changed copies.
 */
public final class AppendItem {

  private final TimelineKey timeline;
  private final Message message;
  private final @Nullable String messageKey;
  private final @Nullable Long expectedLastSequenceId;
  private final @Nullable Instant firstAttemptTime;

  private AppendItem(
      TimelineKey timeline,
      Message message,
      @Nullable String messageKey,
      @Nullable Long expectedLastSequenceId,
      @Nullable Instant firstAttemptTime) {
    this.timeline = timeline;
    this.message = message;
    this.messageKey = messageKey;
    this.expectedLastSequenceId = expectedLastSequenceId;
    this.firstAttemptTime = firstAttemptTime;
  }

  /** An append without conditions; the client may give it a message key of its own. */
  public static AppendItem of(TimelineKey timeline, Message message) {
    return new AppendItem(timeline, message, null, null, null);
  }

  /**
   * Makes the append idempotent: within the store's dedup window the same key on the same timeline
   * returns the first result. Use what names the message in your system, for example its UUID.
   *
   * @param messageKey 1 to 128 bytes of UTF-8
   */
  public AppendItem withMessageKey(String messageKey) {
    return new AppendItem(
        timeline,
        message,
        MessageKeys.requireValid(messageKey),
        expectedLastSequenceId,
        firstAttemptTime);
  }

  /** Append only if the timeline's last id is this one; 0: only if it never had an entry. */
  public AppendItem withExpectedLastSequenceId(long sequenceId) {
    return new AppendItem(timeline, message, messageKey, sequenceId, firstAttemptTime);
  }

  /**
   * When this message key was first tried, if that was before now, for example by a process that
   * has crashed since. The server then refuses an append that it could no longer recognise as a
   * duplicate. By default the client notes the time of its own first attempt.
   */
  public AppendItem withFirstAttemptTime(Instant time) {
    return new AppendItem(timeline, message, messageKey, expectedLastSequenceId, time);
  }

  public TimelineKey timeline() {
    return timeline;
  }

  public Message message() {
    return message;
  }

  public Optional<String> messageKey() {
    return Optional.ofNullable(messageKey);
  }

  public OptionalLong expectedLastSequenceId() {
    return expectedLastSequenceId == null
        ? OptionalLong.empty()
        : OptionalLong.of(expectedLastSequenceId);
  }

  public Optional<Instant> firstAttemptTime() {
    return Optional.ofNullable(firstAttemptTime);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AppendItem that
        && timeline.equals(that.timeline)
        && message.equals(that.message)
        && messageKey().equals(that.messageKey())
        && expectedLastSequenceId().equals(that.expectedLastSequenceId())
        && firstAttemptTime().equals(that.firstAttemptTime());
  }

  @Override
  public int hashCode() {
    return timeline.hashCode() * 31 + message.hashCode();
  }

  @Override
  public String toString() {
    return "AppendItem["
        + timeline
        + (messageKey == null ? "" : ", key=" + messageKey)
        + (expectedLastSequenceId == null ? "" : ", expectedLast=" + expectedLastSequenceId)
        + ", "
        + message
        + "]";
  }
}
