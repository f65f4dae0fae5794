package io.tideline.client;

/**
 * The part of a conversation that belongs to a user: ids in {@code (after, through]}.
 *
 * @param after the last id before the user joined; 0 if all from the first belongs to him
 * @param through the last id before the user left; {@link Long#MAX_VALUE} while he is a member
 */
public record ConversationRange(long after, long through) {

  public ConversationRange {
    if (after < 0 || through < after) {
      throw new IllegalArgumentException(
          "a range after " + after + " through " + through + "; give it 0 <= after <= through");
    }
  }

  /** All of a conversation. */
  public static ConversationRange all() {
    return new ConversationRange(0, Long.MAX_VALUE);
  }

  /** What comes after an id: the last one when the user joined. */
  public static ConversationRange after(long sequenceId) {
    return new ConversationRange(sequenceId, Long.MAX_VALUE);
  }
}
