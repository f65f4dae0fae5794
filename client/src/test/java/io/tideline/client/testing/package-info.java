/** A server for the client's tests: real services on a loopback port, with faults on order. */
@NullMarked
package io.tideline.client.testing;

import org.jspecify.annotations.NullMarked;
