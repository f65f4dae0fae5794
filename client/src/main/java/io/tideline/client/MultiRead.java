package io.tideline.client;

import io.grpc.Status;
import io.tideline.proto.v1.CountUnreadResponse;
import io.tideline.proto.v1.HeadResult.ResultCase;
import io.tideline.proto.v1.HeadsResponse;
import io.tideline.proto.v1.ItemError;
import io.tideline.proto.v1.LatestResponse;
import io.tideline.proto.v1.SyncResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads of many timelines: each result beside the timeline asked for, each with its own error. */
final class MultiRead {

  private MultiRead() {}

  static List<Identifier> require(Collection<Identifier> timelines) {
    requireCount(timelines);
    return List.copyOf(timelines);
  }

  static void requireCount(Collection<Identifier> timelines) {
    Limits.inRange("number of timelines", timelines.size(), 1, Limits.ITEMS_MAX);
  }

  static List<LatestResult> latest(String store, List<Identifier> asked, LatestResponse response) {
    requireCount(asked.size(), response.getResultsCount());
    List<LatestResult> out = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      io.tideline.proto.v1.LatestResult result = response.getResults(i);
      out.add(
          new LatestResult(
              new TimelineKey(store, asked.get(i)),
              result.hasEntry() ? WireEntries.fromWire(result.getEntry()) : null,
              WireEntries.fromWire(result.getCoverage()),
              result.hasError() ? failure(result.getError(), store) : null));
    }
    return List.copyOf(out);
  }

  static List<HeadResult> heads(String store, List<Identifier> asked, HeadsResponse response) {
    requireCount(asked.size(), response.getResultsCount());
    List<HeadResult> out = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      io.tideline.proto.v1.HeadResult result = response.getResults(i);
      TimelineKey timeline = new TimelineKey(store, asked.get(i));
      out.add(
          result.getResultCase() == ResultCase.HEAD
              ? new HeadResult(timeline, WireEntries.fromWire(timeline, result.getHead()), null)
              : new HeadResult(timeline, null, failure(result.getError(), store)));
    }
    return List.copyOf(out);
  }

  static List<SyncResult> sync(SyncSpec spec, SyncResponse response) {
    List<Identifier> asked = List.copyOf(spec.positions().keySet());
    requireCount(asked.size(), response.getResultsCount());
    List<SyncResult> out = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      io.tideline.proto.v1.SyncResult result = response.getResults(i);
      out.add(
          new SyncResult(
              new TimelineKey(spec.store(), asked.get(i)),
              result.getEntriesList().stream().map(WireEntries::fromWire).toList(),
              WireEntries.fromWire(result.getCoverage()),
              result.hasError() ? failure(result.getError(), spec.store()) : null));
    }
    return List.copyOf(out);
  }

  static List<CursorResult> cursors(
      String store,
      List<Identifier> asked,
      List<io.tideline.proto.v1.CursorResult> results,
      WriteKind kind) {
    requireCount(asked.size(), results.size());
    List<CursorResult> out = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      io.tideline.proto.v1.CursorResult result = results.get(i);
      TimelineKey timeline = new TimelineKey(store, asked.get(i));
      out.add(
          result.hasCursor()
              ? new CursorResult(timeline, CursorClient.cursor(timeline, result.getCursor()), null)
              : new CursorResult(timeline, null, failure(result.getError(), store, kind)));
    }
    return List.copyOf(out);
  }

  static List<UnreadResult> unread(
      String store, List<Identifier> asked, CountUnreadResponse response) {
    requireCount(asked.size(), response.getResultsCount());
    List<UnreadResult> out = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      io.tideline.proto.v1.UnreadResult result = response.getResults(i);
      io.tideline.proto.v1.Unread unread = result.getUnread();
      out.add(
          new UnreadResult(
              new TimelineKey(store, asked.get(i)),
              result.hasUnread()
                  ? new Unread(
                      unread.getCount(), unread.getLastSequenceId(), unread.getCursorSequenceId())
                  : null,
              result.hasUnread() ? null : failure(result.getError(), store)));
    }
    return List.copyOf(out);
  }

  private static TidelineException failure(ItemError error, String store) {
    return failure(error, store, WriteKind.READ);
  }

  private static TidelineException failure(ItemError error, String store, WriteKind kind) {
    return RetryRules.judge(ErrorDecoder.ofItem(error, store), kind, true).toException();
  }

  private static void requireCount(int asked, int answered) {
    if (asked != answered) {
      throw Failure.local(
              ErrorCode.INTERNAL,
              Status.Code.INTERNAL,
              "the server answered " + answered + " results to " + asked + " timelines")
          .toException();
    }
  }
}
