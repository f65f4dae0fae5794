package io.tideline.tools.torture;

import io.tideline.client.Entry;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.PartitionInfo;
import io.tideline.client.Scan;
import io.tideline.client.ScanSpec;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.torture.History.Content;
import io.tideline.tools.torture.History.Value;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** One run: cluster, workload, faults, verdict. */
final class Torture {

  /** Enough to share partitions and contend, few enough to be read whole in the end. */
  private static final int TIMELINES = 24;

  private static final Workload.Crowd CROWD = new Workload.Crowd(8, 3, 2, 3, 1);
  private static final Duration FINAL_DEADLINE = Duration.ofSeconds(120);

  /**
   * What came of a run.
   *
   * @param unknown appends whose fate their writers never learned
   * @param reads entries that readers were given
   * @param sessionReads reads that sessions made
   * @param faults how many were injected
   * @param replicaMismatches partitions whose replicas differ in the end
   * @param unexpectedExits nodes that ended by themselves, not for want of disk
   */
  record Result(
      long acknowledged,
      long unknown,
      long refused,
      long reads,
      long sessionReads,
      Verdict verdict,
      int replicaMismatches,
      int unexpectedExits,
      int faults,
      String faultSummary,
      long worstGapMillis,
      List<String> findings) {

    boolean isGood() {
      return verdict.isGood()
          && replicaMismatches == 0
          && unexpectedExits == 0
          && acknowledged > 0
          && reads > 0;
    }
  }

  /** Told how far a run is, 0 to 1. */
  interface OnProgress {
    void at(long acknowledged, double fraction);
  }

  private final TortureCluster cluster;
  private final Duration length;
  private final long seed;
  private final boolean leaseReads;
  private final LongSupplier nanoClock;

  /**
   * @param leaseReads whether readers ask for leases, which the cluster must be configured for
   */
  Torture(
      TortureCluster cluster,
      Duration length,
      long seed,
      boolean leaseReads,
      LongSupplier nanoClock) {
    this.cluster = cluster;
    this.length = length;
    this.seed = seed;
    this.leaseReads = leaseReads;
    this.nanoClock = nanoClock;
  }

  /**
   * @param faults what may be injected; empty for none
   * @param diary told what happens, for people
   */
  Result run(List<Fault> faults, Consumer<String> diary, OnProgress progress)
      throws IOException, InterruptedException {
    cluster.startAll();
    List<Long> partitions = createStore();
    diary.accept("the cluster serves; partitions " + partitions);
    History history = new History(TIMELINES);
    Nemesis nemesis = new Nemesis(cluster, faults, seed, diary);
    long begun = nanoClock.getAsLong();
    try (Workload workload = new Workload(history, cluster.endpoints(), leaseReads, nanoClock)) {
      workload.start(CROWD, seed);
      long passed = 0;
      while (passed < length.toNanos()) {
        if (faults.isEmpty()) {
          Thread.sleep(Math.min(1_000, Math.max(1, (length.toNanos() - passed) / 1_000_000)));
        } else {
          nemesis.step();
        }
        passed = nanoClock.getAsLong() - begun;
        progress.at(history.acknowledged(), Math.min(1, (double) passed / length.toNanos()));
      }
      diary.accept("all is healed; the writers finish");
      workload.stopWriting();
    }
    return judge(history, nemesis, partitions, diary);
  }

  private List<Long> createStore() {
    // Creating waits for elections, and must not be tried twice: one attempt has all the time.
    try (TidelineClient client =
        TidelineClient.builder().addresses(cluster.endpoint(0)).deadline(FINAL_DEADLINE).build()) {
      return client
          .stores()
          .create(
              StoreSpec.builder(ChatCalls.STORE)
                  .identifierField("conversation", IdentifierType.STRING)
                  .replicas(cluster.size())
                  .splitPoint(Identifier.of("c008"))
                  .splitPoint(Identifier.of("c016"))
                  .build())
          .partitions()
          .stream()
          .map(PartitionInfo::partitionId)
          .toList();
    }
  }

  private Result judge(
      History history, Nemesis nemesis, List<Long> partitions, Consumer<String> diary)
      throws InterruptedException {
    diary.accept("reading everything on every node");
    List<String> findings = new ArrayList<>();
    List<Content> content = new ArrayList<>();
    for (String endpoint : cluster.endpoints()) {
      List<Content> there = readAll(endpoint, findings);
      if (content.isEmpty()) {
        content.addAll(there);
      } else if (!content.equals(there)) {
        findings.add("node " + endpoint + " shows other content than " + cluster.endpoint(0));
      }
    }
    int unequalReads = findings.size();
    Verdict verdict = HistoryChecker.check(history, content);
    findings.addAll(verdict.examples());
    int mismatches = unequalReads;
    try (ReplicaComparison hashes = new ReplicaComparison(cluster.endpoints(), nanoClock)) {
      List<Long> all = new ArrayList<>(List.of(0L));
      all.addAll(partitions);
      for (long partition : all) {
        String difference = hashes.difference(partition);
        if (!difference.isEmpty()) {
          mismatches++;
          findings.add(difference);
        }
      }
    }
    return new Result(
        history.acknowledged(),
        history.appends().stream().filter(a -> a.outcome() == History.Outcome.UNKNOWN).count(),
        history.appends().stream().filter(a -> a.outcome() == History.Outcome.REFUSED).count(),
        history.pages().stream().mapToLong(page -> page.entries().size()).sum(),
        history.sessionSteps().stream().filter(History.SessionRead.class::isInstance).count(),
        verdict,
        mismatches,
        nemesis.unexpectedExits(),
        nemesis.injected(),
        nemesis.summary(),
        history.worstGapNanos() / 1_000_000,
        findings);
  }

  /** Every timeline as one node shows it; what is not dense is a finding. */
  private static List<Content> readAll(String endpoint, List<String> findings) {
    List<Content> content = new ArrayList<>();
    try (TidelineClient client = ChatCalls.client(List.of(endpoint), FINAL_DEADLINE)) {
      for (int timeline = 0; timeline < TIMELINES; timeline++) {
        List<Value> values = new ArrayList<>();
        Scan scan = client.scan(ScanSpec.of(ChatCalls.timeline(timeline)));
        long first = 0;
        for (Entry entry : scan) {
          first = values.isEmpty() ? entry.sequenceId() : first;
          if (entry.sequenceId() != first + values.size()) {
            findings.add(
                "timeline "
                    + timeline
                    + " has a hole before id "
                    + entry.sequenceId()
                    + " on "
                    + endpoint);
          }
          values.add(ChatCalls.value(entry));
        }
        long retained = scan.coverage().firstRetainedSequenceId();
        if (!values.isEmpty() && first != retained) {
          findings.add(
              "timeline "
                  + timeline
                  + " begins at id "
                  + first
                  + ", but says that it does at "
                  + retained
                  + " on "
                  + endpoint);
        }
        content.add(new Content(retained, values));
      }
    }
    return content;
  }
}
