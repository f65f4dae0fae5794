package io.tideline.server.service;

import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.TimelineId;
import org.jspecify.annotations.Nullable;

/**
 * Why a call or an item failed, before it is put into gRPC's form by {@link ErrorMapper}.
 *
 * @param reason for programs
 * @param message for people: names field, value, limit and what to do
 * @param store empty if none is concerned
 * @param timeline null if none is concerned
 * @param field path of the offending request field, empty if none
 * @param value the offending value, empty if none
 * @param limit what it must respect, empty if nothing
 * @param retryAfterMillis 0 if no hint
 * @param partition with NOT_LEADER and STALE_EPOCH, else null
 */
record Failure(
    ErrorReason reason,
    String message,
    String store,
    @Nullable TimelineId timeline,
    String field,
    String value,
    String limit,
    long retryAfterMillis,
    @Nullable PartitionDescriptor partition) {

  static Failure of(ErrorReason reason, String message) {
    return new Failure(reason, message, "", null, "", "", "", 0, null);
  }

  Failure withStore(String newStore) {
    return new Failure(
        reason, message, newStore, timeline, field, value, limit, retryAfterMillis, partition);
  }

  Failure withTimeline(TimelineId newTimeline) {
    return new Failure(
        reason, message, store, newTimeline, field, value, limit, retryAfterMillis, partition);
  }

  Failure withField(String newField) {
    return new Failure(
        reason, message, store, timeline, newField, value, limit, retryAfterMillis, partition);
  }

  Failure withValue(String newValue) {
    return new Failure(
        reason, message, store, timeline, field, newValue, limit, retryAfterMillis, partition);
  }

  Failure withLimit(String newLimit) {
    return new Failure(
        reason, message, store, timeline, field, value, newLimit, retryAfterMillis, partition);
  }

  Failure withRetryAfterMillis(long millis) {
    return new Failure(reason, message, store, timeline, field, value, limit, millis, partition);
  }

  Failure withPartition(PartitionDescriptor descriptor) {
    return new Failure(
        reason, message, store, timeline, field, value, limit, retryAfterMillis, descriptor);
  }

  FailureException toException() {
    return new FailureException(this);
  }
}
