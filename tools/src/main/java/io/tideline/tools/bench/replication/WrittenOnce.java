package io.tideline.tools.bench.replication;

import io.tideline.client.Entry;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import java.time.Duration;
import java.util.BitSet;

/**
 * Whether every acknowledged message is there, once, and where it was said to be.
 *
 * @param lost acknowledged and not at the sequence id that was told
 * @param duplicates there more than once, counted without the first; messages that nobody wrote
 *     count as well
 */
record WrittenOnce(long lost, long duplicates) {

  static final WrittenOnce NONE = new WrittenOnce(0, 0);

  /** A cluster that was broken on purpose may still be electing. */
  private static final Duration READ_DEADLINE = Duration.ofSeconds(60);

  /** Reads a stopped writer's timeline. */
  static WrittenOnce read(TidelineClient client, PacedWriter writer) {
    Check check = new Check(writer.acknowledgements());
    for (Entry entry : client.withDeadline(READ_DEADLINE).scan(ScanSpec.of(writer.timeline()))) {
      check.entry(entry.sequenceId(), entry.message().getLong(PacedWriter.NUMBER).orElse(0));
    }
    return check.end();
  }

  WrittenOnce plus(WrittenOnce other) {
    return new WrittenOnce(lost + other.lost, duplicates + other.duplicates);
  }

  /** Compares the entries of one timeline, in any order, with what its writer was told. */
  static final class Check {
    private final Acknowledgements told;
    private final BitSet seen = new BitSet();
    private int inPlace;
    private long duplicates;

    Check(Acknowledgements told) {
      this.told = told;
    }

    /** An entry that is there, with the number its writer gave it. */
    void entry(long sequenceId, long number) {
      // One message more than acknowledged may be there: the last, whose writer was stopped.
      if (number < 1 || number > told.count() + 1 || seen.get((int) number)) {
        duplicates++;
        return;
      }
      seen.set((int) number);
      if (number <= told.count() && told.sequenceId((int) number) == sequenceId) {
        inPlace++;
      }
    }

    WrittenOnce end() {
      return new WrittenOnce(told.count() - inPlace, duplicates);
    }
  }
}
