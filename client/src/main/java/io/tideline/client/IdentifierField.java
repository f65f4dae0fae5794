package io.tideline.client;

/**
 * One field of a store's identifier schema.
 *
 * @param name {@code [A-Za-z_][A-Za-z0-9_]*}, 1 to 255 bytes, unique in the schema
 * @param type its type
 */
public record IdentifierField(String name, IdentifierType type) {}
