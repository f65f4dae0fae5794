package io.tideline.server.service;

import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_TOKEN;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVERTED_RANGE;

import com.google.protobuf.ByteString;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.StoreDescriptor;
import io.tideline.proto.v1.CoverageStatus;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.ListMetaResponse;
import io.tideline.proto.v1.Meta;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.server.command.MetaRecord;
import io.tideline.server.command.RecordTables;
import io.tideline.server.identifier.IdentifierCodec;
import io.tideline.server.service.Marshallers.Reply;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * MetaService.ListMeta: walks the partitions of a store in key order. From one that has no replica
 * here a node that has one goes on, as far as it can: what it returns is added to the page.
 *
 * <p>A page token is a version byte and the encoded identifier the next page begins at; it must lie
 * within the range of the call it comes back with.
 */
final class MetaListing {

  private static final byte TOKEN_VERSION = 1;
  private static final FieldPath PAGE_TOKEN = FieldPath.of("page_token");

  private final Stores stores;
  private final Forwarding forwarding;
  private final MetaValidator validator;

  MetaListing(Stores stores, Forwarding forwarding, MetaValidator validator) {
    this.stores = stores;
    this.forwarding = forwarding;
    this.validator = validator;
  }

  /**
   * Encoded identifiers {@code [start, end)}.
   *
   * @param end null for past the last
   */
  private record KeyRange(byte[] start, byte @Nullable [] end) {

    boolean isEmpty() {
      return end != null && Arrays.compareUnsigned(start, end) >= 0;
    }

    /** The part at and after a key. */
    KeyRange from(byte[] key) {
      return Arrays.compareUnsigned(key, start) > 0 ? new KeyRange(key, end) : this;
    }

    /** The empty part at the start. */
    KeyRange nothing() {
      return new KeyRange(start, start);
    }

    boolean overlaps(PartitionDescriptor partition) {
      return (partition.end().length == 0 || Arrays.compareUnsigned(start, partition.end()) < 0)
          && (end == null || Arrays.compareUnsigned(partition.start(), end) < 0);
    }
  }

  Reply list(ListMetaRequest request, CallContext context) throws Exception {
    validator.validate(request);
    StoreDescriptor store = stores.require(request.getStore());
    KeyRange range = range(request, store);
    context.reserve(Limits.PAGE_BYTES_DEFAULT);
    Page page =
        new Page(request, request.hasLimit() ? request.getLimit() : Limits.PAGE_ENTRIES_DEFAULT);
    Reads reads = new Reads(request.getRead(), context);
    for (PartitionDescriptor descriptor : store.partitions()) {
      if (range.isEmpty() || !range.overlaps(descriptor) || page.isFull()) {
        continue;
      }
      if (forwarding.isElsewhere(descriptor, context)) {
        range = readElsewhere(store, descriptor, range, page, reads, context);
      } else if (page.hasBegun() && !forwarding.hasReplica(descriptor)) {
        // Passed on to here for the partitions before: whoever did goes on with another node.
        page.stopAt(descriptor.start());
      } else {
        page.begin();
        try (ReadView view = reads.view(stores.partition(store, descriptor))) {
          page.read(view, range);
        }
      }
    }
    return page.toReply(reads.token());
  }

  /** Adds what other nodes have of a partition, and after it; returns what is left to list. */
  private KeyRange readElsewhere(
      StoreDescriptor store,
      PartitionDescriptor partition,
      KeyRange range,
      Page page,
      Reads reads,
      CallContext context)
      throws Exception {
    KeyRange left = range.from(partition.start());
    while (!left.isEmpty() && left.overlaps(partition) && !page.isFull()) {
      ListMetaResponse there =
          forwarding.read(
              partition,
              MetaServiceGrpc.getListMetaMethod(),
              page.rest(token(left.start())),
              ListMetaResponse.parser(),
              context);
      reads.note(there.getSessionToken());
      for (Meta meta : there.getMetasList()) {
        if (!page.isFull()) {
          page.add(
              Identifiers.encode(FieldPath.of("metas"), true, meta.getTimeline(), store.schema()),
              meta);
        }
      }
      if (page.isFull()) {
        return left;
      }
      if (there.getNextPageToken().isEmpty()) {
        return left.nothing();
      }
      left = left.from(there.getNextPageToken().substring(1).toByteArray());
      if (page.isComplete()) {
        page.stopAt(left.start());
      }
    }
    return left;
  }

  private static ByteString token(byte[] nextKey) {
    return ByteString.copyFrom(new byte[] {TOKEN_VERSION}).concat(ByteString.copyFrom(nextKey));
  }

  private static KeyRange range(ListMetaRequest request, StoreDescriptor store) {
    FieldPath startPath = FieldPath.of("start");
    byte[] prefix =
        Identifiers.encodePrefix(FieldPath.of("prefix"), request.getPrefixList(), store.schema());
    byte[] start = prefix;
    byte[] end = IdentifierCodec.prefixEnd(prefix);
    byte @Nullable [] givenStart =
        request.hasStart()
            ? Identifiers.encode(startPath, true, request.getStart(), store.schema())
            : null;
    byte @Nullable [] givenEnd =
        request.hasEnd()
            ? Identifiers.encode(FieldPath.of("end"), true, request.getEnd(), store.schema())
            : null;
    if (givenStart != null
        && givenEnd != null
        && Arrays.compareUnsigned(givenStart, givenEnd) > 0) {
      throw Check.refuse(
          ERROR_REASON_INVERTED_RANGE,
          startPath,
          "",
          "at most end",
          "is beyond end; give the range from the smaller to the larger identifier");
    }
    if (givenStart != null && Arrays.compareUnsigned(givenStart, start) > 0) {
      start = givenStart;
    }
    if (givenEnd != null && (end == null || Arrays.compareUnsigned(givenEnd, end) < 0)) {
      end = givenEnd;
    }
    return request.getPageToken().isEmpty()
        ? new KeyRange(start, end)
        : new KeyRange(resume(request.getPageToken(), start, end), end);
  }

  private static byte[] resume(ByteString token, byte[] start, byte @Nullable [] end) {
    if (token.byteAt(0) == TOKEN_VERSION) {
      byte[] next = token.substring(1).toByteArray();
      if (Arrays.compareUnsigned(next, start) >= 0
          && (end == null || Arrays.compareUnsigned(next, end) < 0)) {
        return next;
      }
    }
    throw Check.refuse(
        ERROR_REASON_INVALID_TOKEN,
        PAGE_TOKEN,
        "",
        "next_page_token of the same listing",
        "is not one that this listing returned; repeat the call with the same prefix, start and end"
            + " as the page before, or without a token from the first page");
  }

  /** The page as it fills, over partitions in key order. */
  private static final class Page {
    private final ListMetaRequest request;
    private final int entriesMax;
    private final ListMetaResponse.Builder reply = ListMetaResponse.newBuilder();
    private long bytes;
    private byte @Nullable [] nextKey;
    private boolean begun;

    Page(ListMetaRequest request, int entriesMax) {
      this.request = request;
      this.entriesMax = entriesMax;
    }

    /** Whether a key was met that does not fit. */
    boolean isFull() {
      return nextKey != null;
    }

    /** Whether a partition was read. */
    boolean hasBegun() {
      return begun;
    }

    void begin() {
      begun = true;
    }

    /** Whether it has as many entries as were asked for. */
    boolean isComplete() {
      return reply.getMetasCount() >= entriesMax;
    }

    /** Leaves the rest to the next page. */
    void stopAt(byte[] key) {
      nextKey = key;
    }

    /** The call for what is missing; of a full page, for whether there is a next one. */
    ListMetaRequest rest(ByteString token) {
      return request.toBuilder()
          .setPageToken(token)
          .setLimit(Math.max(1, entriesMax - reply.getMetasCount()))
          .build();
    }

    /** Adds an entry, or notes that it does not fit. */
    void add(byte[] key, Meta meta) {
      int size = meta.getSerializedSize();
      if (isComplete() || (reply.getMetasCount() > 0 && bytes + size > Limits.PAGE_BYTES_DEFAULT)) {
        nextKey = key;
      } else {
        reply.addMetas(meta);
        bytes += size;
      }
    }

    void read(ReadView view, KeyRange range) throws Exception {
      try (RecordCursor records =
          view.records(
              RecordTables.META, range.start().length == 0 ? null : range.start(), range.end())) {
        while (!isFull() && records.next()) {
          byte[] key = records.key();
          add(
              key,
              MetaCalls.toProto(
                  Identifiers.decode(key),
                  MetaRecord.decode(records.value()),
                  request.getProjection()));
        }
      }
    }

    Reply toReply(ByteString sessionToken) {
      reply.setSessionToken(sessionToken);
      if (nextKey == null) {
        return Reply.of(reply.setStatus(CoverageStatus.COVERAGE_STATUS_COMPLETE).build());
      }
      return Reply.of(
          reply
              .setStatus(CoverageStatus.COVERAGE_STATUS_MORE)
              .setNextPageToken(token(nextKey))
              .build());
    }
  }
}
