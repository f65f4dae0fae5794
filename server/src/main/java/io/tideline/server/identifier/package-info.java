/**
 * The order-preserving byte form of timeline identifiers.
 *
 * <p>Everything below the gRPC edge (routing, commands, engine keys, split points) knows a timeline
 * only by these bytes. The room knows no store, no protobuf and no engine.
 *
 * <p>Start reading at {@link io.tideline.server.identifier.IdentifierCodec}, whose comment is the
 * format.
 */
@NullMarked
package io.tideline.server.identifier;

import org.jspecify.annotations.NullMarked;
