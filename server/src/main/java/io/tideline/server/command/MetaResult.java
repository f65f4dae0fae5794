package io.tideline.server.command;

/** What a change of a timeline's meta gave. */
public sealed interface MetaResult extends CommandResult permits PutMetaResult, DeleteMetaResult {}
