/**
 * Partition 0 of a cluster: which stores exist, where their partitions are, and the host that runs
 * the partitions of this node.
 *
 * <p>The metadata logic itself is pure and lives in {@code io.tideline.manager}; here it is
 * persisted, replicated and acted upon. Knows nothing of gRPC. Start reading at {@link
 * io.tideline.server.catalog.Catalog} and {@link io.tideline.server.catalog.ReplicaHost}. Damage is
 * the subject of {@code ReplicaRepair} (files of one partition) and {@code LostLog} (the shared
 * log).
 *
 * <h2>Format of catalog changes and records, version 2</h2>
 *
 * <p><b>Files.</b> None of its own: changes are the payload of CHANGE_CATALOG commands in partition
 * 0's log; records lie in record table {@code CATALOG} of partition 0's engine.
 *
 * <p><b>Layout.</b> Integers are little-endian; {@code bytes} and {@code string} (UTF-8) are a
 * varint length and that many bytes; counts are varints.
 *
 * <pre>
 * change  := version u8 | type u8 | body
 * 1 CREATE_STORE := name string | schema | options | count | splitPoint bytes * count
 *                   | count | nodeId string * count
 * 2 STORE_READY  := storeId i64
 * 3 ALTER_STORE  := name string | flags u8 | one field per flag, lowest first:
 *                   1 ttl i64, 2 retentionMaxEntries i64, 4 retentionMaxBytes i64,
 *                   8 storageType u8, 16 replicas u8, 32 dedupWindow i64
 * 4 DROP_STORE   := name string
 * 5 PURGE_STORE  := storeId i64
 * 6 FORGET_STORE := storeId i64
 *
 * schema  := count | ( name string | identifierType u8 ) * count
 * options := sequenceMode u8 | ttl i64 | retentionMaxEntries i64 | retentionMaxBytes i64
 *            | storageType u8 | replicas u8 | dedupWindow i64
 *
 * record 01                  := version u8 | nextStoreId i64 | nextPartitionId i64
 * record 02 storeId(8, big)  := version u8 | storeId i64 | name string | schema | options
 *                               | state u8 | createTime i64 | dropTime i64
 *                               | count | ( partitionId i64 | start bytes
 *                                           | membershipVersion i64 | rangeVersion i64
 *                                           | count | nodeId string * count ) * count
 * </pre>
 *
 * <p>Between nodes, the answer to a change:
 *
 * <pre>
 * outcome := version u8 | type u8 | body
 * 1 DONE := store record bytes       2 STORE_EXISTS := state u8 | name string
 * 3 STORE_NOT_FOUND := name string   4 TOO_MANY_STORES := limit i32
 * 5 INVALID := field string | problem string
 * </pre>
 *
 * <p><b>Fields.</b> Times and durations are milliseconds. A partition ends where the next one
 * starts, the last one at infinity; the first start is empty. Codes are those of the enums in
 * {@code io.tideline.manager}, on disk and never renumbered. The keys of records are big-endian so
 * that they sort by id.
 *
 * <p><b>Example</b>, the change that drops store "chat": {@code 02 04 04 63 68 61 74}.
 *
 * <p><b>Compatibility.</b> A reader refuses versions, types, flags and codes it does not know.
 * Version 1 has no lists of node ids; it is read as if they were empty: all nodes of the cluster.
 */
@NullMarked
package io.tideline.server.catalog;

import org.jspecify.annotations.NullMarked;
