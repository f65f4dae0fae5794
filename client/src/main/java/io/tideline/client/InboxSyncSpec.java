package io.tideline.client;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link InboxSync} reads, and how the application's inbox entries are understood.
 * Immutable; build with {@link #builder}.
 */
public final class InboxSyncSpec {

  /** Entries of one pull unless told: what a phone shows at once, and below a page's bytes. */
  private static final int LIMIT_DEFAULT = 200;

  private final TimelineKey inbox;
  private final String conversationStore;
  private final Function<Entry, Optional<InboxReference>> reference;
  private final Supplier<Map<Identifier, ConversationRange>> conversations;
  private final int limit;

  private InboxSyncSpec(
      Builder builder,
      Function<Entry, Optional<InboxReference>> reference,
      Supplier<Map<Identifier, ConversationRange>> conversations) {
    this.inbox = builder.inbox;
    this.conversationStore = builder.conversationStore;
    this.reference = reference;
    this.conversations = conversations;
    this.limit = builder.limit;
  }

  /**
   * @param inbox the user's inbox
   * @param conversationStore the store that has the conversations
   */
  public static Builder builder(TimelineKey inbox, String conversationStore) {
    return new Builder(inbox, conversationStore);
  }

  public TimelineKey inbox() {
    return inbox;
  }

  public String conversationStore() {
    return conversationStore;
  }

  public int limit() {
    return limit;
  }

  Optional<InboxReference> referenceOf(Entry entry) {
    return entry.kind() == EntryKind.MESSAGE && !entry.recalled()
        ? reference.apply(entry)
        : Optional.empty();
  }

  Map<Identifier, ConversationRange> conversations() {
    return Map.copyOf(conversations.get());
  }

  TimelineKey conversation(Identifier conversation) {
    return new TimelineKey(conversationStore, conversation);
  }

  /** Collects what to read. Not thread-safe. */
  public static final class Builder {
    private final TimelineKey inbox;
    private final String conversationStore;
    private @Nullable Function<Entry, Optional<InboxReference>> reference;
    private @Nullable Supplier<Map<Identifier, ConversationRange>> conversations;
    private int limit = LIMIT_DEFAULT;

    private Builder(TimelineKey inbox, String conversationStore) {
      this.inbox = Objects.requireNonNull(inbox, "inbox");
      this.conversationStore = Objects.requireNonNull(conversationStore, "conversationStore");
    }

    /**
     * Which conversation's entry an inbox entry stands for; empty for entries that belong to the
     * inbox alone. Required. Asked for messages only, not for recalled ones.
     */
    public Builder reference(Function<Entry, Optional<InboxReference>> reference) {
      this.reference = reference;
      return this;
    }

    /**
     * The conversations whose entries belong to the user, and which of them: those he is in, and
     * those he was in for as long as a device may not have read them to their end. Required. Asked
     * when the conversations are to be read and with each pull that does, when an entry stands for
     * a conversation that the device does not know yet, and when ids are missing: so a user must be
     * in here before an inbox gets what was written for him.
     */
    public Builder conversations(Supplier<Map<Identifier, ConversationRange>> conversations) {
      this.conversations = conversations;
      return this;
    }

    /** Entries of one pull, 1 to 1,000; by default 200. */
    public Builder limit(int entries) {
      this.limit = Limits.pageSize(entries);
      return this;
    }

    /**
     * @throws IllegalArgumentException if something required was not given
     */
    public InboxSyncSpec build() {
      if (reference == null || conversations == null) {
        throw new IllegalArgumentException(
            "an inbox sync without "
                + (reference == null ? "reference" : "conversations")
                + "; both are required");
      }
      return new InboxSyncSpec(this, reference, conversations);
    }
  }
}
