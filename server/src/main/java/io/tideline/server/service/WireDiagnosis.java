package io.tideline.server.service;

import com.google.common.base.Utf8;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.tideline.proto.v1.ErrorReason;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why protobuf refused the bytes of a request, by walking them along the message's
 * descriptor: text that is not UTF-8, nesting that is too deep, or bytes that are no protobuf at
 * all. Runs only after a refusal.
 */
final class WireDiagnosis {

  /** Offending bytes shown in the error. */
  private static final int SHOWN_BYTES_MAX = 4;

  private final CodedInputStream in;

  private WireDiagnosis(byte[] request) {
    this.in = CodedInputStream.newInstance(request);
  }

  /** What is wrong with a request of this type that protobuf did not parse. */
  static Failure of(Descriptor type, byte[] request) {
    WireDiagnosis walk = new WireDiagnosis(request);
    try {
      Failure found = walk.message(type, FieldPath.ROOT, 1);
      return found != null ? found : malformed(type, "protobuf refused it");
    } catch (IOException e) {
      return malformed(
          type, "at byte " + walk.in.getTotalBytesRead() + " of " + request.length + ": " + say(e));
    }
  }

  private static Failure malformed(Descriptor type, String why) {
    return Failure.of(
        ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
        "the request is not a readable "
            + type.getName()
            + " ("
            + why
            + "); send the message of the tideline.v1 proto files");
  }

  private static String say(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : Texts.shorten(message, 160);
  }

  private @Nullable Failure message(Descriptor type, FieldPath path, int depth) throws IOException {
    if (depth > Limits.WIRE_DEPTH_MAX) {
      return tooDeep(path);
    }
    Map<Integer, Integer> elementCounts = new HashMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null || WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        in.skipField(tag);
        continue;
      }
      FieldPath fieldPath = path.field(field.getName());
      if (field.isRepeated()) {
        int index = elementCounts.merge(field.getNumber(), 1, Integer::sum) - 1;
        fieldPath = fieldPath.index(index);
      }
      Failure found = lengthDelimited(field, path, fieldPath, depth);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable Failure lengthDelimited(
      FieldDescriptor field, FieldPath parent, FieldPath path, int depth) throws IOException {
    return switch (field.getJavaType()) {
      case STRING -> text(path);
      case MESSAGE -> {
        int outer = in.pushLimit(in.readRawVarint32());
        Failure found =
            field.isMapField()
                ? mapEntry(field, parent.field(field.getName()), path, depth + 1)
                : message(field.getMessageType(), path, depth + 1);
        if (found == null) {
          in.popLimit(outer);
        }
        yield found;
      }
      default -> {
        // Bytes are free; packed numbers were read by protobuf without complaint or end early here.
        in.skipRawBytes(in.readRawVarint32());
        yield null;
      }
    };
  }

  /** A map is repeated (key = 1, value = 2) on the wire; keys of ours are text. */
  private @Nullable Failure mapEntry(
      FieldDescriptor map, FieldPath mapPath, FieldPath elementPath, int depth) throws IOException {
    FieldPath valuePath = elementPath;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field =
          map.getMessageType().findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null || WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        in.skipField(tag);
        continue;
      }
      if (field.getNumber() == 1 && field.getJavaType() == FieldDescriptor.JavaType.STRING) {
        byte[] key = in.readByteArray();
        if (!Utf8.isWellFormed(key)) {
          return notUtf8(elementPath.field("key"), key);
        }
        valuePath = mapPath.key(new String(key, java.nio.charset.StandardCharsets.UTF_8));
        continue;
      }
      Failure found = lengthDelimited(field, elementPath, valuePath, depth);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable Failure text(FieldPath path) throws IOException {
    byte[] bytes = in.readByteArray();
    return Utf8.isWellFormed(bytes) ? null : notUtf8(path, bytes);
  }

  private static Failure notUtf8(FieldPath path, byte[] bytes) {
    int offset = 0;
    while (Utf8.isWellFormed(bytes, 0, offset + 1) || isUnfinished(bytes, offset)) {
      offset++;
    }
    String shown =
        java.util.HexFormat.of()
            .formatHex(bytes, offset, Math.min(bytes.length, offset + SHOWN_BYTES_MAX));
    return Failure.of(
            ErrorReason.ERROR_REASON_INVALID_UTF8,
            path
                + " is text but its bytes are not UTF-8 from byte "
                + offset
                + " on (0x"
                + shown
                + "); encode it as UTF-8, or use a bytes value for binary data")
        .withField(path.toString())
        .withValue("0x" + shown + " at byte " + offset)
        .withLimit("UTF-8");
  }

  /** Whether the bytes up to {@code last} are the well-formed beginning of a longer character. */
  private static boolean isUnfinished(byte[] bytes, int last) {
    for (int end = last + 2; end <= Math.min(bytes.length, last + 4); end++) {
      if (Utf8.isWellFormed(bytes, 0, end)) {
        return true;
      }
    }
    return false;
  }

  private static Failure tooDeep(FieldPath path) {
    return Failure.of(
            ErrorReason.ERROR_REASON_TOO_DEEP,
            "the request nests messages deeper than "
                + Limits.WIRE_DEPTH_MAX
                + " levels; flatten its filter, which may have "
                + Limits.FILTER_DEPTH_MAX)
        .withField(Texts.shorten(path.toString(), Limits.ERROR_VALUE_CHARS_MAX))
        .withLimit(Limits.WIRE_DEPTH_MAX + " levels");
  }

  /** Parses a request, or throws the failure that says why it cannot be. */
  static <M extends com.google.protobuf.Message> M parse(M prototype, byte[] request) {
    try {
      @SuppressWarnings("unchecked")
      M message = (M) prototype.getParserForType().parseFrom(request);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw of(prototype.getDescriptorForType(), request).toException();
    }
  }
}
