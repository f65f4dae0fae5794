package io.tideline.server.service;

import static io.tideline.server.service.Samples.append;
import static io.tideline.server.service.Samples.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Message;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.Filter;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.StringList;
import io.tideline.proto.v1.Value;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WireDiagnosisTest {

  /** A text that no sample holds, to be overwritten by bytes that are not UTF-8. */
  private static final String MARK = "MARK!";

  private static final byte[] NOT_UTF8 = {'o', 'k', (byte) 0xff, (byte) 0xfe, 'x'};

  @Test
  void invalidUtf8IsNamedWhereverItStands() {
    assertPath(append().setStore(MARK).build(), "store");
    assertPath(append().setMessageKey(MARK).build(), "message_key");
    assertPath(
        append().setTimeline(Samples.timeline(MARK)).build(), "timeline.fields[0].string_value");
    assertPath(
        append().setMessage(Samples.message(MARK)).build(),
        "message.fields[\"text\"].string_value");
    assertPath(
        append()
            .setMessage(
                io.tideline.proto.v1.Message.newBuilder()
                    .putFields(
                        "tags",
                        Value.newBuilder()
                            .setStringListValue(
                                StringList.newBuilder().addValues("a").addValues(MARK))
                            .build()))
            .build(),
        "message.fields[\"tags\"].string_list_value.values[1]");
    assertPath(
        append()
            .setMessage(
                io.tideline.proto.v1.Message.newBuilder().putFields(MARK, Samples.text("x")))
            .build(),
        "message.fields[0].key");
    assertPath(
        BatchAppendRequest.newBuilder()
            .addItems(BatchAppendItem.newBuilder().setMessage(Samples.message("a")))
            .addItems(BatchAppendItem.newBuilder().setMessage(Samples.message(MARK)))
            .build(),
        "items[1].message.fields[\"text\"].string_value");
    assertPath(
        scan().setFilter(Filter.newBuilder().setNot(Filter.newBuilder().setExists(MARK))).build(),
        "filter.not.exists");
    assertPath(CreateStoreRequest.newBuilder().setName(MARK).build(), "name");
  }

  @Test
  void offsetAndBytesAreShown() {
    Failure failure = refuse(append().setStore(MARK).build());
    assertThat(failure.value()).isEqualTo("0xfffe78 at byte 2");
    assertThat(failure.message()).contains("store", "not UTF-8 from byte 2");
  }

  @Test
  void truncatedCharacterIsFoundAtItsFirstByte() {
    byte[] request =
        withBytes(
            append().setStore(MARK).build(), new byte[] {'a', (byte) 0xe7, (byte) 0xbe, 'a', 'b'});
    Failure failure = diagnose(AppendRequest.getDefaultInstance(), request);
    assertThat(failure.value()).startsWith("0xe7be");
    assertThat(failure.value()).endsWith("at byte 1");
  }

  @Test
  void nestingBeyondProtobufsLimitIsTooDeep() {
    Failure failure =
        diagnose(
            ScanRequest.getDefaultInstance(),
            scan().setFilter(Samples.filterOfDepth(150)).build().toByteArray());
    assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_TOO_DEEP);
    assertThat(failure.field()).startsWith("filter.not.not");
  }

  @Test
  void truncatedRequestIsMalformedAndNamesTheByte() {
    byte[] whole = append().build().toByteArray();
    Failure failure =
        diagnose(
            AppendRequest.getDefaultInstance(), java.util.Arrays.copyOf(whole, whole.length - 1));
    assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_MALFORMED_REQUEST);
    assertThat(failure.message()).contains("AppendRequest", "at byte");
  }

  @Test
  void randomDamageIsParsedOrDiagnosed() {
    long seed = new Random().nextLong();
    Random random = new Random(Long.getLong("seed", seed));
    byte[] whole = append().setMessageKey("键").build().toByteArray();
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        WireDiagnosis.parse(AppendRequest.getDefaultInstance(), damaged);
      } catch (FailureException e) {
        refused++;
        assertThat(e.failure().reason())
            .as("seed %d", seed)
            .isIn(
                ErrorReason.ERROR_REASON_INVALID_UTF8,
                ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
                ErrorReason.ERROR_REASON_TOO_DEEP);
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  private static void assertPath(Message request, String path) {
    Failure failure = refuse(request);
    assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_UTF8);
    assertThat(failure.field()).isEqualTo(path);
  }

  private static Failure refuse(Message request) {
    return diagnose(request.getDefaultInstanceForType(), withBytes(request, NOT_UTF8));
  }

  private static Failure diagnose(Message prototype, byte[] request) {
    FailureException thrown =
        catchThrowableOfType(FailureException.class, () -> WireDiagnosis.parse(prototype, request));
    assertThat(thrown).isNotNull();
    return thrown.failure();
  }

  /** The request with the mark overwritten. */
  private static byte[] withBytes(Message request, byte[] replacement) {
    byte[] bytes = request.toByteArray();
    byte[] mark = MARK.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i + mark.length <= bytes.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + mark.length, mark, 0, mark.length)) {
        System.arraycopy(replacement, 0, bytes, i, mark.length);
        return bytes;
      }
    }
    throw new IllegalArgumentException("the request has no mark");
  }
}
