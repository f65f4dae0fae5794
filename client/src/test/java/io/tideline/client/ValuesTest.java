package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The value types: what they hold comes back from the wire, and what cannot be is refused. */
class ValuesTest {

  private static final Message ALL_KINDS =
      Message.builder()
          .put("text", "héllo 你好 🙂")
          .put("int", Long.MIN_VALUE)
          .put("double", -0.5)
          .put("bool", true)
          .put("bytes", new byte[] {0, -1, 127})
          .put("list", List.of("a", "", "😀"))
          .put("geo", new GeoPoint(31.2, 121.5))
          .build();

  @Test
  void messagesComeBackFromTheWire() throws Exception {
    byte[] wire = WireValues.toWire(ALL_KINDS).toByteArray();
    Message back = WireValues.fromWire(io.tideline.proto.v1.Message.parseFrom(wire));
    assertThat(back).isEqualTo(ALL_KINDS).hasSameHashCodeAs(ALL_KINDS);
    assertThat(List.copyOf(back.fields().keySet())).isSorted();
  }

  @Test
  void typedGettersAnswerOnlyTheirKind() {
    assertThat(ALL_KINDS.getString("text")).contains("héllo 你好 🙂");
    assertThat(ALL_KINDS.getLong("int")).hasValue(Long.MIN_VALUE);
    assertThat(ALL_KINDS.getDouble("double")).hasValue(-0.5);
    assertThat(ALL_KINDS.getBoolean("bool")).contains(true);
    assertThat(ALL_KINDS.getBytes("bytes").orElseThrow()).containsExactly(0, -1, 127);
    assertThat(ALL_KINDS.getStringList("list")).contains(List.of("a", "", "😀"));
    assertThat(ALL_KINDS.getGeoPoint("geo")).contains(new GeoPoint(31.2, 121.5));
    assertThat(ALL_KINDS.getString("int")).isEmpty();
    assertThat(ALL_KINDS.getLong("nothing")).isEmpty();
  }

  @Test
  void messagesAreImmutable() {
    byte[] bytes = {1};
    List<String> list = new ArrayList<>(List.of("a"));
    Message.Builder builder = Message.builder().put("bytes", bytes).put("list", list);
    Message message = builder.build();
    bytes[0] = 9;
    list.add("b");
    builder.put("more", 1);
    message.getBytes("bytes").orElseThrow()[0] = 9;
    assertThat(message)
        .isEqualTo(
            Message.builder().put("list", List.of("a")).put("bytes", new byte[] {1}).build());
    assertThatThrownBy(() -> message.fields().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void messagesPrintReadably() {
    assertThat(Message.builder().put("a", "x\"\n").put("n", 7).put("b", new byte[] {10}).build())
        .hasToString("{a=\"x\\\"\\u000a\", n=7, b=0x0a}");
    assertThat(TimelineKey.of("chat", "group", 42)).hasToString("chat(\"group\", 42)");
  }

  @Test
  void textThatHasNoUtf8FormIsRefused() {
    for (String broken : List.of("\ud83d", "a\ude00", "\ude00\ud83d", "\ud83dx")) {
      assertThatThrownBy(() -> Value.of(broken)).hasMessageContaining("surrogate");
      assertThatThrownBy(() -> Message.of(broken, "v")).hasMessageContaining("surrogate");
      assertThatThrownBy(() -> Value.of(List.of(broken))).hasMessageContaining("surrogate");
    }
  }

  @Test
  void valuesThatTheServerRefusesAnywayAreRefusedEarly() {
    assertThatThrownBy(() -> Value.of(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new GeoPoint(90.1, 0)).hasMessageContaining("-90..90");
    assertThatThrownBy(() -> new GeoPoint(0, Double.NaN)).hasMessageContaining("-180..180");
    assertThatThrownBy(() -> Message.of("", "v")).hasMessageContaining("1 to 255");
    assertThatThrownBy(Identifier::of).hasMessageContaining("1..4");
    assertThatThrownBy(() -> Identifier.of(1, 2, 3, 4, 5)).hasMessageContaining("1..4");
    assertThatThrownBy(() -> Identifier.of("")).hasMessageContaining("empty");
    assertThatThrownBy(() -> Identifier.of(new byte[0])).hasMessageContaining("empty");
    assertThatThrownBy(() -> Identifier.of(1.5)).hasMessageContaining("1.5");
    assertThatThrownBy(() -> Identifier.of(new Object())).hasMessageContaining("Object");
    AppendItem item = AppendItem.of(TimelineKey.of("s", 1), Message.empty());
    assertThatThrownBy(() -> item.withMessageKey("")).hasMessageContaining("1..128");
    assertThatThrownBy(() -> item.withMessageKey("é".repeat(65))).hasMessageContaining("130 bytes");
  }

  @Test
  void identifiersComeBackFromTheWire() {
    Identifier identifier = Identifier.of("房", -5, new byte[] {1, 2}, Value.of(7));
    assertThat(WireValues.fromWire(WireValues.toWire(identifier)))
        .isEqualTo(identifier)
        .hasSameHashCodeAs(identifier)
        .hasToString("(\"房\", -5, 0x0102, 7)");
  }

  @Test
  void identifiersCompareAsTheServerOrdersThem() {
    List<Identifier> ascending =
        List.of(
            Identifier.of("a", -1),
            Identifier.of("a", 0),
            Identifier.of("a", 5),
            Identifier.of("ab", -9),
            Identifier.of("\uffff", 0),
            Identifier.of("🙂", 0));
    List<Identifier> shuffled = new ArrayList<>(ascending);
    Collections.shuffle(shuffled, new Random(1));
    Collections.sort(shuffled);
    assertThat(shuffled).isEqualTo(ascending);
    assertThat(Identifier.of(new byte[] {(byte) 0x80}))
        .isGreaterThan(Identifier.of(new byte[] {0x7f}));
  }

  @Test
  void textComparesAndMeasuresAsItsUtf8Bytes() {
    long seed = TestSeed.pick();
    Random random = new Random(seed);
    for (int i = 0; i < 5_000; i++) {
      String a = randomText(random);
      String b = randomText(random);
      byte[] aBytes = a.getBytes(StandardCharsets.UTF_8);
      byte[] bBytes = b.getBytes(StandardCharsets.UTF_8);
      assertThat(Integer.signum(Utf8.compare(a, b)))
          .as("%s and %s, seed %s", a, b, seed)
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(aBytes, bBytes)));
      assertThat(Utf8.length(a)).as("%s, seed %s", a, seed).isEqualTo(aBytes.length);
    }
  }

  private static String randomText(Random random) {
    int[] edges = {'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    StringBuilder out = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      out.appendCodePoint(edges[random.nextInt(edges.length)]);
    }
    return out.toString();
  }

  @Test
  void addressesAreParsed() {
    assertThat(ServerAddress.parse("node")).isEqualTo(new ServerAddress("node", 7420));
    assertThat(ServerAddress.parse(" node:1 ")).isEqualTo(new ServerAddress("node", 1));
    assertThat(ServerAddress.parse("[::1]")).isEqualTo(new ServerAddress("::1", 7420));
    assertThat(ServerAddress.parse("[::1]:80")).hasToString("[::1]:80");
    assertThatThrownBy(() -> ServerAddress.parse("::1")).hasMessageContaining("brackets");
    assertThatThrownBy(() -> ServerAddress.parse(":80")).hasMessageContaining("no host");
    assertThatThrownBy(() -> ServerAddress.parse("a:b")).hasMessageContaining("not a port");
    assertThatThrownBy(() -> ServerAddress.parse("a:0")).hasMessageContaining("1..65535");
    assertThatThrownBy(() -> TidelineClient.builder().build()).hasMessageContaining("no address");
  }
}
