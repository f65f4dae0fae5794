package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_CONDITION_FAILED;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_PARTITION_UNAVAILABLE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_SEQUENCE_MODE;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TIMELINE_NOT_FOUND;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.ChangeType;
import io.tideline.proto.v1.DeleteRequest;
import io.tideline.proto.v1.DeleteResponse;
import io.tideline.proto.v1.DeleteTimelineRequest;
import io.tideline.proto.v1.DeleteTimelineResponse;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.EntryKind;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.ReadOptions;
import io.tideline.proto.v1.RecallRequest;
import io.tideline.proto.v1.RecallResponse;
import io.tideline.proto.v1.RouteHint;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.UpdateRequest;
import io.tideline.proto.v1.UpdateResponse;
import io.tideline.server.command.Command;
import io.tideline.server.command.DeleteTimelineResult;
import io.tideline.server.command.EditResult;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * The writes of TimelineService that change what a timeline has.
 *
 * <p>Update and Recall read the entry, decide what it becomes, and put that on condition that the
 * entry still is what was read; if it is not they start over.
 */
final class TimelineEdits {

  private static final FieldPath TIMELINE = FieldPath.of("timeline");
  private static final FieldPath SEQUENCE_ID = FieldPath.of("sequence_id");

  /**
   * How often an edit starts over because another came in between; those of one node wait for each
   * other. Each round is a read and a write, so more under such contention only add to it.
   */
  private static final int ROUNDS_MAX = 16;

  /** By then the writes that came in between are through. */
  private static final long CONTENTION_RETRY_AFTER_MILLIS = 100;

  private final Stores stores;
  private final Forwarding forwarding;
  private final TimelineValidator validator;
  private final MessageValidator messages;

  /** That no edit is lost does not depend on it but on the fingerprint each replacement names. */
  private final UpdateLocks locks = new UpdateLocks();

  TimelineEdits(
      Stores stores,
      Forwarding forwarding,
      TimelineValidator validator,
      MessageValidator messages) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
    this.messages = messages;
  }

  /** What the requests about one entry have in common. */
  private record EntryCall(
      String store,
      boolean hasTimeline,
      TimelineId timeline,
      long sequenceId,
      boolean announce,
      RouteHint route) {

    static EntryCall of(UpdateRequest request) {
      return new EntryCall(
          request.getStore(),
          request.hasTimeline(),
          request.getTimeline(),
          request.getSequenceId(),
          request.getAnnounce(),
          request.getRoute());
    }

    static EntryCall of(RecallRequest request) {
      return new EntryCall(
          request.getStore(),
          request.hasTimeline(),
          request.getTimeline(),
          request.getSequenceId(),
          request.getAnnounce(),
          request.getRoute());
    }

    static EntryCall of(DeleteRequest request) {
      return new EntryCall(
          request.getStore(),
          request.hasTimeline(),
          request.getTimeline(),
          request.getSequenceId(),
          request.getAnnounce(),
          request.getRoute());
    }
  }

  /** Answers a call where the entry's partition is led. */
  private interface Here {
    Reply answer(Target target) throws Exception;
  }

  /** The entry that a call is about, and where it is. */
  private record Target(
      StoreDescriptor store, TimelineId timeline, byte[] key, Partition partition, long id) {

    Failure about(Failure failure) {
      return failure.withStore(store.name()).withTimeline(timeline);
    }

    ByteString token(long position) {
      return SessionToken.of(partition.partitionId(), position);
    }
  }

  /** An entry as it was read. */
  private record Present(Entry entry, int kind, byte[] value) {}

  /** What an entry becomes. */
  private interface Change {
    Entry of(Present present);
  }

  /** What was written, and the session token that tells of it. */
  private record Edited(Entry entry, long changeSequenceId, ByteString sessionToken) {}

  Reply update(UpdateRequest request, CallContext context) throws Exception {
    validator.validate(request);
    return whereItIsLed(
        EntryCall.of(request),
        TimelineServiceGrpc.getUpdateMethod(),
        request,
        context,
        target -> update(request, target, context));
  }

  private Reply update(UpdateRequest request, Target target, CallContext context) throws Exception {
    Edited edited =
        edit(
            target,
            present -> updated(request, target, present.entry()),
            announcement(request.getAnnounce(), target, ChangeType.CHANGE_TYPE_UPDATED),
            false,
            context);
    return Reply.of(
        UpdateResponse.newBuilder()
            .setRevision(edited.entry().getRevision())
            .setChangeSequenceId(edited.changeSequenceId())
            .setSessionToken(edited.sessionToken())
            .build());
  }

  private Entry updated(UpdateRequest request, Target target, Entry present) {
    requireMessage(target, present, "updated");
    if (present.getRecalled()) {
      throw target
          .about(
              Failure.of(
                      ERROR_REASON_CONDITION_FAILED,
                      "entry " + target.id() + " was recalled; it has no content to update")
                  .withField("sequence_id")
                  .withValue("recalled")
                  .withLimit("an entry that is not recalled"))
          .toException();
    }
    long revision = Integer.toUnsignedLong(present.getRevision());
    long expected = Integer.toUnsignedLong(request.getExpectedRevision());
    if (request.hasExpectedRevision() && expected != revision) {
      throw target
          .about(
              Failure.of(
                      ERROR_REASON_CONDITION_FAILED,
                      "entry "
                          + target.id()
                          + " is at revision "
                          + revision
                          + ", not the expected "
                          + expected
                          + "; read it and decide again")
                  .withField("expected_revision")
                  .withValue(Long.toString(revision))
                  .withLimit(Long.toString(expected)))
          .toException();
    }
    if (request.hasCondition()
        && !FilterEvaluator.matches(request.getCondition(), present.getMessage())) {
      throw target
          .about(
              Failure.of(
                      ERROR_REASON_CONDITION_FAILED,
                      "entry "
                          + target.id()
                          + ", revision "
                          + revision
                          + ", does not match the condition; read it and decide again")
                  .withField("condition")
                  .withValue("revision " + revision))
          .toException();
    }
    Message message =
        messages.changed(
            present.getMessage(),
            request.getSetFieldsMap(),
            request.getRemoveFieldsList(),
            "Recall or Delete");
    return present.toBuilder().setMessage(message).setRevision(present.getRevision() + 1).build();
  }

  Reply recall(RecallRequest request, CallContext context) throws Exception {
    validator.validate(request);
    return whereItIsLed(
        EntryCall.of(request),
        TimelineServiceGrpc.getRecallMethod(),
        request,
        context,
        target -> recall(request, target, context));
  }

  private Reply recall(RecallRequest request, Target target, CallContext context) throws Exception {
    Edited edited =
        edit(
            target,
            present -> recalled(target, present.entry()),
            announcement(request.getAnnounce(), target, ChangeType.CHANGE_TYPE_RECALLED),
            true,
            context);
    return Reply.of(
        RecallResponse.newBuilder()
            .setChangeSequenceId(edited.changeSequenceId())
            .setSessionToken(edited.sessionToken())
            .build());
  }

  private static Entry recalled(Target target, Entry present) {
    requireMessage(target, present, "recalled");
    return present.getRecalled()
        ? present
        : Entry.newBuilder()
            .setKind(EntryKind.ENTRY_KIND_MESSAGE)
            .setRevision(present.getRevision() + 1)
            .setRecalled(true)
            .build();
  }

  Reply delete(DeleteRequest request, CallContext context) throws Exception {
    validator.validate(request);
    return whereItIsLed(
        EntryCall.of(request),
        TimelineServiceGrpc.getDeleteMethod(),
        request,
        context,
        target -> delete(request, target, context));
  }

  private Reply delete(DeleteRequest request, Target target, CallContext context) throws Exception {
    Command.DeleteEntry command =
        new Command.DeleteEntry(
            target.key(),
            target.id(),
            announcement(request.getAnnounce(), target, ChangeType.CHANGE_TYPE_DELETED));
    for (int round = 0; round < ROUNDS_MAX; round++) {
      WriteOutcome.Applied<EditResult> applied =
          Outcomes.applied(context.awaitWrite(target.partition().deleteEntry(command)));
      switch (applied.result()) {
        case EditResult.Done done -> {
          return Reply.of(
              DeleteResponse.newBuilder()
                  .setChangeSequenceId(done.changeSequenceId())
                  .setSessionToken(target.token(applied.position()))
                  .build());
        }
        case EditResult.NoIdForAnnouncement noId -> throw cannotAnnounce(target).toException();
        // Throws unless there is one by now.
        case EditResult.Missing missing -> present(target, context);
        case EditResult.Conflict conflict ->
            throw new IllegalStateException("a delete does not depend on the content");
      }
    }
    throw contended(target).toException();
  }

  Reply deleteTimeline(DeleteTimelineRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    byte[] key =
        Identifiers.encode(TIMELINE, request.hasTimeline(), request.getTimeline(), store.schema());
    Partition partition = context.writesTo(stores.route(store, key, request.getRoute()));
    WriteOutcome.Applied<DeleteTimelineResult> applied =
        Outcomes.applied(
            context.awaitWrite(partition.deleteTimeline(new Command.DeleteTimeline(key))));
    return switch (applied.result()) {
      case DeleteTimelineResult.Done done ->
          Reply.of(
              DeleteTimelineResponse.newBuilder()
                  .setLastSequenceId(done.lastSequenceId())
                  .setSessionToken(SessionToken.of(partition.partitionId(), applied.position()))
                  .build());
      case DeleteTimelineResult.TimelineNotFound missing ->
          throw Failure.of(
                  ERROR_REASON_TIMELINE_NOT_FOUND,
                  "the timeline never had an entry and has no meta; there is nothing to delete")
              .withStore(store.name())
              .withTimeline(request.getTimeline())
              .toException();
    };
  }

  /**
   * Answers a call about an entry, or passes it on: what an edit makes of an entry depends on what
   * it is, so it is decided where that can be read.
   */
  private <Q extends com.google.protobuf.Message> Reply whereItIsLed(
      EntryCall call, MethodDescriptor<Q, ?> method, Q request, CallContext context, Here here)
      throws Exception {
    Target target = target(call, context);
    Optional<Reply> elsewhere =
        forwarding.write(target.store().partitionOf(target.key()), method, request, context);
    return elsewhere.isPresent() ? elsewhere.get() : here.answer(target);
  }

  private Target target(EntryCall call, CallContext context) {
    StoreDescriptor store = stores.require(call.store());
    byte[] key = Identifiers.encode(TIMELINE, call.hasTimeline(), call.timeline(), store.schema());
    TimelineValidator.validateEntryId(
        SEQUENCE_ID, call.sequenceId(), store.options().sequenceMode());
    Target target =
        new Target(
            store,
            call.timeline(),
            key,
            context.writesTo(stores.route(store, key, call.route())),
            call.sequenceId());
    if (call.announce() && store.options().sequenceMode() == SequenceMode.MANUAL) {
      throw cannotAnnounce(target).toException();
    }
    return target;
  }

  private Edited edit(
      Target target,
      Change change,
      Command.@Nullable Announcement announcement,
      boolean announceOnce,
      CallContext context)
      throws Exception {
    Lock lock = locks.of(target.key());
    context.awaitLock(lock);
    try {
      for (int round = 0; round < ROUNDS_MAX; round++) {
        Present present = present(target, context);
        Entry entry = change.of(present);
        WriteOutcome.Applied<EditResult> applied =
            Outcomes.applied(
                context.awaitWrite(
                    target
                        .partition()
                        .replaceEntry(
                            new Command.ReplaceEntry(
                                target.key(),
                                target.id(),
                                Command.ReplaceEntry.fingerprint(present.kind(), present.value()),
                                present.kind(),
                                StoredEntry.encode(entry),
                                announcement,
                                announceOnce))));
        switch (applied.result()) {
          case EditResult.Done done -> {
            return new Edited(entry, done.changeSequenceId(), target.token(applied.position()));
          }
          case EditResult.NoIdForAnnouncement noId -> throw cannotAnnounce(target).toException();
          // Edited or removed since it was read.
          case EditResult.Conflict conflict -> {}
          case EditResult.Missing missing -> {}
        }
      }
    } finally {
      lock.unlock();
    }
    throw contended(target).toException();
  }

  /** The entry as every write acknowledged before left it. */
  private static Present present(Target target, CallContext context) throws Exception {
    try (ReadView view =
            new Reads(ReadOptions.getDefaultInstance(), context).view(target.partition());
        RowCursor rows = view.scan(target.key(), target.id(), target.id() + 1, Direction.FORWARD)) {
      if (!rows.next()) {
        TimelineFacts facts = TimelineFacts.read(view, target.key(), target.store());
        throw TimelineReads.missing(target.store().name(), target.timeline(), target.id(), facts)
            .toException();
      }
      context.reserve(rows.valueSize());
      byte[] value = rows.value();
      return new Present(StoredEntry.decode(value, target.id()), rows.kind(), value);
    }
  }

  private static Command.@Nullable Announcement announcement(
      boolean announce, Target target, ChangeType type) {
    return announce
        ? new Command.Announcement(StoredEntry.KIND_CHANGE, StoredEntry.ofChange(target.id(), type))
        : null;
  }

  private static void requireMessage(Target target, Entry present, String edited) {
    if (present.getKind() != EntryKind.ENTRY_KIND_MESSAGE) {
      throw target
          .about(
              Failure.of(
                      ERROR_REASON_CONDITION_FAILED,
                      "entry "
                          + target.id()
                          + " tells of a change to entry "
                          + present.getTargetSequenceId()
                          + " and cannot be "
                          + edited
                          + "; name that entry")
                  .withField("sequence_id")
                  .withValue("CHANGE")
                  .withLimit("MESSAGE"))
          .toException();
    }
  }

  private static Failure cannotAnnounce(Target target) {
    return target.about(
        Failure.of(
                ERROR_REASON_SEQUENCE_MODE,
                "announce appends a CHANGE entry, but ids of store "
                    + target.store().name()
                    + " come from its callers, as it is MANUAL; leave it unset, and Put one")
            .withField("announce")
            .withValue("true")
            .withLimit("DENSE or MONOTONIC stores"));
  }

  private static Failure contended(Target target) {
    return target.about(
        Failure.of(
                ERROR_REASON_PARTITION_UNAVAILABLE,
                "other writes of entry "
                    + target.id()
                    + " came in between "
                    + ROUNDS_MAX
                    + " times; nothing was written, retry")
            .withRetryAfterMillis(CONTENTION_RETRY_AFTER_MILLIS));
  }
}
