package io.tideline.client;

/** What an entry of a timeline's queue is. */
public enum EntryKind {
  /** A message as it was appended or, with a revision above 0, as it was last updated. */
  MESSAGE,
  /** A notice that another entry was updated, recalled or deleted. */
  CHANGE,
  /** A kind of a newer server that this client does not know. */
  UNKNOWN
}
