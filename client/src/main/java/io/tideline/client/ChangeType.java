package io.tideline.client;

/** What a {@link EntryKind#CHANGE} entry announces. */
public enum ChangeType {
  /** Not a change entry. */
  NONE,
  UPDATED,
  RECALLED,
  DELETED,
  /** A change of a newer server that this client does not know. */
  UNKNOWN
}
