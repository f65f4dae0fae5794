package io.tideline.server.service;

import io.tideline.lsm.Direction;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.TimelineHead;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.Coverage;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.SyncPosition;
import io.tideline.proto.v1.SyncRequest;
import io.tideline.proto.v1.SyncResponse;
import io.tideline.proto.v1.SyncResult;
import io.tideline.server.service.Marshallers.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TimelineService.Sync: what is new in many timelines since the positions of one device.
 *
 * <p>First the heads of all timelines are read, which answers those without news. Those with news
 * are then read freshest first until the budget of entries and bytes is used up; the rest say MORE
 * without entries. The freshest timeline always gets an entry, so that a caller that reads on ends.
 *
 * <p>Equal calls at the same time are answered by one read, see {@link SharedReads}.
 */
final class SyncReads {

  private static final FieldPath POSITIONS = FieldPath.of("positions");

  /** Larger calls are compared with none: they name many timelines, and are hardly ever equal. */
  private static final int SHARED_REQUEST_BYTES_MAX = 1_024;

  private final Stores stores;
  private final Forwarding forwarding;
  private final TimelineValidator validator;
  private final SharedReads<EqualCalls> shared = new SharedReads<>();

  /** A store of the same name may be another one. */
  private record EqualCalls(long storeId, SyncRequest request) {}

  SyncReads(Stores stores, Forwarding forwarding, TimelineValidator validator) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
  }

  Reply sync(SyncRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    List<byte[]> keys = encode(POSITIONS, request.getPositionsList(), store);
    int bytesMax = TimelineReads.pageBytes(request.hasLimitBytes(), request.getLimitBytes());
    context.reserve(bytesMax + (long) request.getSerializedSize());
    if (request.getSerializedSize() > SHARED_REQUEST_BYTES_MAX
        || isElsewhere(store, keys, context)) {
      return read(request, store, keys, bytesMax, context);
    }
    return shared.read(
        new EqualCalls(store.storeId(), request),
        context,
        () -> read(request, store, keys, bytesMax, context));
  }

  /** How many calls were answered by an equal one's read since the start. */
  long sharedCount() {
    return shared.sharedCount();
  }

  private boolean isElsewhere(StoreDescriptor store, List<byte[]> keys, CallContext context) {
    return keys.stream().anyMatch(key -> forwarding.isElsewhere(store.partitionOf(key), context));
  }

  private Reply read(
      SyncRequest request,
      StoreDescriptor store,
      List<byte[]> keys,
      int bytesMax,
      CallContext context)
      throws Exception {
    try (ManyTimelines many =
        ManyTimelines.open(stores, forwarding, store, keys, request.getRead(), context)) {
      return new Run(request, many, bytesMax, new SyncElsewhere(forwarding, request, context))
          .run();
    }
  }

  /** The encoded timelines of positions that fit the store; a wrong one refuses the whole call. */
  static List<byte[]> encode(FieldPath positions, List<SyncPosition> given, StoreDescriptor store) {
    SequenceMode mode = store.options().sequenceMode();
    List<byte[]> keys = new ArrayList<>(given.size());
    for (int i = 0; i < given.size(); i++) {
      SyncPosition position = given.get(i);
      FieldPath path = positions.index(i);
      keys.add(
          Identifiers.encode(
              path.field("timeline"),
              position.hasTimeline(),
              position.getTimeline(),
              store.schema()));
      TimelineValidator.validatePosition(
          path.field("after_sequence_id"), position.getAfterSequenceId(), mode);
    }
    return keys;
  }

  /** One call: the budget and the results by place. */
  private static final class Run {
    private final SyncRequest request;
    private final ManyTimelines many;
    private final SyncElsewhere elsewhere;
    private final @Nullable TimelineFacts[] facts;
    private final @Nullable ReadView[] views;
    private final @Nullable ReplyBuffer[] results;
    private final int perTimeline;
    private int entriesLeft;
    private long bytesLeft;
    private boolean any;

    Run(SyncRequest request, ManyTimelines many, int bytesMax, SyncElsewhere elsewhere) {
      this.elsewhere = elsewhere;
      this.request = request;
      this.many = many;
      int count = request.getPositionsCount();
      this.facts = new TimelineFacts[count];
      this.views = new ReadView[count];
      this.results = new ReplyBuffer[count];
      this.perTimeline =
          request.hasLimitPerTimeline()
              ? request.getLimitPerTimeline()
              : Limits.SYNC_ENTRIES_PER_TIMELINE_DEFAULT;
      this.entriesLeft = request.hasLimit() ? request.getLimit() : Limits.SYNC_ENTRIES_DEFAULT;
      this.bytesLeft = bytesMax;
    }

    Reply run() throws IOException, InterruptedException {
      many.forEachPartition(
          (view, places) -> {
            for (int place : places) {
              facts[place] = TimelineFacts.read(view, many.key(place), many.store());
              views[place] = view;
            }
          });
      elsewhere.ask(many, (int) bytesLeft);
      for (int place : freshestFirst()) {
        SyncElsewhere.Answer answer = elsewhere.answer(place);
        if (answer == null) {
          read(place);
        } else {
          take(place, answer.result());
        }
      }
      return compose();
    }

    /** Places that can be read, by the time of their newest entry, in request order within one. */
    private List<Integer> freshestFirst() {
      List<Integer> places = new ArrayList<>();
      for (int place = 0; place < facts.length; place++) {
        if (many.failure(place) == null) {
          places.add(place);
        }
      }
      places.sort(Comparator.comparingLong(this::lastAppendMillis).reversed());
      return places;
    }

    private long lastAppendMillis(int place) {
      SyncElsewhere.Answer answer = elsewhere.answer(place);
      if (answer != null) {
        return answer.lastAppendMillis();
      }
      TimelineFacts known = facts[place];
      TimelineHead head = known == null ? null : known.head();
      return head == null ? 0 : head.lastAppendMillis();
    }

    private void read(int place) throws IOException {
      TimelineFacts known = facts[place];
      ReadView view = views[place];
      if (known == null || view == null) {
        throw new IllegalStateException("timeline " + place + " was neither read nor failed");
      }
      SyncPosition position = request.getPositions(place);
      ReplyBuffer result = new ReplyBuffer();
      Coverage coverage;
      long from = fromOf(position, known);
      boolean hasNews = known.exists() && from <= known.lastSequenceId();
      if (hasNews && any && (entriesLeft <= 0 || bytesLeft <= 0)) {
        coverage = leftOut(known, from);
      } else {
        coverage = readPage(view, place, known, from, result);
      }
      result.append(
          SyncResult.newBuilder()
              .setTimeline(position.getTimeline())
              .setCoverage(coverage)
              .build());
      results[place] = result;
    }

    /** As much of what another node has answered as the budget allows. */
    private void take(int place, SyncResult answered) {
      int count = 0;
      for (Entry entry : answered.getEntriesList()) {
        int size = entry.getSerializedSize();
        if (any && (entriesLeft <= 0 || size > bytesLeft)) {
          break;
        }
        count++;
        entriesLeft--;
        bytesLeft -= size;
        any = true;
      }
      ReplyBuffer result = new ReplyBuffer();
      result.append(SyncElsewhere.firstEntries(answered, count));
      results[place] = result;
    }

    private Coverage readPage(
        ReadView view, int place, TimelineFacts known, long from, ReplyBuffer result)
        throws IOException {
      PageRequest page =
          new PageRequest(
              Direction.FORWARD,
              from,
              Limits.SEQUENCE_ID_ABOVE_ALL,
              true,
              Math.max(1, Math.min(perTimeline, entriesLeft)),
              (int) Math.max(1, bytesLeft),
              null,
              request.getProjection());
      PageReader reader = new PageReader(page, known, result, SyncResult.ENTRIES_FIELD_NUMBER);
      Coverage coverage = reader.read(view, many.key(place));
      entriesLeft -= reader.entries();
      bytesLeft -= reader.entryBytes();
      any |= reader.entries() > 0;
      return coverage;
    }

    /** The smallest id the device lacks. */
    private static long fromOf(SyncPosition position, TimelineFacts known) {
      long after = position.getAfterSequenceId();
      if (known.mode() == SequenceMode.MANUAL && after == 0) {
        return TimelineReads.firstIdOf(known.mode());
      }
      return Saturated.plusOne(after);
    }

    private static Coverage leftOut(TimelineFacts known, long from) {
      boolean trimmed = known.hasGone(from, Limits.SEQUENCE_ID_ABOVE_ALL);
      boolean hasMore = !known.isEmpty();
      CoverageStatus status =
          trimmed ? CoverageStatus.COVERAGE_STATUS_TRIMMED : CoverageStatus.COVERAGE_STATUS_MORE;
      return PageReader.of(
          known, status, hasMore ? from : Saturated.plusOne(known.lastSequenceId()), hasMore);
    }

    private Reply compose() {
      ReplyBuffer reply = new ReplyBuffer();
      for (int place = 0; place < results.length; place++) {
        Failure failure = many.failure(place);
        ReplyBuffer result = results[place];
        if (failure != null || result == null) {
          reply.message(SyncResponse.RESULTS_FIELD_NUMBER, failed(place, failure));
        } else {
          reply.nested(SyncResponse.RESULTS_FIELD_NUMBER, result);
        }
      }
      reply.append(SyncResponse.newBuilder().setSessionToken(many.token()).build());
      return reply.toReply();
    }

    private SyncResult failed(int place, @Nullable Failure failure) {
      if (failure == null) {
        throw new IllegalStateException("timeline " + place + " has neither result nor failure");
      }
      return SyncResult.newBuilder()
          .setTimeline(request.getPositions(place).getTimeline())
          .setCoverage(
              Coverage.newBuilder().setStatus(CoverageStatus.COVERAGE_STATUS_ERROR).build())
          .setError(ErrorMapper.toItemError(failure))
          .build();
    }
  }
}
