package io.tideline.lsm.version;

import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableReader;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * An open table with a count of the runs that contain it. With the last reference it is handed to
 * its disposer, which closes the file and, if the table was made obsolete, deletes it.
 *
 * <p>Threading: safe for many threads.
 */
public final class Table {

  private final TableMeta meta;
  private final TableReader reader;
  private final Consumer<Table> disposer;
  private final AtomicInteger references = new AtomicInteger();
  private volatile boolean obsolete;

  public Table(TableMeta meta, TableReader reader, Consumer<Table> disposer) {
    this.meta = meta;
    this.reader = reader;
    this.disposer = disposer;
  }

  public TableMeta meta() {
    return meta;
  }

  public TableReader reader() {
    return reader;
  }

  /** Says that no durable manifest names this table any more. */
  public void makeObsolete() {
    obsolete = true;
  }

  public boolean isObsolete() {
    return obsolete;
  }

  void retain() {
    references.incrementAndGet();
  }

  void release() {
    int left = references.decrementAndGet();
    if (left == 0) {
      disposer.accept(this);
    } else if (left < 0) {
      throw new AssertionError("table " + meta.fileId() + " released too often");
    }
  }
}
