package io.tideline.server.service;

import io.tideline.proto.v1.DeleteMetaRequest;
import io.tideline.proto.v1.GetMetaRequest;
import io.tideline.proto.v1.ListMetaRequest;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.UpdateMetaRequest;

/** Rules for requests about meta that hold whatever the store. */
final class MetaValidator {

  private static final FieldPath STORE = FieldPath.of("store");

  private final MessageValidator messages;

  MetaValidator(MessageValidator messages) {
    this.messages = messages;
  }

  void validate(PutMetaRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    messages.validate(FieldPath.of("fields"), request.hasFields(), request.getFields());
    TimelineValidator.validateRoute(request.getRoute());
  }

  void validate(UpdateMetaRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    messages.validateChange(request.getSetFieldsMap(), request.getRemoveFieldsList());
    FilterValidator.validate(
        FieldPath.of("condition"), request.hasCondition(), request.getCondition());
    Check.range(
        FieldPath.of("expected_revision"),
        request.getExpectedRevision(),
        0,
        Long.MAX_VALUE,
        "revisions begin at 1; leave it unset for any");
    TimelineValidator.validateRoute(request.getRoute());
  }

  void validate(GetMetaRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    TimelineValidator.validateRead(FieldPath.of("read"), request.getRead());
    TimelineValidator.validateRoute(request.getRoute());
  }

  void validate(DeleteMetaRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    TimelineValidator.validateRoute(request.getRoute());
  }

  void validate(ListMetaRequest request) {
    StoreValidator.validateName(STORE, request.getStore());
    if (request.hasLimit()) {
      Check.range(
          FieldPath.of("limit"),
          request.getLimit(),
          1,
          Limits.PAGE_ENTRIES_MAX,
          "leave it unset for " + Limits.PAGE_ENTRIES_DEFAULT);
    }
    FilterValidator.validate(FieldPath.of("projection"), request.getProjection());
    TimelineValidator.validateRead(FieldPath.of("read"), request.getRead());
  }
}
