package io.tideline.server.command;

/**
 * What a {@link Command.DeleteMeta} gave: the meta is gone.
 *
 * @param existed whether there was any
 */
public record DeleteMetaResult(boolean existed) implements MetaResult {}
