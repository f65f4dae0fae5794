package io.tideline.client;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What follows from the replies to a batch: which items are settled, which are to be sent again,
 * and when.
 *
 * <p>An item is sent again if that is safe, if its time allows it, and if no later item of its
 * timeline was written, for then it would come out of order. A batch that is refused as malformed
 * is taken apart: the item that the server names fails alone; if it names none, each is sent by
 * itself.
 *
 * @param again items to send again, in their order
 * @param delayNanos how long to wait before that
 */
record BatchVerdict(List<PendingAppend> again, long delayNanos) {

  private static final Pattern ITEM_FIELD = Pattern.compile("items\\[(\\d{1,9})]\\.?(.*)");

  /** Judges the batch and notes in each item what is known of it now. */
  static BatchVerdict of(
      List<PendingAppend> items,
      BatchCall.Replies replies,
      RetryPolicy policy,
      long nowNanos,
      double random) {
    Failure first = replies.items().get(0).failure();
    if (replies.wholeCall()
        && items.size() > 1
        && first != null
        && first.status() == Status.Code.INVALID_ARGUMENT) {
      return isolate(items, first);
    }
    return retry(items, replies, policy, nowNanos, random);
  }

  private static BatchVerdict isolate(List<PendingAppend> items, Failure failure) {
    Matcher named = ITEM_FIELD.matcher(failure.field());
    int culprit = named.matches() ? Integer.parseInt(named.group(1)) : -1;
    List<PendingAppend> again = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      PendingAppend item = items.get(i);
      if (i == culprit) {
        item.attempts++;
        item.lastFailure = failure.withField(named.group(2));
      } else if (!item.settled) {
        item.alone |= culprit < 0 || culprit >= items.size();
        again.add(item);
      }
    }
    return new BatchVerdict(again, 0);
  }

  private static BatchVerdict retry(
      List<PendingAppend> items,
      BatchCall.Replies replies,
      RetryPolicy policy,
      long nowNanos,
      double random) {
    int attempts = 0;
    long retryAfterMillis = 0;
    for (int i = 0; i < items.size(); i++) {
      Failure failure = replies.items().get(i).failure();
      PendingAppend item = items.get(i);
      item.lastFailure = failure;
      if (failure != null) {
        item.attempts++;
        item.maybeWritten |= failure.isOutcomeUnknown();
        attempts = Math.max(attempts, item.attempts);
        retryAfterMillis = Math.max(retryAfterMillis, failure.retryAfterMillis());
      }
    }
    if (attempts == 0) {
      return new BatchVerdict(List.of(), 0);
    }
    long delay = policy.delayNanos(attempts, retryAfterMillis, random);
    Set<TimelineKey> writtenLater = new HashSet<>();
    List<PendingAppend> again = new ArrayList<>();
    for (int i = items.size() - 1; i >= 0; i--) {
      PendingAppend item = items.get(i);
      Failure failure = replies.items().get(i).failure();
      if (failure == null) {
        writtenLater.add(item.item.timeline());
      } else if (failure.isRetryable()
          && !item.settled
          && item.attempts < policy.maxAttempts()
          && nowNanos + delay < item.deadlineNanos
          && !writtenLater.contains(item.item.timeline())) {
        again.add(item);
      }
    }
    Collections.reverse(again);
    return new BatchVerdict(again, delay);
  }
}
