package io.tideline.client;

import io.grpc.Status;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One attempt of a batch append, and what it means for each of the items. */
final class BatchCall {

  private BatchCall() {}

  /**
   * An attempt's replies.
   *
   * @param items one per item, in order
   * @param wholeCall whether the call as such failed, so that all have the same failure
   */
  record Replies(List<ItemReply> items, boolean wholeCall) {}

  /** Whether all of them may be sent again whatever became of them. */
  static boolean mayRepeat(List<AppendItem> items) {
    return items.stream().allMatch(item -> kind(item) == WriteKind.REPEATABLE);
  }

  static WriteKind kind(AppendItem item) {
    return item.messageKey().isPresent() ? WriteKind.REPEATABLE : WriteKind.SINGLE;
  }

  /**
   * Sends the batch once, whatever the settings' retry policy, to the node that leads the partition
   * of its first item; that one passes on what others lead. The future fails only if it is
   * cancelled.
   */
  static CompletableFuture<Replies> send(
      Caller caller, List<AppendItem> items, List<BatchAppendItem> wire, CallSettings settings) {
    String store = items.get(0).timeline().store();
    // As repeatable, the verdict tells of each item whether trying again may help; what that means
    // for
    // an item without a key is decided below.
    CompletableFuture<BatchAppendResponse> call =
        caller.call(
            TimelineServiceGrpc.getBatchAppendMethod(),
            BatchAppendRequest.newBuilder().setStore(store).addAllItems(wire).build(),
            WriteKind.REPEATABLE,
            store,
            items.get(0).timeline(),
            settings.withRetryPolicy(RetryPolicy.never()));
    return Futures.handle(
        call,
        response -> replies(items, response.getResultsList(), settings),
        failure -> failed(items, failure));
  }

  /** What the server's results mean, one for each item. */
  static Replies replies(
      List<AppendItem> items, List<BatchAppendResult> results, CallSettings settings) {
    if (results.size() != items.size()) {
      Failure failure =
          Failure.local(
              ErrorCode.INTERNAL,
              Status.Code.INTERNAL,
              "the server answered " + results.size() + " results to " + items.size() + " items");
      return allFailed(items, RetryRules.judge(failure, WriteKind.REPEATABLE, true));
    }
    List<ItemReply> out = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      BatchAppendResult result = results.get(i);
      String store = items.get(i).timeline().store();
      settings.saw(result.getOk().getSessionToken());
      out.add(
          result.hasOk()
              ? new ItemReply(WireEntries.fromWire(result.getOk()), null)
              : new ItemReply(
                  null,
                  RetryRules.judge(
                      ErrorDecoder.ofItem(result.getError(), store), kind(items.get(i)), true)));
    }
    return new Replies(out, false);
  }

  /** What the failure of the whole call means for each of the items. */
  static Replies failed(List<AppendItem> items, Throwable failure) {
    if (failure instanceof TidelineException e) {
      return allFailed(items, e.failure());
    }
    return allFailed(
        items,
        Failure.local(ErrorCode.CANCELLED, Status.Code.CANCELLED, "the call was cancelled")
            .withVerdict(false, true));
  }

  private static Replies allFailed(List<AppendItem> items, Failure failure) {
    List<ItemReply> out = new ArrayList<>(items.size());
    for (AppendItem item : items) {
      boolean retryable =
          failure.isRetryable()
              && (kind(item) == WriteKind.REPEATABLE || !failure.isOutcomeUnknown());
      out.add(new ItemReply(null, failure.withVerdict(retryable, failure.isOutcomeUnknown())));
    }
    return new Replies(out, true);
  }
}
