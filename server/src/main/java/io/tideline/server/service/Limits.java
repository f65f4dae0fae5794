package io.tideline.server.service;

import io.tideline.server.identifier.IdentifierCodec;

/**
 * Every limit of the contract, each with the reason for its number. They are checked before
 * anything is written.
 */
public final class Limits {

  // --- Stores ---

  /** Form of a store name: usable unquoted in shells, file names, metrics labels and URLs. */
  public static final String STORE_NAME_FORM = "[a-z][a-z0-9_-]{0,62}";

  /**
   * Form of an identifier field's name: an identifier in most languages, so that tools can use it.
   */
  public static final String IDENTIFIER_FIELD_NAME_FORM = "[A-Za-z_][A-Za-z0-9_]{0,254}";

  public static final int IDENTIFIER_FIELDS_MAX = IdentifierCodec.FIELDS_MAX;
  public static final int IDENTIFIER_BYTES_MAX = IdentifierCodec.ENCODED_BYTES_MAX;

  /** With the first partition 1,024: what one node is measured to carry without strain. */
  public static final int SPLIT_POINTS_MAX = 1_023;

  /** Below a second, clocks and flushes would decide what expires rather than the option. */
  public static final long TTL_MILLIS_MIN = 1_000;

  /** A hundred years: beyond it, time arithmetic could overflow; 0 says "for ever". */
  public static final long TTL_MILLIS_MAX = 100L * 365 * 24 * 3_600_000;

  /** Shorter windows would end before a client's own retries do. */
  public static final long DEDUP_WINDOW_MILLIS_MIN = 60_000;

  /** Every key within the window is a record on disk; a week bounds that. */
  public static final long DEDUP_WINDOW_MILLIS_MAX = 7L * 24 * 3_600_000;

  /**
   * Entries that are kept of a timeline are counted by reading them, except in DENSE stores. The
   * partition applies nothing else meanwhile, so they must not be arbitrarily many.
   */
  public static final long RETENTION_ENTRIES_COUNTED_MAX = 1_000_000;

  /** Bytes that are kept of a timeline are counted by reading them: likewise. */
  public static final long RETENTION_BYTES_MAX = 256L << 20;

  // --- Messages ---

  /** Fields of a message or meta: decoding and indexing cost per field must stay bounded. */
  public static final int FIELDS_MAX = 1_024;

  /** One length byte in future index and column formats. */
  public static final int FIELD_NAME_BYTES_MAX = 255;

  /** Default limit of an encoded message: large enough for rich text, small enough to page. */
  public static final int MESSAGE_BYTES_DEFAULT = 1 << 20;

  /** Most the message limit can be configured to: the engine's and the log's record size. */
  public static final int MESSAGE_BYTES_CEILING = 4 << 20;

  /** Least the message limit can be configured to: below it ordinary chat would be refused. */
  public static final int MESSAGE_BYTES_FLOOR = 1 << 10;

  /**
   * A UUID or "device:counter" fits many times over; keys live in memory and on disk for the
   * window.
   */
  public static final int MESSAGE_KEY_BYTES_MAX = 128;

  /** Name of a cursor's reader: as for message keys, a UUID or "user/device" fits many times. */
  public static final int READER_BYTES_MAX = 128;

  // --- Calls about several things ---

  /** Items of a batch: one log entry's worth. */
  public static final int BATCH_ITEMS_MAX = 1_000;

  /** Bytes of a batch: what one sync of the log should carry. */
  public static final int BATCH_BYTES_MAX = 4 << 20;

  /** Inboxes of a fan-out: beyond it a group is better read from its conversation. */
  public static final int FAN_OUT_INBOXES_MAX = 10_000;

  /**
   * Bytes one log entry of a fan-out writes: as much as a batch. More targets take more entries.
   */
  public static final long FAN_OUT_ENTRY_BYTES = BATCH_BYTES_MAX;

  /** Bytes a fan-out writes in all: as many seconds of a busy disk as a caller would wait. */
  public static final long FAN_OUT_WRITTEN_BYTES_MAX = 256L << 20;

  /** Timelines of one read: a user's conversations, with a reply that stays one message. */
  public static final int TIMELINES_MAX = 1_000;

  // --- Pages ---

  public static final int PAGE_ENTRIES_MAX = 1_000;
  public static final int PAGE_ENTRIES_DEFAULT = 100;

  /** gRPC clients refuse messages over 4 MiB by default; see {@link #REPLY_OVERHEAD_BYTES}. */
  public static final int PAGE_BYTES_MAX = 4 << 20;

  public static final int PAGE_BYTES_DEFAULT = 1 << 20;
  public static final int SYNC_ENTRIES_DEFAULT = 500;
  public static final int SYNC_ENTRIES_PER_TIMELINE_DEFAULT = 100;

  /** Room kept inside {@link #PAGE_BYTES_MAX} for coverage and token. */
  public static final int REPLY_OVERHEAD_BYTES = 4 << 10;

  /**
   * Rows one page with a filter may look at. A filter that matches nothing must not hold a thread
   * and its blocks for longer than a page without a filter would, times about a hundred.
   */
  public static final int FILTERED_ROWS_MAX = 100_000;

  /** Bytes of rows one page with a filter may look at; same reason. */
  public static final long FILTERED_BYTES_MAX = 64L << 20;

  // --- Filters and projections ---

  /** Levels of a filter: evaluation is recursive. */
  public static final int FILTER_DEPTH_MAX = 10;

  /** Conditions of a filter: each is evaluated for every row looked at. */
  public static final int FILTER_CONDITIONS_MAX = 1_024;

  /** Names of a projection: as many as a message can have fields. */
  public static final int PROJECTION_FIELDS_MAX = FIELDS_MAX;

  // --- The wire ---

  /**
   * Largest request that is taken in, compressed or not. Twice the largest batch, so that what is
   * somewhat too large is read and refused with the field and limit that it exceeds.
   */
  public static final int REQUEST_BYTES_MAX = 8 << 20;

  /**
   * What gRPC itself refuses, with an error that is not of the contract: nothing. A larger request
   * than {@link #REQUEST_BYTES_MAX} is refused by {@link InboundBudget} while it arrives, and by
   * {@link CallRunner} if it is one only once it is decompressed.
   */
  public static final int TRANSPORT_MESSAGE_BYTES_MAX = Integer.MAX_VALUE;

  /** Nesting of protobuf messages; protobuf's own default. */
  public static final int WIRE_DEPTH_MAX = 100;

  /** Characters of an offending value repeated in an error. */
  public static final int ERROR_VALUE_CHARS_MAX = 128;

  /** Characters of an error's text; it travels in a header beside the detail. */
  public static final int ERROR_MESSAGE_CHARS_MAX = 512;

  /**
   * Bytes of an error detail: with base64 and text it stays inside 8 KiB of headers, gRPC's
   * default.
   */
  public static final int ERROR_DETAIL_BYTES_MAX = 3 << 10;

  /** The two int64 that no entry can have: they are the open bounds of ranges. */
  public static final long SEQUENCE_ID_BELOW_ALL = Long.MIN_VALUE;

  /** See {@link #SEQUENCE_ID_BELOW_ALL}. */
  public static final long SEQUENCE_ID_ABOVE_ALL = Long.MAX_VALUE;

  private Limits() {}
}
