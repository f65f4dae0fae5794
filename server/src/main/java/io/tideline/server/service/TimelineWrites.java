package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_DEDUP_WINDOW_EXPIRED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_MESSAGE_KEY_REUSED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_NOT_RETAINED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_OUT_OF_RANGE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_ID_EXISTS;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND;

import com.google.protobuf.ByteString;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.PutResponse;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.TrimResponse;
import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.PutResult;
import io.tideline.server.command.TrimResult;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** The writes of TimelineService that are about one timeline. */
final class TimelineWrites {

  private static final FieldPath TIMELINE = FieldPath.of("timeline");

  private final Stores stores;
  private final TimelineValidator validator;

  TimelineWrites(Stores stores, TimelineValidator validator) {
    this.stores = stores;
    this.validator = validator;
  }

  Reply append(AppendRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    requireAppends(store);
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    WriteOutcome.Applied<AppendResult> applied =
        Outcomes.applied(
            context.awaitWrite(
                partition.append(
                    command(
                        key,
                        request.getMessage(),
                        request.getMessageKey(),
                        request.hasExpectedLastSequenceId()
                            ? OptionalLong.of(request.getExpectedLastSequenceId())
                            : OptionalLong.empty(),
                        request.getFirstAttemptTimeMs()))));
    return switch (applied.result()) {
      case AppendResult.Appended appended ->
          Reply.of(response(appended, token(partition, applied.position())));
      case AppendResult refused ->
          throw toFailure(refused, FieldPath.ROOT, store, request.getTimeline()).toException();
    };
  }

  /** The store's mode lets the server give the ids. */
  static void requireAppends(StoreDescriptor store) {
    if (store.options().sequenceMode() == SequenceMode.MANUAL) {
      throw wrongMode(store, "Append gives ids, but store " + store.name() + " is MANUAL; use Put")
          .toException();
    }
  }

  static Command.Append command(
      byte[] key,
      Message message,
      String messageKey,
      OptionalLong expectedLast,
      long firstAttemptMillis) {
    return new Command.Append(
        key,
        messageKey.getBytes(StandardCharsets.UTF_8),
        expectedLast,
        firstAttemptMillis,
        StoredEntry.KIND_MESSAGE,
        StoredEntry.ofMessage(message));
  }

  /** What a session has seen that wrote at a position of a partition's log. */
  static ByteString token(Partition partition, long position) {
    return SessionToken.of(partition.partitionId(), position);
  }

  static AppendResponse response(AppendResult.Appended appended, ByteString sessionToken) {
    return AppendResponse.newBuilder()
        .setSequenceId(appended.sequenceId())
        .setPreviousSequenceId(appended.previousSequenceId())
        .setDuplicate(appended.duplicate())
        .setAppendTimeMs(appended.appendTimeMillis())
        .setDedupSinceMs(appended.dedupSinceMillis())
        .setSessionToken(sessionToken)
        .build();
  }

  /** Why an append wrote nothing. */
  static Failure toFailure(
      AppendResult refused, FieldPath path, StoreDescriptor store, TimelineId timeline) {
    Failure failure =
        switch (refused) {
          case AppendResult.Appended appended ->
              throw new IllegalArgumentException("not refused: " + appended);
          case AppendResult.ConditionFailed condition ->
              Failure.of(
                      ERROR_REASON_CONDITION_FAILED,
                      "the timeline's last id is "
                          + condition.lastSequenceId()
                          + ", not the expected "
                          + condition.expectedLastSequenceId()
                          + "; read what came in between and decide again")
                  .withField(path.field("expected_last_sequence_id").toString())
                  .withValue(Long.toString(condition.lastSequenceId()))
                  .withLimit(Long.toString(condition.expectedLastSequenceId()));
          case AppendResult.MessageKeyReused reused ->
              Failure.of(
                      ERROR_REASON_MESSAGE_KEY_REUSED,
                      "the message_key belongs to another message, which has id "
                          + reused.sequenceId()
                          + "; give every message its own key")
                  .withField(path.field("message_key").toString())
                  .withValue(Long.toString(reused.sequenceId()));
          case AppendResult.DedupWindowExpired expired ->
              Failure.of(
                      ERROR_REASON_DEDUP_WINDOW_EXPIRED,
                      "the first attempt, at "
                          + expired.firstAttemptTimeMillis()
                          + ", is older than the dedup window, which begins at "
                          + expired.dedupSinceMillis()
                          + "; look for the message in the timeline, and append it anew if it is"
                          + " not there")
                  .withField(path.field("first_attempt_time_ms").toString())
                  .withValue(Long.toString(expired.firstAttemptTimeMillis()))
                  .withLimit("at least " + expired.dedupSinceMillis());
          case AppendResult.IdRequired manual ->
              wrongMode(
                  store, "Append gives ids, but store " + store.name() + " is MANUAL; use Put");
        };
    return failure.withStore(store.name()).withTimeline(timeline);
  }

  Reply put(PutRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    if (store.options().sequenceMode() != SequenceMode.MANUAL) {
      throw putNeedsManual(store).toException();
    }
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    WriteOutcome.Applied<PutResult> applied =
        Outcomes.applied(
            context.awaitWrite(
                partition.put(
                    new Command.Put(
                        key,
                        request.getSequenceId(),
                        request.getOverwrite(),
                        StoredEntry.KIND_MESSAGE,
                        StoredEntry.ofMessage(request.getMessage())))));
    return switch (applied.result()) {
      case PutResult.Done done ->
          Reply.of(
              PutResponse.newBuilder()
                  .setLastSequenceId(done.lastSequenceId())
                  .setReplaced(done.replaced())
                  .setAppendTimeMs(done.appendTimeMillis())
                  .setSessionToken(token(partition, applied.position()))
                  .build());
      case PutResult.SequenceIdExists exists ->
          throw Failure.of(
                  ERROR_REASON_SEQUENCE_ID_EXISTS,
                  "the timeline has an entry "
                      + exists.sequenceId()
                      + " already; set overwrite to replace it, or use another id")
              .withField("sequence_id")
              .withValue(Long.toString(exists.sequenceId()))
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
      case PutResult.Trimmed trimmed ->
          throw Failure.of(
                  ERROR_REASON_NOT_RETAINED,
                  "entries up to "
                      + trimmed.trimmedThroughSequenceId()
                      + " were trimmed, so one at "
                      + trimmed.sequenceId()
                      + " could not be read; use a larger id")
              .withField("sequence_id")
              .withValue(Long.toString(trimmed.sequenceId()))
              .withLimit("above " + trimmed.trimmedThroughSequenceId())
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
      case PutResult.NotManual notManual -> throw putNeedsManual(store).toException();
    };
  }

  private static Failure putNeedsManual(StoreDescriptor store) {
    return wrongMode(
        store,
        "Put takes ids from the caller, but store "
            + store.name()
            + " is "
            + store.options().sequenceMode()
            + "; use Append, or a MANUAL store");
  }

  Reply trim(TrimRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    long through = request.getThroughSequenceId();
    FieldPath path = FieldPath.of("through_sequence_id");
    TimelineValidator.validateEntryId(path, through, store.options().sequenceMode());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    WriteOutcome.Applied<TrimResult> applied =
        Outcomes.applied(context.awaitWrite(partition.trim(new Command.Trim(key, through))));
    return switch (applied.result()) {
      case TrimResult.Done done ->
          Reply.of(
              TrimResponse.newBuilder()
                  .setFirstRetainedSequenceId(done.firstRetainedSequenceId())
                  .setSessionToken(token(partition, applied.position()))
                  .build());
      case TrimResult.BeyondLast beyond ->
          throw Failure.of(
                  ERROR_REASON_OUT_OF_RANGE,
                  path
                      + " is "
                      + beyond.throughSequenceId()
                      + ", beyond the timeline's last id "
                      + beyond.lastSequenceId()
                      + "; trim at most through that")
              .withField(path.toString())
              .withValue(Long.toString(beyond.throughSequenceId()))
              .withLimit("at most " + beyond.lastSequenceId())
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
      case TrimResult.TimelineNotFound missing ->
          throw Failure.of(
                  ERROR_REASON_TIMELINE_NOT_FOUND,
                  "the timeline never had an entry; there is nothing to trim")
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
    };
  }

  private static Failure wrongMode(StoreDescriptor store, String message) {
    return Failure.of(ERROR_REASON_SEQUENCE_MODE, message)
        .withStore(store.name())
        .withValue(store.options().sequenceMode().toString());
  }
}
