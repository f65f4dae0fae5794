/**
 * The room of the wire contract. Everything below this package is generated from the {@code .proto}
 * files: {@code io.tideline.proto.v1} is the public contract, {@code io.tideline.proto.internal.v1}
 * what nodes say to each other. Read the {@code .proto} files, not the Java code.
 */
@NullMarked
package io.tideline.proto;

import org.jspecify.annotations.NullMarked;
