package io.tideline.server.command;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One change of one partition, as it travels through the replicated log.
 *
 * <p>Plain values: timelines are encoded identifiers, contents are opaque bytes. Byte arrays are
 * not copied and must not change once a command was made from them. What a command answers is the
 * {@link CommandResult} named beside it.
 */
public sealed interface Command {

  /**
   * Adds an entry at the end of a timeline. Answers an {@link AppendResult}.
   *
   * @param timeline encoded identifier
   * @param messageKey UTF-8 bytes that make the append idempotent; empty for none
   * @param expectedLastSequenceId append only if this is the timeline's last id (0: never had one)
   * @param firstAttemptTimeMillis when the caller first tried this message key, milliseconds since
   *     the epoch; 0 if unknown
   * @param kind the entry's kind as stored with the row
   * @param value the entry's content. Equal messages must give equal bytes (deterministic
   *     serialisation), or a retry from another process looks like a different message
   */
  record Append(
      byte[] timeline,
      byte[] messageKey,
      OptionalLong expectedLastSequenceId,
      long firstAttemptTimeMillis,
      int kind,
      byte[] value)
      implements Command {

    public Append {
      Objects.requireNonNull(timeline, "timeline");
      Objects.requireNonNull(messageKey, "messageKey");
      Objects.requireNonNull(expectedLastSequenceId, "expectedLastSequenceId");
      Objects.requireNonNull(value, "value");
    }

    /** Whether a retry of this append is recognised. */
    public boolean hasMessageKey() {
      return messageKey.length > 0;
    }
  }

  /**
   * Adds one entry at the end of many timelines. Answers a {@link FanOutResult}: to each timeline
   * what {@link Append} with this message key would, and one that refuses leaves the others alone.
   *
   * @param messageKey as {@link Append#messageKey}, of each of the timelines; not empty
   * @param firstAttemptTimeMillis as {@link Append#firstAttemptTimeMillis}
   * @param timelines encoded identifiers, no two equal
   */
  record FanOut(
      byte[] messageKey,
      long firstAttemptTimeMillis,
      int kind,
      byte[] value,
      List<byte[]> timelines)
      implements Command {

    /** As many as one call can name: what it asks of one partition fits one command. */
    public static final int TIMELINES_MAX = 10_001;

    public FanOut {
      Objects.requireNonNull(value, "value");
      if (messageKey.length == 0) {
        throw new IllegalArgumentException("a fan-out needs a message key");
      }
      timelines = List.copyOf(timelines);
      if (timelines.isEmpty() || timelines.size() > TIMELINES_MAX) {
        throw new IllegalArgumentException(
            timelines.size() + " timelines in a fan-out, allowed are 1.." + TIMELINES_MAX);
      }
    }
  }

  /**
   * Writes an entry at an id of the caller's choice; MANUAL stores only. Answers a {@link
   * PutResult}.
   *
   * @param overwrite whether an entry of this id may be replaced
   */
  record Put(byte[] timeline, long sequenceId, boolean overwrite, int kind, byte[] value)
      implements Command {

    public Put {
      Objects.requireNonNull(timeline, "timeline");
      Objects.requireNonNull(value, "value");
    }
  }

  /** Removes all entries with ids up to and including a given one. Answers a {@link TrimResult}. */
  record Trim(byte[] timeline, long throughSequenceId) implements Command {

    public Trim {
      Objects.requireNonNull(timeline, "timeline");
    }
  }

  /**
   * An entry that tells readers of a change to another one; appended in the same atomic step as the
   * change. Needs a store that gives ids.
   *
   * @param kind the entry's kind as stored with the row
   * @param value the entry's content
   */
  record Announcement(int kind, byte[] value) {

    public Announcement {
      Objects.requireNonNull(value, "value");
    }
  }

  /**
   * Replaces the content of an entry; its id and time stay. Answers an {@link EditResult}.
   *
   * <p>Merging fields is the caller's: it reads the entry, merges, and puts the outcome on
   * condition of what it has read; on {@link EditResult.Conflict} it starts over.
   *
   * @param expectedFingerprint {@link #fingerprint} of the content to replace
   * @param announcement appended beside it; null for none
   * @param announceOnce whether an announcement of this change to this entry is appended once only:
   *     within the dedup window a repetition answers the id of the first. For changes that are the
   *     same however often they are made
   */
  record ReplaceEntry(
      byte[] timeline,
      long sequenceId,
      long expectedFingerprint,
      int kind,
      byte[] value,
      @Nullable Announcement announcement,
      boolean announceOnce)
      implements Command {

    public ReplaceEntry {
      Objects.requireNonNull(timeline, "timeline");
      Objects.requireNonNull(value, "value");
    }

    /**
     * Names the content of an entry. Every update raises the revision that is part of the content,
     * so no earlier content comes back.
     */
    public static long fingerprint(int kind, byte[] value) {
      return DedupRecord.fingerprint(kind, value);
    }
  }

  /**
   * Removes one entry; its id stays used. Answers an {@link EditResult}. A repetition within the
   * dedup window answers as the first did.
   *
   * @param announcement appended in its stead at the end; null for none
   */
  record DeleteEntry(byte[] timeline, long sequenceId, @Nullable Announcement announcement)
      implements Command {

    public DeleteEntry {
      Objects.requireNonNull(timeline, "timeline");
    }
  }

  /**
   * Removes all entries and the meta of a timeline; the numbering goes on after its last id.
   * Answers a {@link DeleteTimelineResult}.
   */
  record DeleteTimeline(byte[] timeline) implements Command {

    public DeleteTimeline {
      Objects.requireNonNull(timeline, "timeline");
    }
  }

  /**
   * Sets the whole meta of a timeline. Answers a {@link PutMetaResult}.
   *
   * <p>Merging fields is the caller's: it reads the {@link MetaRecord}, merges, and puts the
   * outcome on condition of that record's {@link MetaRecord#version}; on {@link
   * PutMetaResult.Conflict} it starts over.
   *
   * @param expectedVersion {@link #ANY_VERSION}, {@link #ABSENT}, or the version that must be in
   *     force
   * @param value opaque content
   */
  record PutMeta(byte[] timeline, long expectedVersion, byte[] value) implements Command {

    /** Put whatever is there. */
    public static final long ANY_VERSION = -1;

    /** Put only if there is no meta. */
    public static final long ABSENT = 0;

    public PutMeta {
      Objects.requireNonNull(timeline, "timeline");
      Objects.requireNonNull(value, "value");
      if (expectedVersion < ANY_VERSION) {
        throw new IllegalArgumentException("expectedVersion " + expectedVersion + " is below -1");
      }
    }
  }

  /** Removes the meta of a timeline, if any. Answers a {@link DeleteMetaResult}. */
  record DeleteMeta(byte[] timeline) implements Command {

    public DeleteMeta {
      Objects.requireNonNull(timeline, "timeline");
    }
  }

  /**
   * Where a reader says it stands in a timeline.
   *
   * @param reader its name, UTF-8
   * @param sequenceId the last id it has consumed
   */
  record CursorMove(byte[] timeline, byte[] reader, long sequenceId) {

    public CursorMove {
      Objects.requireNonNull(timeline, "timeline");
      Objects.requireNonNull(reader, "reader");
    }
  }

  /** Moves cursors, none of them backward. Answers a {@link CursorsResult}. */
  record CommitCursors(List<CursorMove> moves) implements Command {

    /** As many as one call can name. */
    public static final int MOVES_MAX = 1_000;

    public CommitCursors {
      moves = List.copyOf(moves);
      if (moves.isEmpty() || moves.size() > MOVES_MAX) {
        throw new IllegalArgumentException(
            moves.size() + " cursors in a commit, allowed are 1.." + MOVES_MAX);
      }
    }
  }

  /**
   * Moves the partition's time to the leader's, so that entries expire without new writes. Answers
   * {@link CommandResult.Done}.
   */
  record AdvanceTime() implements Command {}

  /** Gives the partition its store's options. Answers {@link CommandResult.Done}. */
  record SetOptions(PartitionOptions options) implements Command {

    public SetOptions {
      Objects.requireNonNull(options, "options");
    }
  }

  /**
   * A change of the catalog; only in partition 0. Answers a {@link CommandResult.CatalogChanged}.
   *
   * @param change the encoded change, see the catalog's format
   */
  record ChangeCatalog(byte[] change) implements Command {

    public ChangeCatalog {
      Objects.requireNonNull(change, "change");
    }
  }
}
