package io.tideline.lsm.table;

import io.tideline.lsm.row.RowSource;

/** A source that stands on one row with a given value. */
record ValueSource(byte[] bytes) implements RowSource {

  @Override
  public boolean seekGE(long sequenceId) {
    return true;
  }

  @Override
  public boolean seekLT(long sequenceId) {
    return true;
  }

  @Override
  public boolean next() {
    return false;
  }

  @Override
  public boolean prev() {
    return false;
  }

  @Override
  public boolean isValid() {
    return true;
  }

  @Override
  public long sequenceId() {
    return 0;
  }

  @Override
  public long timestampMillis() {
    return 0;
  }

  @Override
  public int meta() {
    return 0;
  }

  @Override
  public int valueSize() {
    return bytes.length;
  }

  @Override
  public void copyValue(byte[] dst, int offset) {
    System.arraycopy(bytes, 0, dst, offset, bytes.length);
  }

  @Override
  public void close() {}
}
