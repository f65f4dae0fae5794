package io.tideline.client.testing;

import com.google.protobuf.Message;

/**
 * A call that reached a fake server.
 *
 * @param method its name, like "Append"
 * @param request what was asked
 */
public record Received(String method, Message request) {}
