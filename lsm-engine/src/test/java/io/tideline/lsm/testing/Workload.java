package io.tideline.lsm.testing;

import io.tideline.lsm.LogPosition;
import io.tideline.lsm.RetentionRule;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.WriteBatch;
import java.util.SplittableRandom;

/**
 * Random batches that an engine must accept, drawn from a seed and the model they are applied to: a
 * few hot and many cold timelines, appends, updates, deletes, trims, records, expiry, and in three
 * of four workloads a {@link RetentionRule}, put into effect as an owner does it.
 */
public final class Workload {

  private static final byte[][] RECORD_KEYS = new byte[40][];

  static {
    for (int i = 0; i < RECORD_KEYS.length; i++) {
      RECORD_KEYS[i] = ("record/" + i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
  }

  private final SplittableRandom random;
  private final ModelStore model;
  private final int timelines;
  private final int valueBytesMax;

  /** Appends to a timeline between two looks at its rule. */
  private static final int LOOK_EVERY = 16;

  private final RetentionRule retention;
  private long index;
  private long millis = 1_000_000;

  public Workload(long seed, ModelStore model, int timelines, int valueBytesMax) {
    random = new SplittableRandom(seed);
    this.model = model;
    this.timelines = timelines;
    this.valueBytesMax = valueBytesMax;
    retention = retention(new SplittableRandom(~seed));
  }

  /** Rules that hot timelines outgrow within a few dozen entries. */
  private static RetentionRule retention(SplittableRandom random) {
    long rows = 2 + random.nextInt(20);
    long valueBytes = 500 + random.nextInt(20_000);
    return switch (random.nextInt(4)) {
      case 0 -> new RetentionRule(rows, RetentionRule.UNLIMITED);
      case 1 -> new RetentionRule(RetentionRule.UNLIMITED, valueBytes);
      case 2 -> new RetentionRule(rows, valueBytes);
      default -> new RetentionRule(RetentionRule.UNLIMITED, RetentionRule.UNLIMITED);
    };
  }

  /** What this workload's timelines keep. */
  public RetentionRule retention() {
    return retention;
  }

  /** Draws the next batch and applies it to the model. */
  public WriteBatch next() {
    WriteBatch batch = new WriteBatch().clear(new LogPosition(++index, 1 + index / 100));
    int ops = 1 + random.nextInt(12);
    for (int i = 0; i < ops; i++) {
      WriteBatch one = new WriteBatch().clear(batch.position());
      addOperation(one);
      // One by one, so that the next operation is drawn knowing this one.
      one.ops().forEach(op -> copy(op, batch));
      model.apply(one);
    }
    if (random.nextInt(10) == 0) {
      batch.configuration(new byte[] {(byte) index, (byte) (index >>> 8)});
    }
    batch.time(millis);
    if (random.nextInt(25) == 0) {
      batch.expireBefore(millis - random.nextInt(3_000));
    }
    model.apply(
        new WriteBatch()
            .clear(batch.position())
            .time(batch.timeMillis())
            .expireBefore(batch.expireBeforeMillis()));
    byte[] configuration = batch.configuration();
    if (configuration != null) {
      model.apply(new WriteBatch().clear(batch.position()).configuration(configuration));
    }
    return batch;
  }

  static void copy(WriteBatch.Op op, WriteBatch to) {
    switch (op) {
      case WriteBatch.Op.Append o ->
          to.append(o.timeline(), o.sequenceId(), o.timestampMillis(), o.kind(), o.value());
      case WriteBatch.Op.Put o ->
          to.put(o.timeline(), o.sequenceId(), o.timestampMillis(), o.kind(), o.value());
      case WriteBatch.Op.Delete o -> to.delete(o.timeline(), o.sequenceId());
      case WriteBatch.Op.Trim o -> to.trim(o.timeline(), o.throughSequenceId());
      case WriteBatch.Op.DeleteTimeline o -> to.deleteTimeline(o.timeline());
      case WriteBatch.Op.PutRecord o ->
          to.putRecord(o.table(), o.key(), o.value(), o.expiresAtMillis());
      case WriteBatch.Op.DeleteRecord o -> to.deleteRecord(o.table(), o.key());
    }
  }

  private void addOperation(WriteBatch batch) {
    millis += random.nextInt(20);
    byte[] timeline = timelineKey();
    long last = model.head(timeline).map(TimelineHead::lastSequenceId).orElse(0L);
    int choice = random.nextInt(100);
    if (choice < 62) {
      retain(batch, timeline);
      batch.append(timeline, last + 1 + random.nextInt(3), millis, random.nextInt(32), value());
    } else if (choice < 72) {
      batch.put(timeline, idNear(last), millis - random.nextInt(2_000), 1, value());
    } else if (choice < 78) {
      batch.delete(timeline, idNear(last));
    } else if (choice < 80) {
      batch.trim(timeline, last - random.nextInt(20) + 2);
    } else if (choice < 81) {
      batch.deleteTimeline(timeline);
    } else if (choice < 94) {
      long expires = random.nextInt(3) == 0 ? WriteBatch.NEVER : millis + random.nextInt(4_000);
      batch.putRecord(random.nextInt(3), recordKey(), value(), expires);
    } else {
      batch.deleteRecord(random.nextInt(3), recordKey());
    }
  }

  /** Trims a timeline that the next append makes due. */
  private void retain(WriteBatch batch, byte[] timeline) {
    long appended = model.head(timeline).map(TimelineHead::appendedCount).orElse(0L);
    if (retention.isLimited() && (appended + 1) % LOOK_EVERY == 0) {
      model.trimThrough(retention, timeline).ifPresent(through -> batch.trim(timeline, through));
    }
  }

  private long idNear(long last) {
    return Math.max(-3, last - random.nextInt(40) + 2);
  }

  private byte[] recordKey() {
    return RECORD_KEYS[random.nextInt(RECORD_KEYS.length)];
  }

  /** A third of all operations go to three hot timelines. */
  private byte[] timelineKey() {
    return key(random.nextInt(3) == 0 ? random.nextInt(3) : random.nextInt(timelines));
  }

  /**
   * The key of timeline {@code number}; some are prefixes of others, some have zero and high bytes.
   */
  public static byte[] key(int number) {
    byte[] key = new byte[1 + number % 5 + 4];
    key[0] = (byte) (number * 37);
    key[key.length - 1] = (byte) number;
    key[key.length - 2] = (byte) (number >>> 8);
    return key;
  }

  private byte[] value() {
    int size = random.nextInt(50) == 0 ? random.nextInt(valueBytesMax + 1) : random.nextInt(60);
    byte[] value = new byte[size];
    for (int i = 0; i < size; i++) {
      value[i] = (byte) ((random.nextInt() & 7) + i / 8);
    }
    return value;
  }
}
