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
import io.tideline.server.command.MetaRecord;
import io.tideline.server.command.RecordTables;
import io.tideline.server.identifier.IdentifierCodec;
import io.tideline.server.service.Marshallers.Reply;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * MetaService.ListMeta: walks the partitions of a store in key order.
 *
 * <p>A page token is a version byte and the encoded identifier the next page begins at; it must lie
 * within the range of the call it comes back with.
 */
final class MetaListing {

  private static final byte TOKEN_VERSION = 1;
  private static final FieldPath PAGE_TOKEN = FieldPath.of("page_token");

  private final Stores stores;
  private final MetaValidator validator;

  MetaListing(Stores stores, MetaValidator validator) {
    this.stores = stores;
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
      if (!range.isEmpty() && range.overlaps(descriptor) && !page.isFull()) {
        try (ReadView view = reads.view(stores.partition(store, descriptor))) {
          page.read(view, range);
        }
      }
    }
    return page.toReply(reads.token());
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

    Page(ListMetaRequest request, int entriesMax) {
      this.request = request;
      this.entriesMax = entriesMax;
    }

    /** Whether a key was met that does not fit. */
    boolean isFull() {
      return nextKey != null;
    }

    void read(ReadView view, KeyRange range) throws Exception {
      try (RecordCursor records =
          view.records(
              RecordTables.META, range.start().length == 0 ? null : range.start(), range.end())) {
        while (!isFull() && records.next()) {
          byte[] key = records.key();
          Meta meta =
              MetaCalls.toProto(
                  Identifiers.decode(key),
                  MetaRecord.decode(records.value()),
                  request.getProjection());
          int size = meta.getSerializedSize();
          if (reply.getMetasCount() >= entriesMax
              || (reply.getMetasCount() > 0 && bytes + size > Limits.PAGE_BYTES_DEFAULT)) {
            nextKey = key;
          } else {
            reply.addMetas(meta);
            bytes += size;
          }
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
              .setNextPageToken(
                  ByteString.copyFrom(new byte[] {TOKEN_VERSION})
                      .concat(ByteString.copyFrom(nextKey)))
              .build());
    }
  }
}
