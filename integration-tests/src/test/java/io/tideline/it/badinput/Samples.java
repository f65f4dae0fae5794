package io.tideline.it.badinput;

import com.google.protobuf.ByteString;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.InitialPartitions;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.PutMetaRequest;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.SequenceMode;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TrimRequest;
import io.tideline.proto.v1.Value;

/** The stores and timelines the wrong requests aim at, and right requests to spoil. */
final class Samples {

  /** DENSE, one string field, two partitions. */
  static final String DENSE = "dense";

  /** MANUAL, one string field. */
  static final String MANUAL = "manual";

  /** DENSE, identifier of a string, an int64 and bytes. */
  static final String TYPED = "typed";

  /** In {@link #DENSE}: three entries, the first trimmed. */
  static final TimelineId TIMELINE = Wire.id("alice");

  /** In {@link #DENSE}, other partition: one entry. */
  static final TimelineId SECOND_TIMELINE = Wire.id("zoe");

  /** In {@link #MANUAL}: one entry at {@link #MANUAL_ID}. */
  static final TimelineId MANUAL_TIMELINE = Wire.id("bob");

  static final long MANUAL_ID = -5;

  /** In {@link #TYPED}: one entry. */
  static final TimelineId TYPED_TIMELINE = Wire.id("room", 7L, new byte[] {1, 2});

  /** A key that {@link #TIMELINE} knows, with the text it came with. */
  static final String USED_KEY = "key-1";

  static final String USED_TEXT = "third";

  private static final int MEBIBYTE = 1 << 20;

  private Samples() {}

  static void create(Wire wire) {
    wire.stores()
        .createStore(
            CreateStoreRequest.newBuilder()
                .setName(DENSE)
                .addIdentifierSchema(Wire.field("name", IdentifierType.IDENTIFIER_TYPE_STRING))
                .setInitialPartitions(InitialPartitions.newBuilder().addSplitPoints(Wire.id("m")))
                .build());
    wire.createStore(
        MANUAL,
        StoreOptions.newBuilder().setSequenceMode(SequenceMode.SEQUENCE_MODE_MANUAL).build());
    wire.stores()
        .createStore(
            CreateStoreRequest.newBuilder()
                .setName(TYPED)
                .addIdentifierSchema(Wire.field("kind", IdentifierType.IDENTIFIER_TYPE_STRING))
                .addIdentifierSchema(Wire.field("number", IdentifierType.IDENTIFIER_TYPE_INT64))
                .addIdentifierSchema(Wire.field("raw", IdentifierType.IDENTIFIER_TYPE_BYTES))
                .build());
    wire.append(DENSE, TIMELINE, Wire.text("first"));
    wire.append(DENSE, TIMELINE, Wire.text("second"));
    wire.timelines()
        .append(append().setMessage(Wire.text(USED_TEXT)).setMessageKey(USED_KEY).build());
    wire.timelines()
        .trim(
            TrimRequest.newBuilder()
                .setStore(DENSE)
                .setTimeline(TIMELINE)
                .setThroughSequenceId(1)
                .build());
    wire.append(DENSE, SECOND_TIMELINE, Wire.text("only"));
    wire.append(TYPED, TYPED_TIMELINE, Wire.text("only"));
    wire.timelines().put(put().build());
    wire.meta().putMeta(putMeta().build());
  }

  static AppendRequest.Builder append() {
    return AppendRequest.newBuilder()
        .setStore(DENSE)
        .setTimeline(TIMELINE)
        .setMessage(Wire.text("hello"));
  }

  static AppendRequest.Builder appendMessage(Message message) {
    return append().setMessage(message);
  }

  static AppendRequest.Builder appendField(String name, Value.Builder value) {
    return append().setMessage(Message.newBuilder().putFields(name, value.build()));
  }

  static AppendRequest.Builder appendTyped(Object... identifier) {
    return append().setStore(TYPED).setTimeline(Wire.id(identifier));
  }

  static BatchAppendItem.Builder item() {
    return BatchAppendItem.newBuilder().setTimeline(TIMELINE).setMessage(Wire.text("hello"));
  }

  static PutRequest.Builder put() {
    return PutRequest.newBuilder()
        .setStore(MANUAL)
        .setTimeline(MANUAL_TIMELINE)
        .setSequenceId(MANUAL_ID)
        .setMessage(Wire.text("at minus five"));
  }

  static PutMetaRequest.Builder putMeta() {
    return PutMetaRequest.newBuilder()
        .setStore(DENSE)
        .setTimeline(TIMELINE)
        .setFields(Wire.text("topic"));
  }

  static ScanRequest.Builder scan() {
    return ScanRequest.newBuilder().setStore(DENSE).setTimeline(TIMELINE);
  }

  /** A message of so many encoded bytes more than 1 MiB. */
  static Message mebibytePlus(int bytes) {
    int size = MEBIBYTE + bytes;
    int guess = size - 64;
    return bytesMessage(guess + size - bytesMessage(guess).getSerializedSize());
  }

  private static Message bytesMessage(int size) {
    Value value = Value.newBuilder().setBytesValue(ByteString.copyFrom(new byte[size])).build();
    return Message.newBuilder().putFields("blob", value).build();
  }

  static Message fields(int count) {
    Message.Builder message = Message.newBuilder();
    for (int i = 0; i < count; i++) {
      message.putFields("f" + i, Wire.string(""));
    }
    return message.build();
  }

  /** A filter of so many levels. */
  static Filter filter(int levels) {
    Filter filter = Filter.newBuilder().setExists("text").build();
    for (int i = 1; i < levels; i++) {
      filter = Filter.newBuilder().setNot(filter).build();
    }
    return filter;
  }
}
