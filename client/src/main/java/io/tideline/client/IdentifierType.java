package io.tideline.client;

/** Type of an identifier field. */
public enum IdentifierType {
  STRING,
  INT64,
  BYTES
}
