package io.tideline.server.catalog;

import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.OptionsUpdate;
import io.tideline.manager.PartitionDescriptor;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StorageType;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.manager.StoreState;
import io.tideline.server.command.BinaryReader;
import io.tideline.server.command.BinaryWriter;
import io.tideline.server.command.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Bytes of catalog changes and of the catalog's records; the layout is in the package's doc. */
final class CatalogFormat {

  /** Version written; older ones stay readable. */
  static final int VERSION = 2;

  /** Without nodes in changes and replicas in records; still read. */
  private static final int VERSION_WITHOUT_PLACEMENT = 1;

  // Type codes of changes: on disk, never renumbered.
  private static final int CREATE_STORE = 1;
  private static final int STORE_READY = 2;
  private static final int ALTER_STORE = 3;
  private static final int DROP_STORE = 4;
  private static final int PURGE_STORE = 5;
  private static final int FORGET_STORE = 6;

  // Type codes of outcomes: between nodes, never renumbered.
  private static final int DONE = 1;
  private static final int STORE_EXISTS = 2;
  private static final int STORE_NOT_FOUND = 3;
  private static final int TOO_MANY_STORES = 4;
  private static final int INVALID = 5;

  // Flags of ALTER_STORE: which options follow, in this order.
  private static final int HAS_TTL = 1;
  private static final int HAS_MAX_ENTRIES = 2;
  private static final int HAS_MAX_BYTES = 4;
  private static final int HAS_STORAGE = 8;
  private static final int HAS_REPLICAS = 16;
  private static final int HAS_DEDUP = 32;
  private static final int UPDATE_FLAGS = 63;

  private CatalogFormat() {}

  static byte[] encode(CatalogChange change) {
    BinaryWriter out = new BinaryWriter().putByte(VERSION);
    switch (change) {
      case CatalogChange.CreateStore c -> {
        out.putByte(CREATE_STORE);
        writeString(out, c.name());
        writeSchema(out, c.schema());
        writeOptions(out, c.options());
        out.putLength(c.splitPoints().size());
        c.splitPoints().forEach(out::putBytes);
        writeStrings(out, c.nodes());
      }
      case CatalogChange.StoreReady c -> out.putByte(STORE_READY).putLong(c.storeId());
      case CatalogChange.AlterStore c -> {
        out.putByte(ALTER_STORE);
        writeString(out, c.name());
        writeUpdate(out, c.update());
      }
      case CatalogChange.DropStore c -> writeString(out.putByte(DROP_STORE), c.name());
      case CatalogChange.PurgeStore c -> out.putByte(PURGE_STORE).putLong(c.storeId());
      case CatalogChange.ForgetStore c -> out.putByte(FORGET_STORE).putLong(c.storeId());
    }
    return out.toByteArray();
  }

  static CatalogChange decodeChange(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = readVersion(in, "catalog change");
    try {
      CatalogChange change = readChange(in, version);
      in.expectEnd();
      return change;
    } catch (IllegalArgumentException e) {
      throw unreadable("catalog change", e);
    }
  }

  private static CatalogChange readChange(BinaryReader in, int version) throws FormatException {
    int type = in.readByte();
    return switch (type) {
      case CREATE_STORE ->
          new CatalogChange.CreateStore(
              readString(in),
              readSchema(in),
              readOptions(in),
              readList(in),
              readPlacement(in, version));
      case STORE_READY -> new CatalogChange.StoreReady(in.readLong());
      case ALTER_STORE -> new CatalogChange.AlterStore(readString(in), readUpdate(in));
      case DROP_STORE -> new CatalogChange.DropStore(readString(in));
      case PURGE_STORE -> new CatalogChange.PurgeStore(in.readLong());
      case FORGET_STORE -> new CatalogChange.ForgetStore(in.readLong());
      default -> throw new FormatException("catalog change type " + type + " is unknown");
    };
  }

  /** What a change gave, for the node that asked for it. */
  static byte[] encode(CatalogOutcome outcome) {
    BinaryWriter out = new BinaryWriter().putByte(VERSION);
    switch (outcome) {
      case CatalogOutcome.Done o -> out.putByte(DONE).putBytes(encode(o.store()));
      case CatalogOutcome.StoreExists o ->
          writeString(out.putByte(STORE_EXISTS).putByte(o.state().code()), o.name());
      case CatalogOutcome.StoreNotFound o -> writeString(out.putByte(STORE_NOT_FOUND), o.name());
      case CatalogOutcome.TooManyStores o -> out.putByte(TOO_MANY_STORES).putInt(o.limit());
      case CatalogOutcome.Invalid o -> {
        writeString(out.putByte(INVALID), o.field());
        writeString(out, o.problem());
      }
    }
    return out.toByteArray();
  }

  static CatalogOutcome decodeOutcome(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    readVersion(in, "catalog outcome");
    try {
      int type = in.readByte();
      CatalogOutcome outcome =
          switch (type) {
            case DONE -> new CatalogOutcome.Done(decodeStore(in.readBytes()));
            case STORE_EXISTS -> {
              StoreState state = StoreState.ofCode(in.readByte());
              yield new CatalogOutcome.StoreExists(readString(in), state);
            }
            case STORE_NOT_FOUND -> new CatalogOutcome.StoreNotFound(readString(in));
            case TOO_MANY_STORES -> new CatalogOutcome.TooManyStores(in.readInt());
            case INVALID -> new CatalogOutcome.Invalid(readString(in), readString(in));
            default -> throw new FormatException("catalog outcome type " + type + " is unknown");
          };
      in.expectEnd();
      return outcome;
    } catch (IllegalArgumentException e) {
      throw unreadable("catalog outcome", e);
    }
  }

  /** The record of one store. Ends of partitions are left out: each is the start of the next. */
  static byte[] encode(StoreDescriptor store) {
    BinaryWriter out = new BinaryWriter().putByte(VERSION).putLong(store.storeId());
    writeString(out, store.name());
    writeSchema(out, store.schema());
    writeOptions(out, store.options());
    out.putByte(store.state().code())
        .putLong(store.createTimeMillis())
        .putLong(store.dropTimeMillis())
        .putLength(store.partitions().size());
    for (PartitionDescriptor partition : store.partitions()) {
      out.putLong(partition.partitionId())
          .putBytes(partition.start())
          .putLong(partition.membershipVersion())
          .putLong(partition.rangeVersion());
      writeStrings(out, partition.replicas());
    }
    return out.toByteArray();
  }

  static StoreDescriptor decodeStore(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = readVersion(in, "store record");
    try {
      long storeId = in.readLong();
      StoreDescriptor store =
          new StoreDescriptor(
              storeId,
              readString(in),
              readSchema(in),
              readOptions(in),
              StoreState.ofCode(in.readByte()),
              in.readLong(),
              in.readLong(),
              readPartitions(in, storeId, version));
      in.expectEnd();
      return store;
    } catch (IllegalArgumentException e) {
      throw unreadable("store record", e);
    }
  }

  private record PartitionStart(
      long partitionId,
      byte[] start,
      long membershipVersion,
      long rangeVersion,
      List<String> replicas) {}

  private static List<PartitionDescriptor> readPartitions(
      BinaryReader in, long storeId, int version) throws FormatException {
    int count = in.readLength();
    List<PartitionStart> starts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      starts.add(
          new PartitionStart(
              in.readLong(),
              in.readBytes(),
              in.readLong(),
              in.readLong(),
              readPlacement(in, version)));
    }
    List<PartitionDescriptor> partitions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      PartitionStart p = starts.get(i);
      byte[] end = i + 1 < count ? starts.get(i + 1).start() : new byte[0];
      partitions.add(
          new PartitionDescriptor(
              p.partitionId(),
              storeId,
              p.start(),
              end,
              p.replicas(),
              p.membershipVersion(),
              p.rangeVersion()));
    }
    return partitions;
  }

  /** The record of the ids to give next. */
  static byte[] encodeNextIds(long nextStoreId, long nextPartitionId) {
    return new BinaryWriter()
        .putByte(VERSION)
        .putLong(nextStoreId)
        .putLong(nextPartitionId)
        .toByteArray();
  }

  /** {@code {next store id, next partition id}}. */
  static long[] decodeNextIds(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    readVersion(in, "record of next ids");
    long[] ids = {in.readLong(), in.readLong()};
    in.expectEnd();
    return ids;
  }

  private static void writeSchema(BinaryWriter out, List<IdentifierField> schema) {
    out.putLength(schema.size());
    for (IdentifierField field : schema) {
      writeString(out, field.name());
      out.putByte(field.type().code());
    }
  }

  private static List<IdentifierField> readSchema(BinaryReader in) throws FormatException {
    int count = in.readLength();
    List<IdentifierField> schema = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      schema.add(new IdentifierField(readString(in), IdentifierType.ofCode(in.readByte())));
    }
    return schema;
  }

  private static void writeOptions(BinaryWriter out, StoreOptions options) {
    out.putByte(options.sequenceMode().code())
        .putLong(options.ttlMillis())
        .putLong(options.retentionMaxEntries())
        .putLong(options.retentionMaxBytes())
        .putByte(options.storageType().code())
        .putByte(options.replicas())
        .putLong(options.dedupWindowMillis());
  }

  private static StoreOptions readOptions(BinaryReader in) throws FormatException {
    return new StoreOptions(
        SequenceMode.ofCode(in.readByte()),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        StorageType.ofCode(in.readByte()),
        in.readByte(),
        in.readLong());
  }

  private static void writeUpdate(BinaryWriter out, OptionsUpdate update) {
    out.putByte(
        (update.ttlMillis().isPresent() ? HAS_TTL : 0)
            | (update.retentionMaxEntries().isPresent() ? HAS_MAX_ENTRIES : 0)
            | (update.retentionMaxBytes().isPresent() ? HAS_MAX_BYTES : 0)
            | (update.storageType().isPresent() ? HAS_STORAGE : 0)
            | (update.replicas().isPresent() ? HAS_REPLICAS : 0)
            | (update.dedupWindowMillis().isPresent() ? HAS_DEDUP : 0));
    update.ttlMillis().ifPresent(out::putLong);
    update.retentionMaxEntries().ifPresent(out::putLong);
    update.retentionMaxBytes().ifPresent(out::putLong);
    update.storageType().ifPresent(type -> out.putByte(type.code()));
    update.replicas().ifPresent(out::putByte);
    update.dedupWindowMillis().ifPresent(out::putLong);
  }

  private static OptionsUpdate readUpdate(BinaryReader in) throws FormatException {
    int flags = in.readByte();
    if ((flags & ~UPDATE_FLAGS) != 0) {
      throw new FormatException("option flags 0x%02x are unknown".formatted(flags));
    }
    return new OptionsUpdate(
        readLongIf(in, flags & HAS_TTL),
        readLongIf(in, flags & HAS_MAX_ENTRIES),
        readLongIf(in, flags & HAS_MAX_BYTES),
        (flags & HAS_STORAGE) != 0
            ? Optional.of(StorageType.ofCode(in.readByte()))
            : Optional.empty(),
        (flags & HAS_REPLICAS) != 0 ? OptionalInt.of(in.readByte()) : OptionalInt.empty(),
        readLongIf(in, flags & HAS_DEDUP));
  }

  private static OptionalLong readLongIf(BinaryReader in, int flag) throws FormatException {
    return flag != 0 ? OptionalLong.of(in.readLong()) : OptionalLong.empty();
  }

  private static List<byte[]> readList(BinaryReader in) throws FormatException {
    int count = in.readLength();
    List<byte[]> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(in.readBytes());
    }
    return list;
  }

  private static List<String> readPlacement(BinaryReader in, int version) throws FormatException {
    if (version == VERSION_WITHOUT_PLACEMENT) {
      return List.of();
    }
    int count = in.readLength();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(readString(in));
    }
    return names;
  }

  private static void writeStrings(BinaryWriter out, List<String> values) {
    out.putLength(values.size());
    values.forEach(value -> writeString(out, value));
  }

  private static void writeString(BinaryWriter out, String value) {
    out.putBytes(value.getBytes(StandardCharsets.UTF_8));
  }

  private static String readString(BinaryReader in) throws FormatException {
    return new String(in.readBytes(), StandardCharsets.UTF_8);
  }

  private static int readVersion(BinaryReader in, String what) throws FormatException {
    int version = in.readByte();
    if (version < VERSION_WITHOUT_PLACEMENT || version > VERSION) {
      throw new FormatException(
          what
              + " version "
              + version
              + " is unknown, this program reads "
              + VERSION_WITHOUT_PLACEMENT
              + " to "
              + VERSION);
    }
    return version;
  }

  private static FormatException unreadable(String what, IllegalArgumentException cause) {
    FormatException wrapped = new FormatException(what + ": " + cause.getMessage());
    wrapped.initCause(cause);
    return wrapped;
  }
}
