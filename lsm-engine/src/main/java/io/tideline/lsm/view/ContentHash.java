package io.tideline.lsm.view;

import io.tideline.lsm.EngineState;
import io.tideline.lsm.RangeHash;
import io.tideline.lsm.TimelineHead;
import io.tideline.lsm.row.RowSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Adds up a {@link RangeHash}. What is hashed and how is a format: replicas of different versions
 * compare their sums.
 *
 * <p>An item is a string of 64-bit words: a tag, its numbers, then key and value, each as its
 * length, its bytes little-endian, zeros up to a whole word. Two lanes multiply and fold the words
 * with different constants; the sums of the lanes over all items are the hash. Tags: 1 head (key;
 * last id, trim mark, rows appended, epoch, last millis), 2 row (key, value; id, millis, kind), 3
 * record (key, value; expiry).
 *
 * <p>Threading: confined.
 */
final class ContentHash {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int HEAD = 1;
  private static final int ROW = 2;
  private static final int RECORD = 3;

  // Odd constants with balanced bits (the fractional digits of the golden ratio and friends).
  private static final long A = 0x9E3779B97F4A7C15L;
  private static final long B = 0xC2B2AE3D27D4EB4FL;

  private long laneA;
  private long laneB;
  private long sumA;
  private long sumB;
  private long timelines;
  private long rows;
  private long records;
  private byte[] value = new byte[1 << 10];

  void addHead(byte[] key, TimelineHead head) {
    begin(HEAD, key);
    word(head.lastSequenceId());
    word(head.trimmedThrough());
    word(head.appendedCount());
    word(head.epoch());
    word(head.lastAppendMillis());
    end();
    timelines++;
  }

  /** Returns the bytes of the row's value. */
  int addRow(byte[] key, RowSource row, int kind) {
    begin(ROW, key);
    word(row.sequenceId());
    word(row.timestampMillis());
    word(kind);
    int size = addValue(row);
    end();
    rows++;
    return size;
  }

  /** Returns the bytes of the record's value. */
  int addRecord(byte[] key, RowSource record) {
    begin(RECORD, key);
    word(record.timestampMillis());
    int size = addValue(record);
    end();
    records++;
    return size;
  }

  private int addValue(RowSource source) {
    int size = source.valueSize();
    if (value.length < size) {
      value = new byte[Math.max(size, 2 * value.length)];
    }
    source.copyValue(value, 0);
    bytes(value, size);
    return size;
  }

  private void begin(int tag, byte[] key) {
    laneA = A;
    laneB = B;
    word(tag);
    bytes(key, key.length);
  }

  private void bytes(byte[] source, int length) {
    word(length);
    int at = 0;
    for (; at + Long.BYTES <= length; at += Long.BYTES) {
      word((long) LONGS.get(source, at));
    }
    if (at < length) {
      long last = 0;
      for (int i = length - 1; i >= at; i--) {
        last = last << 8 | (source[i] & 0xFF);
      }
      word(last);
    }
  }

  private void word(long word) {
    laneA = fold(laneA ^ word, A) + word;
    laneB = fold(laneB + word, B) ^ word;
  }

  private static long fold(long x, long y) {
    return (x * y) ^ Math.unsignedMultiplyHigh(x, y);
  }

  private void end() {
    sumA += fold(laneA ^ B, A);
    sumB += fold(laneB ^ A, B);
  }

  RangeHash result(EngineState state) {
    return new RangeHash(state, sumA, sumB, timelines, rows, records);
  }
}
