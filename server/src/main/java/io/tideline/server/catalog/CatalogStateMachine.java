package io.tideline.server.catalog;

import io.tideline.lsm.Engine;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RecordCursor;
import io.tideline.lsm.WriteBatch;
import io.tideline.manager.CatalogDelta;
import io.tideline.manager.CatalogImage;
import io.tideline.manager.CatalogTransition;
import io.tideline.manager.StoreDescriptor;
import io.tideline.server.command.Command;
import io.tideline.server.command.CommandBatch;
import io.tideline.server.command.CommandResult;
import io.tideline.server.command.RecordTables;
import io.tideline.server.command.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Applies catalog changes: the logic is {@link CatalogImage}'s, here its records are kept in
 * partition 0's engine and its newest image is shown to readers.
 */
final class CatalogStateMachine implements StateMachine {

  // Keys in the CATALOG table, on disk, never renumbered: one byte, and for stores their id.
  private static final byte NEXT_IDS = 1;
  private static final byte STORE = 2;
  private static final byte AFTER_STORES = 3;

  /**
   * An image and up to which index of the log it has every change.
   *
   * @param index at least the last change's
   */
  record Shown(long index, CatalogImage image) {

    /** Before anything was read or applied. */
    static final Shown NOTHING = new Shown(0, CatalogImage.EMPTY);
  }

  /** Confined to the apply thread. */
  private Engine engine;

  private final WriteBatch out = new WriteBatch();
  private volatile Shown shown;

  private CatalogStateMachine(Engine engine, Shown shown) {
    this.engine = engine;
    this.shown = shown;
  }

  /** Rebuilds the image from the engine's records. */
  static CatalogStateMachine open(Engine engine) throws IOException {
    return new CatalogStateMachine(engine, stored(engine));
  }

  @Override
  public void load(Engine other) throws IOException {
    shown = stored(other);
    engine = other;
  }

  private static Shown stored(Engine engine) throws IOException {
    List<StoreDescriptor> stores = new ArrayList<>();
    try (ReadView view = engine.view();
        RecordCursor records =
            view.records(RecordTables.CATALOG, new byte[] {STORE}, new byte[] {AFTER_STORES})) {
      while (records.next()) {
        stores.add(CatalogFormat.decodeStore(records.value()));
      }
      Optional<byte[]> nextIds = view.record(RecordTables.CATALOG, new byte[] {NEXT_IDS});
      long[] ids = nextIds.isPresent() ? CatalogFormat.decodeNextIds(nextIds.get()) : FIRST_IDS;
      return new Shown(
          engine.appliedState().position().index(), CatalogImage.of(stores, ids[0], ids[1]));
    }
  }

  private static final long[] FIRST_IDS = {
    CatalogImage.EMPTY.nextStoreId(), CatalogImage.EMPTY.nextPartitionId()
  };

  /** The newest image. Any thread. */
  Shown shown() {
    return shown;
  }

  @Override
  public List<CommandResult> apply(
      LogPosition position, CommandBatch batch, byte @Nullable [] configuration)
      throws IOException {
    long now = Math.max(engine.appliedState().timeMillis(), batch.timeMillis());
    out.clear(position).time(now);
    if (configuration != null) {
      out.configuration(configuration);
    }
    CatalogImage next = shown.image();
    List<CommandResult> results = new ArrayList<>(batch.commands().size());
    for (Command command : batch.commands()) {
      if (!(command instanceof Command.ChangeCatalog change)) {
        throw new IllegalStateException(
            "a " + command.getClass().getSimpleName() + " in the log of the catalog");
      }
      CatalogTransition transition = next.apply(CatalogFormat.decodeChange(change.change()), now);
      if (!transition.delta().isEmpty()) {
        write(transition.delta());
        next = next.with(transition.delta());
      }
      results.add(new CommandResult.CatalogChanged(CatalogFormat.encode(transition.outcome())));
    }
    engine.apply(out);
    shown = new Shown(position.index(), next);
    return results;
  }

  private void write(CatalogDelta delta) {
    for (StoreDescriptor store : delta.changed()) {
      out.putRecord(
          RecordTables.CATALOG,
          storeKey(store.storeId()),
          CatalogFormat.encode(store),
          WriteBatch.NEVER);
    }
    for (long storeId : delta.forgotten()) {
      out.deleteRecord(RecordTables.CATALOG, storeKey(storeId));
    }
    out.putRecord(
        RecordTables.CATALOG,
        new byte[] {NEXT_IDS},
        CatalogFormat.encodeNextIds(delta.nextStoreId(), delta.nextPartitionId()),
        WriteBatch.NEVER);
  }

  private static byte[] storeKey(long storeId) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(STORE).putLong(storeId).array();
  }
}
