package io.tideline.lsm;

import io.tideline.lsm.manifest.RunMeta;
import io.tideline.lsm.row.GroupSource;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableReader;
import io.tideline.lsm.version.Run;
import io.tideline.lsm.version.Table;
import io.tideline.lsm.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Where to split an engine so that both halves have about as many bytes, told by block indexes. */
final class SplitKeys {

  /** Samples per table: a 64 MiB table is cut to within 256 KiB, a thousand tables take 20 MiB. */
  private static final int SAMPLES_PER_TABLE = 1 << 8;

  private record Sample(byte[] key, long bytes) {}

  private SplitKeys() {}

  /** The key of a timeline that is neither the first nor past the last; empty if there is none. */
  static Optional<byte[]> suggest(Version version) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (Run run : version.runs()) {
      addSamples(run, samples);
    }
    samples.sort(Comparator.comparing(Sample::key, Arrays::compareUnsigned));
    if (samples.isEmpty()) {
      return Optional.empty();
    }
    long total = samples.stream().mapToLong(Sample::bytes).sum();
    byte[] first = smallestTimeline(version, samples.getFirst().key());
    long before = 0;
    byte[] best = null;
    long bestDistance = Long.MAX_VALUE;
    for (Sample sample : samples) {
      long distance = Math.abs(total - 2 * before);
      boolean cuts = Arrays.compareUnsigned(first, sample.key) < 0;
      boolean sameKey = best != null && Arrays.equals(best, sample.key);
      if (cuts && !sameKey && distance < bestDistance) {
        best = sample.key;
        bestDistance = distance;
      }
      before += sample.bytes;
    }
    return Optional.ofNullable(best).map(InternalKey::userKey);
  }

  private static void addSamples(Run run, List<Sample> samples) {
    RunMeta meta = run.meta();
    for (int i = 0; i < run.tables().size(); i++) {
      Table table = run.tables().get(i);
      KeyRanges bounds = meta.tables().get(i).bounds();
      TableReader reader = table.reader();
      int step = Math.max(1, reader.blockCount() / SAMPLES_PER_TABLE);
      long bytes = 0;
      for (int block = 0; block < reader.blockCount(); block++) {
        bytes += reader.blockBytes(block);
        if (block % step == step - 1 || block == reader.blockCount() - 1) {
          byte[] key = reader.lastKeyOf(block);
          if (InternalKey.isTimeline(key) && bounds.contains(key)) {
            samples.add(new Sample(key, bytes));
          }
          bytes = 0;
        }
      }
    }
  }

  private static byte[] smallestTimeline(Version version, byte[] known) throws IOException {
    byte[] smallest = known;
    for (Run run : version.runs()) {
      try (GroupSource groups = run.rows().groups(true)) {
        if (groups.seek(InternalKey.startOf(InternalKey.TIMELINES))
            && Arrays.compareUnsigned(groups.key(), smallest) < 0) {
          smallest = groups.key();
        }
      }
    }
    return smallest;
  }
}
