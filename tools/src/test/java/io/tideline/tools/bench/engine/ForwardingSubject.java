package io.tideline.tools.bench.engine;

import java.io.IOException;
import java.util.Map;

/** Passes everything on to another subject; tests override what they want to go wrong. */
class ForwardingSubject implements Subject {
  private final Subject real;

  ForwardingSubject(Subject real) {
    this.real = real;
  }

  @Override
  public void apply(RowBatch batch) throws IOException {
    real.apply(batch);
  }

  @Override
  public void drain() throws IOException, InterruptedException {
    real.drain();
  }

  @Override
  public Written written() throws IOException {
    return real.written();
  }

  @Override
  public Map<String, Long> backgroundCpuNanos() {
    return real.backgroundCpuNanos();
  }

  @Override
  public long liveTableBytes() throws IOException {
    return real.liveTableBytes();
  }

  @Override
  public void beginReads() throws IOException {
    real.beginReads();
  }

  @Override
  public long scanForward(byte[] timeline, long fromId, int limit) throws IOException {
    return real.scanForward(timeline, fromId, limit);
  }

  @Override
  public long scanBackward(byte[] timeline, long fromId, int limit) throws IOException {
    return real.scanBackward(timeline, fromId, limit);
  }

  @Override
  public int get(byte[] timeline, long id) throws IOException {
    return real.get(timeline, id);
  }

  @Override
  public boolean hasNewer(byte[] timeline, long lastSeenId) throws IOException {
    return real.hasNewer(timeline, lastSeenId);
  }

  @Override
  public long runs() throws IOException {
    return real.runs();
  }

  @Override
  public void close() throws IOException {
    real.close();
  }
}
