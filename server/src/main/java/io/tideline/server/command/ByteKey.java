package io.tideline.server.command;

import java.util.Arrays;

/** Bytes as a map key. Not copied: the array must not change. */
record ByteKey(byte[] bytes) {

  @Override
  public boolean equals(Object o) {
    return o instanceof ByteKey other && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
