package io.tideline.server.log;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One thing the writer thread is asked to make durable, and whom to tell. */
sealed interface LogRequest {

  LogGroup group();

  CompletableFuture<Void> done();

  /** Bytes it takes in a segment, at most. */
  int bytes();

  record Append(
      LogGroup group,
      long firstIndex,
      List<LogEntry> entries,
      int bytes,
      CompletableFuture<Void> done)
      implements LogRequest {}

  record SaveMeta(LogGroup group, GroupMeta meta, CompletableFuture<Void> done)
      implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.recordBytes(LogFormat.encodeVote(meta).length);
    }
  }

  record TruncatePrefix(LogGroup group, long firstKept, CompletableFuture<Void> done)
      implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.RECORD_HEADER_BYTES;
    }
  }

  record TruncateSuffix(LogGroup group, long lastKept, CompletableFuture<Void> done)
      implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.RECORD_HEADER_BYTES;
    }
  }

  record Reset(LogGroup group, long nextIndex, CompletableFuture<Void> done) implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.RECORD_HEADER_BYTES;
    }
  }

  record Destroy(LogGroup group, CompletableFuture<Void> done) implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.RECORD_HEADER_BYTES;
    }
  }

  /** The log's own: another copy of an entry. */
  record Copy(LogGroup group, long index, LogEntry entry, CompletableFuture<Void> done)
      implements LogRequest {
    @Override
    public int bytes() {
      return LogFormat.recordBytes(entry.payload().length);
    }
  }

  /** True for requests that add data; the others may use a segment's last bytes. */
  default boolean addsData() {
    return switch (this) {
      case Append append -> true;
      case Copy copy -> true;
      case SaveMeta meta -> false;
      case TruncatePrefix prefix -> false;
      case TruncateSuffix suffix -> false;
      case Reset reset -> false;
      case Destroy destroy -> false;
    };
  }
}
