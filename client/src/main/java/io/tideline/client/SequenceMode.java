package io.tideline.client;

/** How a store's sequence ids are given. */
public enum SequenceMode {
  /** Contiguous per timeline from 1: no holes, never reused. The default. */
  DENSE,
  /** Strictly rising per timeline, gaps allowed. */
  MONOTONIC,
  /** Given by the caller with put, any order. */
  MANUAL
}
