/**
 * The Java client of Tideline: what an application links. It batches, retries where that is safe,
 * and turns error details into {@link io.tideline.client.TidelineException}s.
 *
 * <pre>{@code
 * try (TidelineClient client = TidelineClient.connect("node-1:7420", "node-2:7420")) {
 *   client.stores().create(
 *       StoreSpec.builder("conversations").identifierField("id", IdentifierType.STRING).build());
 *
 *   TimelineKey timeline = TimelineKey.of("conversations", "group-42");
 *   client.append(timeline, Message.builder().put("sender", "ana").put("text", "你好").build());
 *
 *   Scan history = client.scan(ScanSpec.builder(timeline).backward().limit(20).build());
 *   for (Entry entry : history) {
 *     System.out.println(entry.sequenceId() + " " + entry.message().getString("text").orElse(""));
 *   }
 * }
 * }</pre>
 *
 * <p>Start reading at {@link io.tideline.client.TidelineClient}; inside, at {@code RetryingCall}
 * (one call, several attempts), {@code RetryRules} (which of them are safe) and {@code AppendQueue}
 * (how a batching appender keeps order); {@link io.tideline.client.InboxSync} stands on the public
 * calls alone. Runs on Java 17.
 *
 * <p>Must not know the server's code; all it shares with a node is the wire contract.
 */
@NullMarked
package io.tideline.client;

import org.jspecify.annotations.NullMarked;
