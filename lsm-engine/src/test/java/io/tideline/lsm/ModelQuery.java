package io.tideline.lsm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.testing.ModelStore;
import io.tideline.lsm.testing.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;

/** A question an engine and a {@link ModelStore} must answer alike, with parameters at random. */
sealed interface ModelQuery {

  void assertSameAnswer(ReadView view, ModelStore model) throws IOException;

  /** Draws a question about one of {@code timelines} timelines. */
  static ModelQuery draw(SplittableRandom random, ModelStore model, int timelines) {
    byte[] key = Workload.key(random.nextInt(timelines));
    long last = model.head(key).map(TimelineHead::lastSequenceId).orElse(0L);
    long low = last - random.nextInt(60) + 5;
    Direction direction = random.nextBoolean() ? Direction.FORWARD : Direction.BACKWARD;
    return switch (random.nextInt(7)) {
      case 0 -> new Page(key, low, low + random.nextInt(40), direction, Integer.MAX_VALUE);
      case 1 -> new Page(key, low, Long.MAX_VALUE, direction, 1 + random.nextInt(20));
      case 2 -> new Page(key, Long.MIN_VALUE, low, direction, 1 + random.nextInt(20));
      case 3 -> new Page(key, low, low + 1, direction, 1);
      case 4 -> new Head(key);
      case 5 ->
          new Retained(key, new RetentionRule(1 + random.nextInt(30), 1 + random.nextInt(5_000)));
      default -> {
        byte[] end = Workload.key(random.nextInt(timelines));
        yield Arrays.compareUnsigned(key, end) <= 0
            ? new Timelines(key, end)
            : new Timelines(end, key);
      }
    };
  }

  /** Some rows of a timeline, from either end of a range. */
  record Page(byte[] key, long low, long high, Direction direction, int limit)
      implements ModelQuery {
    @Override
    public void assertSameAnswer(ReadView view, ModelStore model) throws IOException {
      NavigableMap<Long, ModelStore.Row> rows = model.scan(key, low, high);
      List<String> expected = new ArrayList<>();
      (direction == Direction.FORWARD ? rows : rows.descendingMap())
          .forEach(
              (id, row) -> {
                if (expected.size() < limit) {
                  expected.add(line(id, row.timestampMillis(), row.kind(), row.value()));
                }
              });
      List<String> found = new ArrayList<>();
      try (RowCursor cursor = view.scan(key, low, high, direction)) {
        while (found.size() < limit && cursor.next()) {
          found.add(
              line(cursor.sequenceId(), cursor.timestampMillis(), cursor.kind(), cursor.value()));
        }
      }
      assertThat(found).as("%s of %s", this, Arrays.toString(key)).isEqualTo(expected);
    }

    private static String line(long id, long millis, int kind, byte[] value) {
      return id
          + " @"
          + millis
          + " kind="
          + kind
          + " "
          + value.length
          + "#"
          + Arrays.hashCode(value);
    }
  }

  /** What is known of a timeline as a whole. */
  record Head(byte[] key) implements ModelQuery {
    @Override
    public void assertSameAnswer(ReadView view, ModelStore model) throws IOException {
      assertThat(view.head(key)).as(Arrays.toString(key)).isEqualTo(model.head(key));
      assertThat(view.firstRetainedSequenceId(key))
          .as(Arrays.toString(key))
          .isEqualTo(model.firstRetained(key));
    }
  }

  /** What an owner asks before it applies an append that a rule looks at. */
  record Retained(byte[] key, RetentionRule rule) implements ModelQuery {
    @Override
    public void assertSameAnswer(ReadView view, ModelStore model) throws IOException {
      assertThat(rule.trimThrough(view, key))
          .as("%s of %s", rule, Arrays.toString(key))
          .isEqualTo(model.trimThrough(rule, key));
    }
  }

  /** The timelines with keys in {@code [start, end)}. */
  record Timelines(byte[] start, byte[] end) implements ModelQuery {
    @Override
    public void assertSameAnswer(ReadView view, ModelStore model) throws IOException {
      List<String> expected =
          model.timelines().stream()
              .filter(key -> Arrays.compareUnsigned(start, key) <= 0)
              .filter(key -> Arrays.compareUnsigned(key, end) < 0)
              .map(key -> Arrays.toString(key) + model.head(key).orElseThrow())
              .toList();
      List<String> found = new ArrayList<>();
      try (TimelineCursor cursor = view.timelines(start, end)) {
        while (cursor.next()) {
          found.add(Arrays.toString(cursor.key()) + cursor.head());
        }
      }
      assertThat(found).isEqualTo(expected);
    }
  }
}
