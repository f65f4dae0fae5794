package io.tideline.server.replica;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A group whose log is in the test's hands: proposals and read questions wait until it decides. */
public final class FakeGroup implements RaftGroup {

  record Proposed(Proposal proposal, long term) {}

  private final List<Proposed> proposed = new ArrayList<>();
  private final List<Consumer<@Nullable String>> questions = new ArrayList<>();
  volatile long appliedIndex;
  volatile long behindMillis;

  @Override
  public synchronized void propose(Proposal proposal, byte[] payload, long term) {
    proposed.add(new Proposed(proposal, term));
    notifyAll();
  }

  synchronized List<Proposed> proposed() {
    return List.copyOf(proposed);
  }

  @Override
  public synchronized void readIndex(Consumer<@Nullable String> done) {
    questions.add(done);
  }

  @Override
  public void readIndexByLease(Consumer<@Nullable String> done) {
    readIndex(done);
  }

  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public long behindMillis() {
    return behindMillis;
  }

  synchronized List<Consumer<@Nullable String>> questions() {
    return List.copyOf(questions);
  }

  @Override
  public CompletableFuture<Void> snapshot() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public long logBytesHeldFrom(long index) {
    return 0;
  }

  @Override
  public PartitionStatus.Role role() {
    return PartitionStatus.Role.LEADER;
  }

  @Override
  public Optional<String> leader() {
    return Optional.of("127.0.0.1:7421");
  }

  @Override
  public CompletableFuture<Void> transferLeader(Optional<String> member) {
    return CompletableFuture.failedFuture(new IOException("there is no other member"));
  }

  @Override
  public void close() {}
}
