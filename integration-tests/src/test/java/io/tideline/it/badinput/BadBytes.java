package io.tideline.it.badinput;

import static io.tideline.it.badinput.BadRequest.invalid;
import static io.tideline.it.badinput.BadRequest.missing;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_INVALID_UTF8;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_MALFORMED_REQUEST;
import static io.tideline.proto.v1.ErrorReason.ERROR_REASON_TOO_DEEP;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.StringList;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Requests that no generated stub would send: text that is not UTF-8, and bytes that are no
 * request.
 */
final class BadBytes {

  /** Stands in a right request where {@link #NOT_UTF8} is put before it is sent. */
  private static final String MARKER = "MARKER";

  /** As long as the marker; the bytes from index 2 on are not UTF-8. */
  private static final byte[] NOT_UTF8 = {'o', 'k', (byte) 0xff, (byte) 0xfe, 'o', 'k'};

  private static final String SHOWN = "0xfffe6f6b at byte 2";

  private BadBytes() {}

  static Stream<BadRequest> all() {
    return Stream.of(text(), malformed()).flatMap(rows -> rows);
  }

  private static Stream<BadRequest> text() {
    Value list =
        Value.newBuilder()
            .setStringListValue(StringList.newBuilder().addValues("fine").addValues(MARKER))
            .build();
    return Stream.of(
        notUtf8(
            "text value",
            Samples.appendMessage(Wire.text(MARKER)).build(),
            "message.fields[\"text\"].string_value"),
        notUtf8(
            "element of a string list",
            Samples.appendMessage(Message.newBuilder().putFields("tags", list).build()).build(),
            "message.fields[\"tags\"].string_list_value.values[1]"),
        notUtf8(
            "field name",
            Samples.appendField(MARKER, Value.newBuilder().setBoolValue(true)).build(),
            "message.fields[0].key"),
        notUtf8(
            "identifier",
            Samples.append().setTimeline(Wire.id(MARKER)).build(),
            "timeline.fields[0].string_value"),
        notUtf8("message key", Samples.append().setMessageKey(MARKER).build(), "message_key"),
        notUtf8("store", Samples.append().setStore(MARKER).build(), "store"),
        invalid(
            "name of a new store is not UTF-8",
            raw(
                StoreServiceGrpc.getCreateStoreMethod(),
                spoil(CreateStoreRequest.newBuilder().setName(MARKER).build())),
            ERROR_REASON_INVALID_UTF8,
            "name",
            SHOWN,
            "UTF-8"));
  }

  private static Stream<BadRequest> malformed() {
    byte[] whole = Samples.append().build().toByteArray();
    byte[] deep = Samples.scan().setFilter(Samples.filter(200)).build().toByteArray();
    return Stream.of(
        malformed("bytes that are no protobuf", new byte[] {(byte) 0xff, 0x13, 0x37, (byte) 0x80}),
        malformed("request cut off", Arrays.copyOf(whole, whole.length - 3)),
        missing("empty request", raw(TimelineServiceGrpc.getAppendMethod(), new byte[0]), "store"),
        new BadRequest(
            "filter of 200 levels",
            raw(TimelineServiceGrpc.getScanMethod(), deep),
            Status.Code.INVALID_ARGUMENT,
            ERROR_REASON_TOO_DEEP,
            "",
            "",
            "100 levels"));
  }

  private static BadRequest notUtf8(String what, MessageLite request, String field) {
    return invalid(
        what + " is not UTF-8",
        raw(TimelineServiceGrpc.getAppendMethod(), spoil(request)),
        ERROR_REASON_INVALID_UTF8,
        field,
        SHOWN,
        "UTF-8");
  }

  private static BadRequest malformed(String name, byte[] request) {
    return invalid(
        name,
        raw(TimelineServiceGrpc.getAppendMethod(), request),
        ERROR_REASON_MALFORMED_REQUEST,
        "",
        "",
        "");
  }

  private static Consumer<Wire> raw(MethodDescriptor<?, ?> method, byte[] request) {
    return wire -> wire.callRaw(method, request);
  }

  private static byte[] spoil(MessageLite request) {
    byte[] bytes = request.toByteArray();
    byte[] marker = MARKER.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + marker.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + marker.length, marker, 0, marker.length)) {
        System.arraycopy(NOT_UTF8, 0, bytes, at, NOT_UTF8.length);
        return bytes;
      }
    }
    throw new IllegalArgumentException("no marker in " + request);
  }
}
