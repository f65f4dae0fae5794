package io.tideline.tools.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How far an import is, as kept in its checkpoint file: one JSON object.
 *
 * <p>Everything up to {@code line} is acknowledged. Lines after {@code attemptedThrough} were never
 * sent. Lines between may have been sent, at {@code attemptedSinceMillis} or later; the server
 * needs that time to refuse what it could no longer recognise as a duplicate.
 *
 * @param target what is written and where; a checkpoint of another target says nothing
 * @param line the last line that is acknowledged together with all before it, 0 for none
 * @param offset uncompressed bytes up to the end of that line
 * @param chain {@link LineKeys#chain} at that line
 * @param attemptedThrough the last line that may have been sent
 * @param attemptedSinceMillis when the first of those lines may have been sent, 0 if none was
 */
record Checkpoint(
    Target target,
    long line,
    long offset,
    String chain,
    long attemptedThrough,
    long attemptedSinceMillis) {

  private static final String FORMAT = "tideline-import-checkpoint";
  private static final int VERSION = 1;

  /**
   * What an import writes. Store ids are never reused, so a store that was dropped and made again
   * is another target.
   *
   * @param clusterId the cluster
   * @param conversationsStoreId id of the conversations store
   * @param inboxStoreId id of the inbox store, 0 without inboxes
   * @param inboxCap inboxes per message at most, 0 without inboxes
   */
  record Target(String clusterId, long conversationsStoreId, long inboxStoreId, int inboxCap) {}

  static Checkpoint start(Target target) {
    return new Checkpoint(target, 0, 0, "", 0, 0);
  }

  /**
   * Reads the checkpoint in {@code file}.
   *
   * @return empty if there is no such file
   * @throws ToolException if it is not a checkpoint or of a newer version
   */
  static Optional<Checkpoint> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    ObjectNode json;
    try {
      json = Json.parseObject(Files.readString(file));
    } catch (IllegalArgumentException | CharacterCodingException damaged) {
      throw unusable(file, "is damaged: " + damaged.getMessage());
    }
    if (!FORMAT.equals(json.path("format").asText())) {
      throw unusable(file, "is not a checkpoint of an import");
    }
    if (json.path("version").asInt() != VERSION) {
      throw unusable(
          file, "has version " + json.path("version") + ", this program knows " + VERSION);
    }
    return Optional.of(
        new Checkpoint(
            new Target(
                json.path("cluster_id").asText(),
                json.path("conversations_store_id").asLong(),
                json.path("inbox_store_id").asLong(),
                json.path("inbox_cap").asInt()),
            json.path("line").asLong(),
            json.path("offset").asLong(),
            json.path("chain").asText(),
            json.path("attempted_through").asLong(),
            json.path("attempted_since_ms").asLong()));
  }

  private static ToolException unusable(Path file, String why) {
    return new ToolException(
        ExitCode.DATA,
        "the checkpoint " + file + " " + why,
        "Remove it or name another one with --checkpoint: the import then begins at the first line,"
            + " and what is already written is recognised by its message keys while the store's dedup"
            + " window lasts.");
  }

  /**
   * Replaces {@code file} with this checkpoint: after a crash there is the old one or the new one.
   */
  void write(Path file) throws IOException {
    ObjectNode json = Json.object();
    json.put("format", FORMAT).put("version", VERSION);
    json.put("cluster_id", target.clusterId());
    json.put("conversations_store_id", target.conversationsStoreId());
    json.put("inbox_store_id", target.inboxStoreId());
    json.put("inbox_cap", target.inboxCap());
    json.put("line", line).put("offset", offset).put("chain", chain);
    json.put("attempted_through", attemptedThrough);
    json.put("attempted_since_ms", attemptedSinceMillis);
    DurableFiles.replace(file, (Json.write(json) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
