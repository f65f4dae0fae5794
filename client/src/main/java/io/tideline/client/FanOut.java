package io.tideline.client;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One message for a conversation and many inboxes. Immutable; build with {@link #builder}.
 *
 * <p>Its message key is what makes it one: sent again with the same key and message, to the same or
 * other inboxes, each timeline has the message once.
 */
public final class FanOut {

  private final Message message;
  private final @Nullable String messageKey;
  private final @Nullable TimelineKey conversation;
  private final String inboxStore;
  private final List<Identifier> inboxes;
  private final @Nullable Instant firstAttemptTime;

  private FanOut(Builder builder, String inboxStore) {
    this.message = builder.message;
    this.messageKey = builder.messageKey;
    this.conversation = builder.conversation;
    this.inboxStore = inboxStore;
    this.inboxes = List.copyOf(builder.inboxes);
    this.firstAttemptTime = builder.firstAttemptTime;
  }

  public static Builder builder(Message message) {
    return new Builder(message);
  }

  public Message message() {
    return message;
  }

  /** Empty if the client is to give it one. */
  public Optional<String> messageKey() {
    return Optional.ofNullable(messageKey);
  }

  public Optional<TimelineKey> conversation() {
    return Optional.ofNullable(conversation);
  }

  public String inboxStore() {
    return inboxStore;
  }

  public List<Identifier> inboxes() {
    return inboxes;
  }

  /** When this message key was first tried, if the application knows. */
  public Optional<Instant> firstAttemptTime() {
    return Optional.ofNullable(firstAttemptTime);
  }

  /** The append that this is to one of its timelines. */
  AppendItem item(TimelineKey timeline, String key, Instant firstAttempt) {
    return AppendItem.of(timeline, message).withMessageKey(key).withFirstAttemptTime(firstAttempt);
  }

  @Override
  public String toString() {
    return "FanOut["
        + (conversation == null ? "" : conversation + ", ")
        + inboxes.size()
        + " inboxes of "
        + inboxStore
        + (messageKey == null ? "" : ", key=" + messageKey)
        + ", "
        + message
        + "]";
  }

  /** Collects a fan-out. Not thread-safe. */
  public static final class Builder {
    private final Message message;
    private final List<Identifier> inboxes = new ArrayList<>();
    private @Nullable String messageKey;
    private @Nullable TimelineKey conversation;
    private @Nullable String inboxStore;
    private @Nullable Instant firstAttemptTime;

    private Builder(Message message) {
      this.message = Objects.requireNonNull(message, "message");
    }

    /**
     * Identifies the message; as {@link AppendItem#withMessageKey}. Without one the client makes a
     * key, which protects against its own retries only.
     *
     * @param messageKey 1 to 128 bytes of UTF-8
     */
    public Builder messageKey(String messageKey) {
      this.messageKey = MessageKeys.requireValid(messageKey);
      return this;
    }

    /** The timeline that keeps the message; none by default. */
    public Builder conversation(TimelineKey timeline) {
      this.conversation = timeline;
      return this;
    }

    /**
     * Adds timelines that get a copy, all of one store. Of any number: see {@link FanOutResult}.
     */
    public Builder inboxes(String store, Collection<Identifier> timelines) {
      if (inboxStore != null && !inboxStore.equals(store)) {
        throw new IllegalArgumentException(
            "inboxes of stores "
                + inboxStore
                + " and "
                + store
                + "; a fan-out writes to those of one store");
      }
      inboxStore = store;
      inboxes.addAll(timelines);
      return this;
    }

    /** As {@link AppendItem#withFirstAttemptTime}. */
    public Builder firstAttemptTime(Instant time) {
      this.firstAttemptTime = time;
      return this;
    }

    /**
     * @throws IllegalArgumentException if there are no inboxes: then it is an append
     */
    public FanOut build() {
      if (inboxStore == null || inboxes.isEmpty()) {
        throw new IllegalArgumentException("a fan-out without inboxes; use append");
      }
      return new FanOut(this, inboxStore);
    }
  }
}
