package io.tideline.client;

import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.FanOutRequest;
import io.tideline.proto.v1.FanOutResponse;
import io.tideline.proto.v1.FanOutTarget;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A fan-out of the application: calls of as many inboxes as fit one, one after the other, and each
 * repeated for the timelines that failed for the moment.
 *
 * <p>A conversation comes first in the items, if there is one, then the inboxes.
 */
final class FanOutCall {

  /** What the server writes for a target beside message, key and identifier; bytes, at most. */
  private static final int TARGET_BYTES = 48;

  private final Caller caller;
  private final CallSettings settings;
  private final FanOut fanOut;
  private final String key;
  private final Instant firstAttempt;
  private final io.tideline.proto.v1.Message message;
  private final boolean hasConversation;
  private final List<AppendItem> items = new ArrayList<>();
  private final List<TimelineId> identifiers = new ArrayList<>();

  /**
   * @param key the fan-out's own, or the one it is to get
   */
  FanOutCall(Caller caller, CallSettings settings, FanOut fanOut, String key) {
    this.caller = caller;
    this.settings = settings;
    this.fanOut = fanOut;
    this.key = key;
    this.firstAttempt =
        fanOut
            .firstAttemptTime()
            .orElseGet(() -> Instant.ofEpochMilli(caller.clock().epochMillis()));
    this.message = WireValues.toWire(fanOut.message());
    this.hasConversation = fanOut.conversation().isPresent();
    fanOut.conversation().ifPresent(this::add);
    for (Identifier inbox : fanOut.inboxes()) {
      add(new TimelineKey(fanOut.inboxStore(), inbox));
    }
  }

  private void add(TimelineKey timeline) {
    items.add(fanOut.item(timeline, key, firstAttempt));
    identifiers.add(WireValues.toWire(timeline.identifier()));
  }

  CompletableFuture<FanOutResult> begin() {
    CompletableFuture<FanOutResult> result = new CompletableFuture<>();
    List<AppendOutcome> outcomes = new ArrayList<>(items.size());
    next(0, outcomes, result);
    return result;
  }

  private void next(
      int from, List<AppendOutcome> outcomes, CompletableFuture<FanOutResult> result) {
    if (from == items.size() || result.isDone()) {
      result.complete(
          new FanOutResult(
              hasConversation ? Optional.of(outcomes.get(0)) : Optional.empty(),
              outcomes.subList(hasConversation ? 1 : 0, outcomes.size())));
      return;
    }
    int to = endOfCall(from);
    CompletableFuture<List<AppendOutcome>> part =
        new BatchAppend(
                caller,
                items.subList(from, to),
                settings,
                (open, roundSettings) -> send(from, open, roundSettings))
            .begin();
    CompletableFuture<Void> unusedStage =
        part.thenAccept(
            settled -> {
              outcomes.addAll(settled);
              next(to, outcomes, result);
            });
    CompletableFuture<FanOutResult> unusedCancel =
        result.whenComplete(
            (value, failure) -> {
              if (result.isCancelled()) {
                part.cancel(true);
              }
            });
  }

  /** One past the last item that goes into a call with those from {@code from} on. */
  private int endOfCall(int from) {
    long perTarget = (long) message.getSerializedSize() + MessageKeys.SIZE_MAX + TARGET_BYTES;
    long written = 0;
    long request = message.getSerializedSize();
    int inboxes = 0;
    for (int i = from; i < items.size(); i++) {
      int identifier = identifiers.get(i).getSerializedSize();
      written += perTarget + identifier;
      request += TARGET_BYTES + identifier;
      inboxes += isConversation(i) ? 0 : 1;
      boolean fits =
          inboxes <= Limits.FAN_OUT_INBOXES_MAX
              && written <= Limits.FAN_OUT_WRITTEN_BYTES_MAX
              && request <= Limits.FAN_OUT_REQUEST_BYTES_MAX;
      if (!fits && i > from) {
        return i;
      }
    }
    return items.size();
  }

  private boolean isConversation(int item) {
    return hasConversation && item == 0;
  }

  /**
   * Sends what is open of one call.
   *
   * @param first the call's first item
   * @param open indices of open items from there, ascending
   */
  private CompletableFuture<BatchCall.Replies> send(
      int first, List<Integer> open, CallSettings roundSettings) {
    List<AppendItem> unsettled = open.stream().map(i -> items.get(first + i)).toList();
    if (open.size() == 1 && isConversation(first + open.get(0))) {
      // No inbox is left: the server knows the message by its key from either call.
      return BatchCall.send(
          caller,
          unsettled,
          unsettled.stream().map(WireEntries::toBatchItem).toList(),
          roundSettings);
    }
    FanOutRequest.Builder request =
        FanOutRequest.newBuilder()
            .setMessageKey(key)
            .setMessage(message)
            .setInboxStore(fanOut.inboxStore())
            .setFirstAttemptTimeMs(firstAttempt.toEpochMilli());
    for (int index : open) {
      int item = first + index;
      if (isConversation(item)) {
        request.setConversation(
            FanOutTarget.newBuilder()
                .setStore(items.get(item).timeline().store())
                .setTimeline(identifiers.get(item)));
      } else {
        request.addInboxes(identifiers.get(item));
      }
    }
    CompletableFuture<FanOutResponse> call =
        caller.call(
            TimelineServiceGrpc.getFanOutMethod(),
            request.build(),
            WriteKind.REPEATABLE,
            fanOut.inboxStore(),
            unsettled.get(0).timeline(),
            roundSettings.withRetryPolicy(RetryPolicy.never()));
    return Futures.handle(
        call,
        response -> replies(unsettled, request.hasConversation(), response),
        failure -> BatchCall.failed(unsettled, failure));
  }

  private BatchCall.Replies replies(
      List<AppendItem> unsettled, boolean withConversation, FanOutResponse response) {
    List<BatchAppendResult> results = new ArrayList<>(unsettled.size());
    if (withConversation) {
      results.add(response.getConversation());
    }
    results.addAll(response.getInboxesList());
    return BatchCall.replies(unsettled, results, settings);
  }
}
