package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.FanOutResponse;
import io.tideline.proto.v1.TimelineId;
import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandFormat;
import io.tideline.server.command.FanOutResult;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.WriteOutcome;
import io.tideline.server.service.Marshallers.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * TimelineService.FanOut: one command for what one partition holds of the targets, so that the
 * message enters its log once; all partitions at once; a result per target.
 *
 * <p>Nothing but the message key ties the partitions together. Each target's key is remembered
 * beside the target, in the same atomic step as its entry. So a repetition finds what the first
 * attempt did, wherever it stopped and whatever partitions were split since, and completes it.
 *
 * <p>As with {@link BatchWrites}, the call fails as a whole if every partition refused.
 */
final class FanOutWrites {

  private static final FieldPath CONVERSATION = FieldPath.of("conversation");
  private static final FieldPath INBOXES = FieldPath.of("inboxes");

  /** Bytes of a result while the reply is made: numbers, token, objects around them. */
  private static final long RESULT_BYTES = 256;

  private final Stores stores;
  private final TimelineValidator validator;

  FanOutWrites(Stores stores, TimelineValidator validator) {
    this.stores = stores;
    this.validator = validator;
  }

  /**
   * One timeline that gets the message.
   *
   * @param place index among all targets
   */
  private record Target(int place, StoreDescriptor store, TimelineId timeline, byte[] key) {}

  /** What all targets get. */
  private record Content(byte[] messageKey, long firstAttemptMillis, byte[] value) {

    Command.FanOut to(List<Target> targets) {
      return new Command.FanOut(
          messageKey,
          firstAttemptMillis,
          StoredEntry.KIND_MESSAGE,
          value,
          targets.stream().map(Target::key).toList());
    }
  }

  Reply fanOut(FanOutRequest request, CallContext context) throws Exception {
    validator.validate(request);
    List<Target> targets = targets(request);
    context.reserve(RESULT_BYTES * targets.size());
    Content content =
        new Content(
            request.getMessageKey().getBytes(StandardCharsets.UTF_8),
            request.getFirstAttemptTimeMs(),
            StoredEntry.ofMessage(request.getMessage()));
    requireExpandedSize(content, targets);

    Map<Partition, List<Target>> groups = new LinkedHashMap<>();
    for (Target target : targets) {
      groups
          .computeIfAbsent(stores.route(target.store(), target.key()), p -> new ArrayList<>())
          .add(target);
    }
    Map<Partition, Writing> writes = new LinkedHashMap<>();
    groups.forEach(
        (partition, group) ->
            writes.put(
                partition, new Writing(context.writesTo(partition), entries(content, group))));
    writes.values().forEach(Writing::begin);

    BatchAppendResult[] results = new BatchAppendResult[targets.size()];
    boolean anythingWritten = false;
    Failure refusal = null;
    for (Writing writing : writes.values()) {
      context.awaitWrite(writing.done);
      for (Entry entry : writing.entries) {
        Failure refused = note(results, entry, writing.partition);
        anythingWritten |= refused == null;
        refusal = refusal == null ? refused : refusal;
      }
    }
    if (!anythingWritten && refusal != null) {
      throw refusal.toException();
    }
    FanOutResponse.Builder response = FanOutResponse.newBuilder();
    int first = 0;
    if (request.hasConversation()) {
      response.setConversation(results[first++]);
    }
    for (int i = first; i < results.length; i++) {
      response.addInboxes(results[i]);
    }
    return Reply.of(response.build());
  }

  private List<Target> targets(FanOutRequest request) {
    List<Target> targets = new ArrayList<>(request.getInboxesCount() + 1);
    StoreDescriptor inboxStore = stores.require(request.getInboxStore());
    requireAppends(FieldPath.of("inbox_store"), inboxStore);
    if (request.hasConversation()) {
      StoreDescriptor store = stores.require(request.getConversation().getStore());
      requireAppends(CONVERSATION.field("store"), store);
      TimelineId timeline = request.getConversation().getTimeline();
      FieldPath path = CONVERSATION.field("timeline");
      byte[] key =
          Identifiers.encode(
              path, request.getConversation().hasTimeline(), timeline, store.schema());
      targets.add(new Target(0, store, timeline, key));
    }
    for (int i = 0; i < request.getInboxesCount(); i++) {
      TimelineId timeline = request.getInboxes(i);
      byte[] key = Identifiers.encode(INBOXES.index(i), true, timeline, inboxStore.schema());
      targets.add(new Target(targets.size(), inboxStore, timeline, key));
    }
    return targets;
  }

  private static void requireAppends(FieldPath path, StoreDescriptor store) {
    try {
      TimelineWrites.requireAppends(store);
    } catch (FailureException manual) {
      throw manual.failure().withField(path.toString()).toException();
    }
  }

  /** What is written in the end, in memory first: each target has a copy of the message. */
  private static void requireExpandedSize(Content content, List<Target> targets) {
    long bytes = CommandFormat.sizeBound(content.to(targets));
    Check.bytes(
        INBOXES,
        bytes,
        Limits.FAN_OUT_WRITTEN_BYTES_MAX,
        "that is the message once for each target; send several fan-outs with the same message_key,"
            + " each to some of the inboxes");
  }

  /** Cuts a partition's targets into log entries. */
  private static List<Entry> entries(Content content, List<Target> group) {
    long each = Math.max(1, CommandFormat.sizeBound(content.to(group)) / group.size());
    int targetsMax = Math.clamp(Limits.FAN_OUT_ENTRY_BYTES / each, 1, Command.FanOut.TIMELINES_MAX);
    List<Entry> entries = new ArrayList<>();
    for (int from = 0; from < group.size(); from += targetsMax) {
      List<Target> part = group.subList(from, Math.min(group.size(), from + targetsMax));
      entries.add(new Entry(part, content.to(part)));
    }
    return entries;
  }

  /** One log entry of one partition. */
  private static final class Entry {
    final List<Target> targets;
    final Command.FanOut command;

    /** Set before {@link Writing#done} is completed. */
    @Nullable WriteOutcome<FanOutResult> outcome;

    Entry(List<Target> targets, Command.FanOut command) {
      this.targets = targets;
      this.command = command;
    }
  }

  /**
   * Writes the entries of one partition one after the other; after a refusal the rest as refused.
   */
  private static final class Writing {
    final Partition partition;
    final List<Entry> entries;

    /** Always completed normally. */
    final CompletableFuture<Void> done = new CompletableFuture<>();

    Writing(Partition partition, List<Entry> entries) {
      this.partition = partition;
      this.entries = entries;
    }

    void begin() {
      write(0);
    }

    private void write(int index) {
      Entry entry = entries.get(index);
      var _ =
          partition
              .fanOut(entry.command)
              .whenComplete(
                  (outcome, defect) -> {
                    entry.outcome =
                        defect == null ? outcome : new WriteOutcome.Unknown<>(defect.toString());
                    boolean refused = entry.outcome instanceof WriteOutcome.Refused;
                    for (int rest = index + 1; refused && rest < entries.size(); rest++) {
                      entries.get(rest).outcome = entry.outcome;
                    }
                    if (refused || index + 1 == entries.size()) {
                      done.complete(null);
                    } else {
                      write(index + 1);
                    }
                  });
    }
  }

  /** Notes the results of an entry; returns why nothing of it was written, null if it was. */
  private static @Nullable Failure note(
      BatchAppendResult[] results, Entry entry, Partition partition) {
    switch (Objects.requireNonNull(entry.outcome, "told before done")) {
      case WriteOutcome.Applied<FanOutResult> applied -> {
        ByteString token = TimelineWrites.token(partition, applied.position());
        for (int i = 0; i < entry.targets.size(); i++) {
          Target target = entry.targets.get(i);
          results[target.place()] = result(applied.result().results().get(i), target, token);
        }
        return null;
      }
      case WriteOutcome.Refused<FanOutResult> refused -> {
        Failure failure = Outcomes.toFailure(refused.refusal());
        fail(results, entry.targets, failure);
        return failure;
      }
      case WriteOutcome.Unknown<FanOutResult> unknown -> {
        fail(results, entry.targets, Outcomes.unknown(unknown.why()));
        return null;
      }
    }
  }

  private static BatchAppendResult result(AppendResult result, Target target, ByteString token) {
    return switch (result) {
      case AppendResult.Appended appended ->
          BatchAppendResult.newBuilder().setOk(TimelineWrites.response(appended, token)).build();
      case AppendResult refused ->
          BatchAppendResult.newBuilder()
              .setError(
                  ErrorMapper.toItemError(
                      TimelineWrites.toFailure(
                          refused, FieldPath.ROOT, target.store(), target.timeline())))
              .build();
    };
  }

  private static void fail(BatchAppendResult[] results, List<Target> targets, Failure failure) {
    for (Target target : targets) {
      results[target.place()] =
          BatchAppendResult.newBuilder()
              .setError(ErrorMapper.toItemError(failure.withStore(target.store().name())))
              .build();
    }
  }
}
