package io.tideline.server.log;

/**
 * What a member of a group must never forget: the term it has seen and the vote it gave in it.
 *
 * @param term the current term
 * @param vote whom it voted for in that term, in the owner's encoding; empty if for nobody
 */
public record GroupMeta(long term, String vote) {

  /** A member that has seen nothing. */
  public static final GroupMeta NONE = new GroupMeta(0, "");
}
