package io.tideline.server.identifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.server.identifier.IdentifierValue.Bytes;
import io.tideline.server.identifier.IdentifierValue.Int64;
import io.tideline.server.identifier.IdentifierValue.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IdentifierCodecTest {

  private static final long SEED = seed();

  /** Kinds of a schema drawn per round; all tuples of a round share it, as those of a store do. */
  private enum Kind {
    TEXT,
    INT64,
    BYTES
  }

  @Test
  void goldenBytesNeverChange() {
    assertThat(hex(new Text("im"), new Int64(300))).isEqualTo("02696d0016012c");
    assertThat(hex(new Int64(-1))).isEqualTo("13fe");
    assertThat(hex(new Int64(0))).isEqualTo("14");
    assertThat(hex(new Int64(Long.MAX_VALUE))).isEqualTo("1c7fffffffffffffff");
    assertThat(hex(new Int64(Long.MIN_VALUE))).isEqualTo("0c7fffffffffffffff");
    assertThat(hex(new Bytes(new byte[] {0, 1, 2, -1}))).isEqualTo("010101010202ff00");
    assertThat(hex(new Text("群"))).isEqualTo("02e7bea400");
  }

  @Test
  void comparingBytesComparesTuplesAndDecodingReturnsThem() {
    Random random = new Random(SEED);
    for (int round = 0; round < 300; round++) {
      Kind[] schema = randomSchema(random);
      List<List<IdentifierValue>> tuples = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        tuples.add(randomTuple(random, schema));
      }
      for (List<IdentifierValue> a : tuples) {
        byte[] encoded = IdentifierCodec.encode(a);
        assertThat(IdentifierCodec.decode(encoded)).as("seed %d", SEED).isEqualTo(a);
        for (List<IdentifierValue> b : tuples) {
          int bytes = Arrays.compareUnsigned(encoded, IdentifierCodec.encode(b));
          assertThat(Integer.signum(bytes))
              .as("seed %d: %s against %s", SEED, a, b)
              .isEqualTo(Integer.signum(compareTuples(a, b)));
        }
      }
    }
  }

  @Test
  void noEncodingIsAPrefixOfAnother() {
    Random random = new Random(SEED);
    for (int round = 0; round < 300; round++) {
      Kind[] schema = randomSchema(random);
      byte[] a = IdentifierCodec.encode(randomTuple(random, schema));
      byte[] b = IdentifierCodec.encode(randomTuple(random, schema));
      if (a.length < b.length) {
        assertThat(Arrays.copyOf(b, a.length)).as("seed %d", SEED).isNotEqualTo(a);
      }
    }
  }

  @Test
  void prefixRangeHoldsExactlyTheIdentifiersThatBeginWithTheFields() {
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      Kind[] schema = randomSchema(random);
      int length = random.nextInt(schema.length + 1);
      List<IdentifierValue> tuple = randomTuple(random, schema);
      List<IdentifierValue> prefix = randomTuple(random, schema).subList(0, length);
      byte[] start = IdentifierCodec.encodePrefix(prefix);
      byte[] end = IdentifierCodec.prefixEnd(start);
      byte[] key = IdentifierCodec.encode(tuple);
      boolean inRange =
          Arrays.compareUnsigned(key, start) >= 0
              && (end == null || Arrays.compareUnsigned(key, end) < 0);
      assertThat(inRange)
          .as("seed %d: %s in prefix %s", SEED, tuple, prefix)
          .isEqualTo(tuple.subList(0, length).equals(prefix));
    }
  }

  @Test
  void fourKibibytesFitAndOneMoreIsRefused() {
    // Tag and terminator take two bytes.
    List<IdentifierValue> largest = List.of(new Text("x".repeat(4094)));
    assertThat(IdentifierCodec.encode(largest)).hasSize(4096);
    assertThatThrownBy(() -> IdentifierCodec.encode(List.of(new Text("x".repeat(4095)))))
        .isInstanceOf(IdentifierTooLargeException.class)
        .hasMessageContaining("4097");
  }

  @Test
  void zeroAndFiveFieldsAreRefused() {
    assertThatThrownBy(() -> IdentifierCodec.encode(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    List<IdentifierValue> five = List.of(n(1), n(2), n(3), n(4), n(5));
    assertThatThrownBy(() -> IdentifierCodec.encode(five))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1..4");
  }

  @Test
  void emptyTextAndBytesAreRefused() {
    assertThatThrownBy(() -> new Text("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Bytes(new byte[0])).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Text("\ud800")).hasMessageContaining("surrogate");
  }

  @ParameterizedTest
  @CsvSource({
    "'', no field",
    "02, unfinished",
    "026101, unfinished",
    "0200, empty",
    "02ff00, not UTF-8",
    "02010300, unknown escape",
    "0b00, unknown tag",
    "1d00, unknown tag",
    "1500, shortest",
    "160001, shortest",
    "13ff, shortest",
    "1cffffffffffffffff, shortest",
    "1414141414, more than 4"
  })
  void foreignBytesAreRefused(String hex, String why) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> IdentifierCodec.decode(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 255, 256, 65_535, 65_536, 1L << 55, (1L << 56) - 1, 1L << 56, 1L << 62})
  void integersRoundTripAtByteBoundaries(long magnitude) {
    for (long value : new long[] {magnitude, -magnitude, magnitude - 1, -magnitude - 1}) {
      List<IdentifierValue> tuple = List.of(n(value));
      assertThat(IdentifierCodec.decode(IdentifierCodec.encode(tuple))).isEqualTo(tuple);
    }
  }

  @Test
  void randomBytesDecodeToTheirOwnEncodingOrAreRefused() {
    Random random = new Random(SEED);
    int accepted = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(1, 6)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) random.nextInt(0x1e);
      }
      try {
        List<IdentifierValue> fields = IdentifierCodec.decode(bytes);
        assertThat(IdentifierCodec.encode(fields)).as("seed %d", SEED).isEqualTo(bytes);
        accepted++;
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("not an encoded identifier");
      }
    }
    assertThat(accepted).isPositive();
  }

  private static Int64 n(long value) {
    return new Int64(value);
  }

  private static String hex(IdentifierValue... fields) {
    return HexFormat.of().formatHex(IdentifierCodec.encode(List.of(fields)));
  }

  private static Kind[] randomSchema(Random random) {
    Kind[] schema = new Kind[random.nextInt(1, 5)];
    for (int i = 0; i < schema.length; i++) {
      schema[i] = Kind.values()[random.nextInt(Kind.values().length)];
    }
    return schema;
  }

  /** Values from small alphabets, so that equal and nested values are common. */
  private static List<IdentifierValue> randomTuple(Random random, Kind[] schema) {
    List<IdentifierValue> tuple = new ArrayList<>();
    for (Kind kind : schema) {
      tuple.add(
          switch (kind) {
            case TEXT -> new Text(randomText(random));
            case INT64 -> new Int64(randomLong(random));
            case BYTES -> new Bytes(randomBytes(random));
          });
    }
    return tuple;
  }

  private static String randomText(Random random) {
    int[] alphabet = {0, 1, 2, 'a', 'b', 0x7f, 0x80, 0x7fff, 0xffff, 0x10000, 0x10ffff};
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
    }
    return text.toString();
  }

  private static long randomLong(Random random) {
    long[] corners = {0, 1, -1, 255, 256, -255, -256, Long.MAX_VALUE, Long.MIN_VALUE};
    return random.nextBoolean()
        ? corners[random.nextInt(corners.length)]
        : random.nextLong() >> random.nextInt(64);
  }

  private static byte[] randomBytes(Random random) {
    byte[] alphabet = {0, 1, 2, 0x7f, (byte) 0x80, (byte) 0xfe, (byte) 0xff};
    byte[] bytes = new byte[random.nextInt(1, 4)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = alphabet[random.nextInt(alphabet.length)];
    }
    return bytes;
  }

  private static int compareTuples(List<IdentifierValue> a, List<IdentifierValue> b) {
    for (int i = 0; i < a.size(); i++) {
      int order = compareFields(a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int compareFields(IdentifierValue a, IdentifierValue b) {
    return switch (a) {
      case Text text -> compareCodePoints(text.value(), ((Text) b).value());
      case Int64 number -> Long.compare(number.value(), ((Int64) b).value());
      case Bytes bytes -> Arrays.compareUnsigned(bytes.value(), ((Bytes) b).value());
    };
  }

  private static int compareCodePoints(String a, String b) {
    assertThat(a.getBytes(StandardCharsets.UTF_8)).isNotEmpty();
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }

  private static long seed() {
    String given = System.getProperty("seed", "");
    return given.isBlank() ? new Random().nextLong() : Long.parseLong(given);
  }
}
