package io.tideline.client;

/** Kind of disk a store's data lives on. */
public enum StorageType {
  ANY,
  SSD,
  HDD
}
