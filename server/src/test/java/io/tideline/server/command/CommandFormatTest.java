package io.tideline.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.testing.Seeds;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CommandFormatTest {

  /** One command of each type, with every optional field both there and not. */
  private static final CommandBatch EVERY_TYPE =
      new CommandBatch(
          1_700_000_000_123L,
          List.of(
              new Command.Append(text("a"), new byte[0], OptionalLong.empty(), 0, 1, text("hi")),
              new Command.Append(
                  text("conversation"),
                  text("key-1"),
                  OptionalLong.of(7),
                  1_699_999_999_000L,
                  2,
                  text("你好")),
              new Command.Put(text("a"), -5, true, 1, text("v")),
              new Command.Trim(text("a"), 41),
              new Command.PutMeta(text("a"), Command.PutMeta.ANY_VERSION, text("m")),
              new Command.DeleteMeta(text("a")),
              new Command.AdvanceTime(),
              new Command.SetOptions(
                  new PartitionOptions(SequenceMode.MONOTONIC, 604_800_000, 86_400_000)),
              new Command.ChangeCatalog(new byte[] {1, 2, 3})));

  /** One command of each type that came with version 2. */
  private static final CommandBatch EDITS =
      new CommandBatch(
          1_700_000_000_124L,
          List.of(
              new Command.ReplaceEntry(
                  text("a"), 3, 0x0102030405060708L, 1, text("v"), null, false),
              new Command.ReplaceEntry(
                  text("conversation"),
                  Long.MAX_VALUE - 1,
                  -1,
                  1,
                  new byte[0],
                  new Command.Announcement(2, text("你好")),
                  true),
              new Command.DeleteEntry(text("a"), -5, null),
              new Command.DeleteEntry(text("a"), 6, new Command.Announcement(2, text("gone"))),
              new Command.DeleteTimeline(text("a"))));

  /** The types that came with version 3, with their optional field both there and not. */
  private static final CommandBatch VERSION_3 =
      new CommandBatch(
          1_700_000_000_125L,
          List.of(
              new Command.FanOut(text("key-1"), 0, 1, text("hi"), List.of(text("a"))),
              new Command.FanOut(
                  text("key-2"),
                  1_699_999_999_000L,
                  2,
                  text("你好"),
                  List.of(text("conversation"), text("inbox-1"), text(""))),
              new Command.CommitCursors(
                  List.of(
                      new Command.CursorMove(text("a"), text("ana"), 7),
                      new Command.CursorMove(text("conversation"), text("你好"), -5)))));

  @Test
  void fanOutsAndCursorsAreThoseOfTheGoldenFileOfVersion3() throws Exception {
    byte[] golden = golden("command-batch-v3.hex");
    assertThat(HexFormat.of().formatHex(CommandFormat.encode(VERSION_3)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(CommandFormat.decode(golden)).usingRecursiveComparison().isEqualTo(VERSION_3);
  }

  /** Options are written as ever unless they limit what timelines keep. */
  @Test
  void retentionIsOfVersion3() throws Exception {
    CommandBatch batch =
        new CommandBatch(
            1,
            List.of(
                new Command.SetOptions(
                    new PartitionOptions(SequenceMode.DENSE, 2, 3, 1_000, 258))));
    byte[] bytes = CommandFormat.encode(batch);
    assertThat(HexFormat.of().formatHex(bytes, 0, bytes.length - 4))
        .isEqualTo(
            "03"
                + "0100000000000000"
                + "01"
                + "0e01"
                + "0200000000000000"
                + "0300000000000000"
                + "e803000000000000"
                + "0201000000000000");
    assertThat(CommandFormat.decode(bytes)).usingRecursiveComparison().isEqualTo(batch);
    everyFlippedBitIsNoticed(batch);
    everyTruncationIsNoticed(batch);
    byte[] older = bytes.clone();
    older[0] = 2;
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(older)))
        .hasMessageContaining("command type 14 is not of version 2");
    byte[] unlimited = bytes.clone();
    Arrays.fill(unlimited, unlimited.length - 20, unlimited.length - 4, (byte) 0);
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(unlimited)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("limits nothing");
    assertThat(CommandFormat.sizeBound(batch.commands().getFirst()))
        .isGreaterThanOrEqualTo(bytes.length - 14L);
  }

  @Test
  void fanOutsUnderVersion2AreRefused() {
    byte[] older = CommandFormat.encode(VERSION_3);
    older[0] = 2;
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(older)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("command type 12 is not of version 2");
  }

  @Test
  void aFanOutCountsAsTheAppendsThatItStandsFor() {
    byte[] value = new byte[1_000];
    List<byte[]> timelines = List.of(text("a"), text("b"), text("c"));
    long asAppends = 0;
    for (byte[] timeline : timelines) {
      asAppends +=
          CommandFormat.sizeBound(
              new Command.Append(timeline, text("k"), OptionalLong.empty(), 0, 1, value));
    }
    Command fanOut = new Command.FanOut(text("k"), 0, 1, value, timelines);
    assertThat(CommandFormat.sizeBound(fanOut)).isEqualTo(asAppends);
    // In the log the message is there once.
    assertThat(CommandFormat.encode(new CommandBatch(1, List.of(fanOut)))).hasSizeLessThan(1_100);
  }

  @Test
  void editsAreThoseOfTheGoldenFileOfVersion2() throws Exception {
    byte[] golden = golden("command-batch-v2.hex");
    assertThat(HexFormat.of().formatHex(CommandFormat.encode(EDITS)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(CommandFormat.decode(golden)).usingRecursiveComparison().isEqualTo(EDITS);
  }

  @Test
  void editsUnderVersion1AreRefused() {
    byte[] older = CommandFormat.encode(EDITS);
    older[0] = 1;
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(older)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("command type 9 is not of version 1");
  }

  @Test
  void everyTypeIsReadBackAsItWasWritten() throws Exception {
    CommandBatch back = CommandFormat.decode(CommandFormat.encode(EVERY_TYPE));
    assertThat(back).usingRecursiveComparison().isEqualTo(EVERY_TYPE);
  }

  @Test
  void bytesAreThoseOfTheGoldenFile() throws Exception {
    byte[] golden = golden("command-batch-v1.hex");
    assertThat(HexFormat.of().formatHex(CommandFormat.encode(EVERY_TYPE)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(CommandFormat.decode(golden)).usingRecursiveComparison().isEqualTo(EVERY_TYPE);
  }

  @Test
  void randomBatchesAreReadBackAsTheyWereWritten() throws Exception {
    long seed = Seeds.seedOr(20251101);
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      CommandBatch batch = randomBatch(random);
      byte[] bytes = CommandFormat.encode(batch);
      CommandBatch back = CommandFormat.decode(bytes);
      assertThat(back.commands()).hasSameSizeAs(batch.commands());
      assertThat(CommandFormat.encode(back)).as(Seeds.describe(seed)).isEqualTo(bytes);
    }
  }

  @Test
  void everyFlippedBitIsNoticed() {
    everyFlippedBitIsNoticed(EVERY_TYPE);
    everyFlippedBitIsNoticed(EDITS);
    everyFlippedBitIsNoticed(VERSION_3);
  }

  private static void everyFlippedBitIsNoticed(CommandBatch batch) {
    byte[] good = CommandFormat.encode(batch);
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> CommandFormat.decode(bad))
          .as("bit %d", bit)
          .isInstanceOf(FormatException.class);
    }
  }

  @Test
  void everyTruncationIsNoticed() {
    everyTruncationIsNoticed(EVERY_TYPE);
    everyTruncationIsNoticed(EDITS);
    everyTruncationIsNoticed(VERSION_3);
  }

  private static void everyTruncationIsNoticed(CommandBatch batch) {
    byte[] good = CommandFormat.encode(batch);
    for (int length = 0; length < good.length; length++) {
      byte[] bad = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> CommandFormat.decode(bad))
          .as("length %d", length)
          .isInstanceOf(FormatException.class);
    }
  }

  /** Even with a checksum that fits, garbage is refused and never read past its end. */
  @Test
  void damageUnderAValidChecksumIsRefusedOrReadsAsAnotherBatch() {
    long seed = Seeds.seedOr(7);
    Random random = new Random(seed);
    byte[] good = CommandFormat.encode(EVERY_TYPE);
    int refused = 0;
    for (int round = 0; round < 2_000; round++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length - 4)] = (byte) random.nextInt(256);
      try {
        CommandFormat.decode(withChecksum(bad));
      } catch (FormatException e) {
        refused++;
      }
    }
    assertThat(refused).as(Seeds.describe(seed)).isPositive();
  }

  @Test
  void newerVersionAndUnknownTypeAreNamed() {
    byte[] newer = CommandFormat.encode(EVERY_TYPE);
    newer[0] = 4;
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(newer)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("version 4 is unknown, this program reads 1 to 3");
    byte[] unknown = CommandFormat.encode(new CommandBatch(1, List.of(new Command.AdvanceTime())));
    unknown[unknown.length - 5] = 99;
    assertThatThrownBy(() -> CommandFormat.decode(withChecksum(unknown)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("command type 99");
  }

  @Test
  void sizeBoundIsNeverBelowTheBytesACommandAdds() {
    List<Command> all = new ArrayList<>(EVERY_TYPE.commands());
    all.addAll(EDITS.commands());
    all.addAll(VERSION_3.commands());
    for (Command command : all) {
      int alone = CommandFormat.encode(new CommandBatch(1, List.of(command))).length;
      int frame = 1 + 8 + 1 + 4;
      assertThat(CommandFormat.sizeBound(command))
          .as("%s", command)
          .isGreaterThanOrEqualTo((long) alone - frame);
    }
  }

  private static CommandBatch randomBatch(Random random) {
    List<Command> commands = new ArrayList<>();
    int count = 1 + random.nextInt(20);
    for (int i = 0; i < count; i++) {
      commands.add(randomCommand(random));
    }
    return new CommandBatch(random.nextLong(Long.MAX_VALUE), commands);
  }

  private static Command randomCommand(Random random) {
    return switch (random.nextInt(13)) {
      case 0 ->
          new Command.Append(
              bytes(random, 40),
              bytes(random, 128),
              random.nextBoolean() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty(),
              random.nextBoolean() ? random.nextLong(1, Long.MAX_VALUE) : 0,
              random.nextInt(32),
              bytes(random, 5_000));
      case 1 ->
          new Command.Put(
              bytes(random, 40),
              random.nextLong(),
              random.nextBoolean(),
              random.nextInt(32),
              bytes(random, 300));
      case 2 -> new Command.Trim(bytes(random, 4_096), random.nextLong());
      case 3 ->
          new Command.PutMeta(
              bytes(random, 40), random.nextLong(-1, Long.MAX_VALUE), bytes(random, 300));
      case 4 -> new Command.DeleteMeta(bytes(random, 40));
      case 5 -> new Command.AdvanceTime();
      case 6 ->
          new Command.SetOptions(
              new PartitionOptions(
                  SequenceMode.values()[random.nextInt(3)],
                  random.nextLong(Long.MAX_VALUE),
                  random.nextLong(1, Long.MAX_VALUE),
                  random.nextInt(2) * random.nextLong(Long.MAX_VALUE),
                  random.nextInt(2) * random.nextLong(Long.MAX_VALUE)));
      case 7 ->
          new Command.ReplaceEntry(
              bytes(random, 40),
              random.nextLong(),
              random.nextLong(),
              random.nextInt(32),
              bytes(random, 300),
              announcement(random),
              random.nextBoolean());
      case 8 -> new Command.DeleteEntry(bytes(random, 40), random.nextLong(), announcement(random));
      case 9 -> new Command.DeleteTimeline(bytes(random, 40));
      case 10 -> randomFanOut(random);
      case 11 ->
          new Command.CommitCursors(
              List.of(
                  new Command.CursorMove(bytes(random, 40), bytes(random, 128), random.nextLong()),
                  new Command.CursorMove(bytes(random, 4), bytes(random, 4), random.nextLong())));
      default -> new Command.ChangeCatalog(bytes(random, 300));
    };
  }

  private static Command randomFanOut(Random random) {
    List<byte[]> timelines = new ArrayList<>();
    int count = 1 + random.nextInt(50);
    for (int i = 0; i < count; i++) {
      timelines.add(bytes(random, 40));
    }
    byte[] key = bytes(random, 127);
    return new Command.FanOut(
        Arrays.copyOf(key, key.length + 1),
        random.nextBoolean() ? random.nextLong(1, Long.MAX_VALUE) : 0,
        random.nextInt(32),
        bytes(random, 300),
        timelines);
  }

  private static Command.@Nullable Announcement announcement(Random random) {
    return random.nextBoolean()
        ? new Command.Announcement(random.nextInt(32), bytes(random, 40))
        : null;
  }

  private static byte[] bytes(Random random, int lengthMax) {
    byte[] bytes = new byte[random.nextInt(lengthMax + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] withChecksum(byte[] batch) {
    CRC32C crc = new CRC32C();
    crc.update(batch, 0, batch.length - 4);
    int value = (int) crc.getValue();
    for (int i = 0; i < 4; i++) {
      batch[batch.length - 4 + i] = (byte) (value >>> (8 * i));
    }
    return batch;
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = CommandFormatTest.class.getResourceAsStream("/golden/" + name)) {
      assertThat(in).as("golden file %s", name).isNotNull();
      String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
