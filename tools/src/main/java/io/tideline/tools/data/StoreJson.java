package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.PartitionInfo;
import io.tideline.client.StoreInfo;
import io.tideline.client.StoreOptions;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Stores and partitions as JSON objects, and which columns show them. */
final class StoreJson {
  static final List<Column> COLUMNS =
      List.of(
          Column.text("STORE", "name"),
          Column.text("IDENTIFIER", "identifier"),
          Column.text("MODE", "sequence_mode"),
          duration("TTL", "ttl_ms"),
          Column.number("RETAIN", "retention_max_entries"),
          Column.size("RETAIN BYTES", "retention_max_bytes"),
          duration("DEDUP", "dedup_window_ms"),
          Column.text("STORAGE", "storage_type"),
          Column.number("REPLICAS", "replicas"),
          Column.time("CREATED", "create_time_ms"),
          Column.time("DROPPED", "drop_time_ms"));

  static final List<Column> PARTITION_COLUMNS =
      List.of(
          Column.number("PARTITION", "partition_id"),
          Column.text("START", "start_key"),
          Column.text("END", "end_key"),
          Column.text("LEADER", "leader_node_id"),
          Column.number("REPLICAS", "replicas"));

  private StoreJson() {}

  private static Column duration(String title, String field) {
    return new Column(
        title,
        true,
        row ->
            row.path(field).isNumber()
                ? Humans.duration(Duration.ofMillis(row.path(field).asLong()))
                : "");
  }

  static ObjectNode write(StoreInfo store) {
    StoreOptions options = store.options();
    ObjectNode json = Json.object();
    json.put("name", store.name()).put("store_id", store.storeId());
    json.put("identifier", IdentifierText.writeSchema(store.identifierSchema()));
    json.put("sequence_mode", lower(options.sequenceMode()));
    options.ttl().ifPresent(ttl -> json.put("ttl_ms", ttl.toMillis()));
    options.retentionMaxEntries().ifPresent(max -> json.put("retention_max_entries", max));
    options.retentionMaxBytes().ifPresent(max -> json.put("retention_max_bytes", max));
    json.put("storage_type", lower(options.storageType()));
    json.put("replicas", options.replicas());
    json.put("dedup_window_ms", options.dedupWindow().toMillis());
    json.put("create_time_ms", store.createTime().toEpochMilli());
    store.dropTime().ifPresent(time -> json.put("drop_time_ms", time.toEpochMilli()));
    return json;
  }

  static ObjectNode write(PartitionInfo partition) {
    return Json.object()
        .put("partition_id", partition.partitionId())
        .put("store", partition.store())
        .put("start_key", partition.startKey())
        .put("end_key", partition.endKey())
        .put("leader_node_id", partition.leaderNodeId())
        .put("replicas", partition.replicas().size());
  }

  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
