package io.tideline.server.command;

import io.tideline.lsm.Engine;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.WriteBatch;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Applies commands to the timelines of one partition.
 *
 * <p>Invariants: (1) one log entry is one engine batch, with the entry's position; (2) time never
 * falls; (3) DENSE ids of a timeline are 1, 2, 3 … in log order, whatever expired, was trimmed or
 * deleted; (4) a message key that is remembered never gives a second row; (5) after an entry, the
 * timelines it wrote to keep what their store's retention asks for, see {@link Retention}.
 *
 * <p>MONOTONIC ids are the log index shifted left by {@link CommandBatch#ORDINAL_BITS} plus the
 * command's place in its entry: they rise with the log, so they are larger than every id the
 * timeline has, without asking. (The head is read all the same, to answer the previous id.)
 */
public final class TimelineStateMachine implements StateMachine {

  private static final byte[] NO_KEY = {};

  /** Confined to the apply thread. */
  private Engine engine;

  private final WriteBatch out = new WriteBatch();
  private volatile @Nullable PartitionState state;
  private volatile long newestRowMillis;

  private TimelineStateMachine(Engine engine, @Nullable PartitionState state) {
    this.engine = engine;
    this.state = state;
    this.newestRowMillis = engine.appliedState().timeMillis();
  }

  /** Picks up where the engine's content stands. */
  public static TimelineStateMachine open(Engine engine) throws IOException {
    return new TimelineStateMachine(engine, stored(engine));
  }

  private static @Nullable PartitionState stored(Engine engine) throws IOException {
    try (ReadView view = engine.view()) {
      Optional<byte[]> stored = view.record(RecordTables.PARTITION, PartitionState.RECORD_KEY);
      return stored.isPresent() ? PartitionState.decode(stored.get()) : null;
    }
  }

  @Override
  public void load(Engine other) throws IOException {
    state = stored(other);
    newestRowMillis = other.appliedState().timeMillis();
    engine = other;
  }

  /** The options in force, empty before the first {@link Command.SetOptions}. Any thread. */
  public Optional<PartitionOptions> options() {
    PartitionState present = state;
    return present == null ? Optional.empty() : Optional.of(present.options());
  }

  /**
   * No row is newer than this, milliseconds since the epoch; exact once a row was written. Any
   * thread.
   */
  public long newestRowMillis() {
    return newestRowMillis;
  }

  @Override
  public List<CommandResult> apply(
      LogPosition position, CommandBatch batch, byte @Nullable [] configuration)
      throws IOException {
    long now = Math.max(engine.appliedState().timeMillis(), batch.timeMillis());
    out.clear(position).time(now);
    if (configuration != null) {
      out.configuration(configuration);
    }
    List<CommandResult> results = new ArrayList<>(batch.commands().size());
    try (ApplyContext context = new ApplyContext(position, now, engine.view(), out, state)) {
      for (Command command : batch.commands()) {
        context.startCommand(results.size());
        results.add(apply(context, command));
      }
      PartitionState newState = context.stateOrNull();
      if (newState != null) {
        Retention.enforce(context, newState);
        out.expireBefore(newState.expireBeforeMillis(now));
      }
      engine.apply(out);
      state = newState;
      if (out.hasRows()) {
        newestRowMillis = now;
      }
    }
    completeTrims(batch.commands(), results);
    return results;
  }

  private static CommandResult apply(ApplyContext context, Command command) throws IOException {
    return switch (command) {
      case Command.Append append -> append(context, append);
      case Command.FanOut fanOut -> fanOut(context, fanOut);
      case Command.Put put -> put(context, put);
      case Command.Trim trim -> trim(context, trim);
      case Command.ReplaceEntry replace -> Edits.replace(context, replace);
      case Command.DeleteEntry delete -> Edits.delete(context, delete);
      case Command.DeleteTimeline delete -> Edits.deleteTimeline(context, delete);
      case Command.PutMeta put -> putMeta(context, put);
      case Command.DeleteMeta delete -> deleteMeta(context, delete);
      case Command.CommitCursors commit -> Cursors.commit(context, commit);
      case Command.AdvanceTime advance -> CommandResult.Done.INSTANCE;
      case Command.SetOptions set -> setOptions(context, set);
      case Command.ChangeCatalog change ->
          throw new IllegalStateException(
              "a catalog change in the log of a partition of timelines");
    };
  }

  /**
   * What an append adds, whatever the timeline.
   *
   * @param fingerprint of the content; 0 without a message key
   */
  private record Addition(
      byte[] messageKey, long firstAttemptTimeMillis, int kind, byte[] value, long fingerprint) {

    Addition(byte[] messageKey, long firstAttemptTimeMillis, int kind, byte[] value) {
      this(
          messageKey,
          firstAttemptTimeMillis,
          kind,
          value,
          messageKey.length > 0 ? DedupRecord.fingerprint(kind, value) : 0);
    }
  }

  private static AppendResult append(ApplyContext context, Command.Append append)
      throws IOException {
    return append(
        context,
        append.timeline(),
        new Addition(
            append.messageKey(), append.firstAttemptTimeMillis(), append.kind(), append.value()),
        append.expectedLastSequenceId());
  }

  private static FanOutResult fanOut(ApplyContext context, Command.FanOut fanOut)
      throws IOException {
    Addition addition =
        new Addition(
            fanOut.messageKey(), fanOut.firstAttemptTimeMillis(), fanOut.kind(), fanOut.value());
    List<AppendResult> results = new ArrayList<>(fanOut.timelines().size());
    for (byte[] timeline : fanOut.timelines()) {
      results.add(append(context, timeline, addition, OptionalLong.empty()));
    }
    return new FanOutResult(results);
  }

  private static AppendResult append(
      ApplyContext context, byte[] timeline, Addition addition, OptionalLong expectedLast)
      throws IOException {
    if (context.state().options().sequenceMode() == SequenceMode.MANUAL) {
      return new AppendResult.IdRequired();
    }
    boolean hasKey = addition.messageKey().length > 0;
    byte[] dedupKey = hasKey ? DedupRecord.key(timeline, addition.messageKey()) : NO_KEY;
    if (hasKey) {
      AppendResult known = knownResult(context, addition, dedupKey);
      if (known != null) {
        return known;
      }
    }
    long last = context.head(timeline).lastSequenceId();
    if (expectedLast.isPresent() && expectedLast.getAsLong() != last) {
      return new AppendResult.ConditionFailed(expectedLast.getAsLong(), last);
    }
    long sequenceId = context.append(timeline, addition.kind(), addition.value());
    long dedupSince = 0;
    if (hasKey) {
      dedupSince = context.state().dedupSinceMillis(context.now);
      // Still known when exactly the window has passed.
      long expiresAt = context.now + context.state().options().dedupWindowMillis() + 1;
      context.putDedup(
          dedupKey,
          new DedupRecord(sequenceId, last, context.now, expiresAt, addition.fingerprint()));
    }
    return new AppendResult.Appended(sequenceId, last, context.now, false, dedupSince);
  }

  /** What an append answers because of its message key alone, null if it is to be carried out. */
  private static @Nullable AppendResult knownResult(
      ApplyContext context, Addition addition, byte[] dedupKey) throws IOException {
    long dedupSince = context.state().dedupSinceMillis(context.now);
    DedupRecord first = context.dedup(dedupKey);
    if (first != null) {
      return first.fingerprint() == addition.fingerprint()
          ? new AppendResult.Appended(
              first.sequenceId(),
              first.previousSequenceId(),
              first.appendTimeMillis(),
              true,
              dedupSince)
          : new AppendResult.MessageKeyReused(first.sequenceId(), first.appendTimeMillis());
    }
    long firstAttempt = addition.firstAttemptTimeMillis();
    if (firstAttempt > 0 && firstAttempt < dedupSince) {
      return new AppendResult.DedupWindowExpired(firstAttempt, dedupSince);
    }
    return null;
  }

  private static PutResult put(ApplyContext context, Command.Put put) throws IOException {
    if (context.state().options().sequenceMode() != SequenceMode.MANUAL) {
      return new PutResult.NotManual();
    }
    byte[] timeline = put.timeline();
    ApplyContext.Head head = context.head(timeline);
    if (put.sequenceId() <= head.trimmedThrough()) {
      return new PutResult.Trimmed(put.sequenceId(), head.trimmedThrough());
    }
    boolean exists = context.rowExists(timeline, put.sequenceId());
    if (exists && !put.overwrite()) {
      return new PutResult.SequenceIdExists(put.sequenceId());
    }
    context.out.put(timeline, put.sequenceId(), context.now, put.kind(), put.value());
    ApplyContext.Head newHead = head.withLast(put.sequenceId());
    context.setHead(timeline, newHead);
    return new PutResult.Done(newHead.lastSequenceId(), exists, context.now);
  }

  private static TrimResult trim(ApplyContext context, Command.Trim trim) throws IOException {
    ApplyContext.Head head = context.head(trim.timeline());
    if (!head.exists()) {
      return new TrimResult.TimelineNotFound();
    }
    if (trim.throughSequenceId() > head.lastSequenceId()) {
      return new TrimResult.BeyondLast(trim.throughSequenceId(), head.lastSequenceId());
    }
    context.out.trim(trim.timeline(), trim.throughSequenceId());
    context.setHead(trim.timeline(), head.withTrim(trim.throughSequenceId()));
    return TRIM_PENDING;
  }

  /** Stands for a successful trim until {@link #completeTrims} knows what is left. */
  private static final TrimResult TRIM_PENDING = new TrimResult.Done(0);

  /**
   * Fills in what is retained after the whole entry was applied: only the engine knows which of the
   * remaining rows is the first.
   */
  private void completeTrims(List<Command> commands, List<CommandResult> results)
      throws IOException {
    if (results.stream().noneMatch(TimelineStateMachine::isPendingTrim)) {
      return;
    }
    try (ReadView after = engine.view()) {
      for (int i = 0; i < results.size(); i++) {
        if (isPendingTrim(results.get(i)) && commands.get(i) instanceof Command.Trim trim) {
          long first =
              after
                  .firstRetainedSequenceId(trim.timeline())
                  .orElseThrow(() -> new IllegalStateException("a trimmed timeline has no head"));
          results.set(i, new TrimResult.Done(first));
        }
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // The placeholder is one object, never an equal one.
  private static boolean isPendingTrim(CommandResult result) {
    return result == TRIM_PENDING;
  }

  private static PutMetaResult putMeta(ApplyContext context, Command.PutMeta put)
      throws IOException {
    MetaRecord present = context.meta(put.timeline());
    long version = present == null ? Command.PutMeta.ABSENT : present.version();
    if (put.expectedVersion() != Command.PutMeta.ANY_VERSION && put.expectedVersion() != version) {
      return new PutMetaResult.Conflict(version, present == null ? 0 : present.revision());
    }
    long revision = present == null ? 1 : present.revision() + 1;
    MetaRecord meta = new MetaRecord(revision, context.commandNumber(), context.now, put.value());
    context.putMeta(put.timeline(), meta);
    return new PutMetaResult.Done(revision, meta.version(), context.now);
  }

  private static DeleteMetaResult deleteMeta(ApplyContext context, Command.DeleteMeta delete)
      throws IOException {
    boolean existed = context.meta(delete.timeline()) != null;
    if (existed) {
      context.deleteMeta(delete.timeline());
    }
    return new DeleteMetaResult(existed);
  }

  private static CommandResult setOptions(ApplyContext context, Command.SetOptions set) {
    PartitionState present = context.stateOrNull();
    context.setState(
        present == null
            ? PartitionState.initial(set.options(), context.position.index())
            : present.with(set.options(), context.now, context.position.index()));
    return CommandResult.Done.INSTANCE;
  }
}
