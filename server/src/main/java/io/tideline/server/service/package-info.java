/**
 * The gRPC edge of a node: checks what is asked, routes it to partitions, composes replies, and
 * tells every error in the one form of the contract.
 *
 * <p>A call passes through, in this order: {@link io.tideline.server.service.RequestMarshaller}
 * (bytes to message, malformed bytes named), {@link io.tideline.server.service.CallRunner}
 * (deadline, memory budget, metrics, errors), a validator (every limit, before anything is
 * written), a service class (routing and composition). Generated protobuf types end here: below,
 * the server knows only encoded identifiers, bytes and records. The room knows nothing of JRaft.
 *
 * <p>Start reading at {@link io.tideline.server.service.GrpcServices}, the table of all methods,
 * then {@link io.tideline.server.service.Limits} and {@link
 * io.tideline.server.service.ErrorMapper}.
 */
@NullMarked
package io.tideline.server.service;

import org.jspecify.annotations.NullMarked;
