package io.tideline.server.command;

import io.tideline.lsm.Engine;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** A state machine on an engine in memory, fed as a log would feed it. */
final class MachineFixture implements AutoCloseable {

  static final long DAY = 86_400_000;

  private final CrashFileSystem files = new CrashFileSystem(CrashFileSystem.Order.ORDERED);
  private final EngineResources resources;
  private final Path directory = Path.of("/engine");
  Engine engine;
  TimelineStateMachine machine;
  private long index;

  MachineFixture() throws IOException {
    resources = EngineResources.create(files, 32L << 20, 4L << 20, 1);
    open();
  }

  private void open() throws IOException {
    engine = Engine.open(directory, EngineOptions.DEFAULTS.withMemtableBytes(64 << 10), resources);
    machine = TimelineStateMachine.open(engine);
    index = engine.durableState().position().index();
  }

  /** Whether any file of the engine has these bytes. */
  boolean filesContain(String text) throws IOException {
    String wanted = new String(bytes(text), StandardCharsets.ISO_8859_1);
    for (String name : files.list(directory)) {
      if (name.equals("LOCK")) {
        continue;
      }
      try (StorageFile file = files.open(directory.resolve(name), FileSystem.Mode.READ)) {
        ByteBuffer content = ByteBuffer.allocate((int) file.size());
        file.read(content, 0);
        if (new String(content.array(), StandardCharsets.ISO_8859_1).contains(wanted)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Stops and starts as after a crash: what was not flushed is gone. Returns the durable index. */
  long reopen() throws IOException {
    engine.close();
    open();
    return index;
  }

  long index() {
    return index;
  }

  List<CommandResult> apply(long timeMillis, Command... commands) throws IOException {
    return apply(new CommandBatch(timeMillis, List.of(commands)));
  }

  List<CommandResult> apply(CommandBatch batch) throws IOException {
    index++;
    return machine.apply(new LogPosition(index, 1), batch, null);
  }

  CommandResult applyOne(long timeMillis, Command command) throws IOException {
    return apply(timeMillis, command).getFirst();
  }

  static Command options(SequenceMode mode, long ttlMillis, long dedupWindowMillis) {
    return new Command.SetOptions(new PartitionOptions(mode, ttlMillis, dedupWindowMillis));
  }

  /** Options of a store that keeps the newest entries or bytes of its timelines. */
  static Command retention(SequenceMode mode, long maxEntries, long maxBytes) {
    return new Command.SetOptions(new PartitionOptions(mode, 0, DAY, maxEntries, maxBytes));
  }

  static Command.Append append(String timeline, String key, String value) {
    return new Command.Append(
        bytes(timeline), bytes(key), OptionalLong.empty(), 0, 1, bytes(value));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    engine.close();
    resources.close();
  }
}
