package io.tideline.server.service;

import com.google.protobuf.ByteString;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.manager.StoreState;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.Value;
import java.util.List;

/** Valid requests and parts of them, from which tests make invalid ones. */
final class Samples {

  static final String STORE = "im";

  private Samples() {}

  static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  static Value number(double number) {
    return Value.newBuilder().setDoubleValue(number).build();
  }

  static Message message(String text) {
    return Message.newBuilder().putFields("text", text(text)).build();
  }

  /** A message whose encoded size is exactly {@code bytes}. */
  static Message messageOfSize(int bytes) {
    int contentSize = bytes;
    Message message = Message.newBuilder().putFields("b", bytes(contentSize)).build();
    while (message.getSerializedSize() > bytes) {
      contentSize -= message.getSerializedSize() - bytes;
      message = Message.newBuilder().putFields("b", bytes(contentSize)).build();
    }
    if (message.getSerializedSize() != bytes) {
      throw new IllegalArgumentException("no message of exactly " + bytes + " bytes");
    }
    return message;
  }

  private static Value bytes(int size) {
    return Value.newBuilder().setBytesValue(ByteString.copyFrom(new byte[size])).build();
  }

  static Message messageOfFields(int count) {
    Message.Builder message = Message.newBuilder();
    for (int i = 0; i < count; i++) {
      message.putFields("f" + i, text("x"));
    }
    return message.build();
  }

  static TimelineId timeline(String conversation) {
    return TimelineId.newBuilder()
        .addFields(IdentifierValue.newBuilder().setStringValue(conversation))
        .build();
  }

  static AppendRequest.Builder append() {
    return AppendRequest.newBuilder()
        .setStore(STORE)
        .setTimeline(timeline("c1"))
        .setMessage(message("hello"));
  }

  static ScanRequest.Builder scan() {
    return ScanRequest.newBuilder().setStore(STORE).setTimeline(timeline("c1"));
  }

  /** A filter of this many levels. */
  static Filter filterOfDepth(int depth) {
    Filter filter = Filter.newBuilder().setExists("text").build();
    for (int level = 1; level < depth; level++) {
      filter = Filter.newBuilder().setNot(filter).build();
    }
    return filter;
  }

  static List<IdentifierField> schema(IdentifierType... types) {
    return java.util.stream.IntStream.range(0, types.length)
        .mapToObj(i -> new IdentifierField("f" + i, types[i]))
        .toList();
  }

  /** A store whose identifiers are one string. */
  static StoreDescriptor store(SequenceMode mode) {
    return new StoreDescriptor(
        1,
        STORE,
        schema(IdentifierType.STRING),
        StoreOptions.defaults(mode),
        StoreState.LIVE,
        1_000,
        0,
        List.of(new PartitionDescriptor(1, 1, new byte[0], new byte[0], List.of(), 1, 1)));
  }
}
