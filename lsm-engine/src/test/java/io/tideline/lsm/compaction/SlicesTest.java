package io.tideline.lsm.compaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.compaction.CompactionPicker.Urgency;
import io.tideline.lsm.compaction.CompactionPicker.Work;
import io.tideline.lsm.compaction.Slices.Slice;
import io.tideline.lsm.row.InternalKey;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs are written newest first, with bars between them, a table of 10 bytes as its first and last
 * key; tables are numbered from 1.
 */
class SlicesTest {

  @ParameterizedTest
  @CsvSource({
    "ab cd ef, 1 / 2 / 3",
    "ab cd | ab cd, 1 3 / 2 4",
    "ac | ab cd ef, 1 2 3 / 4",
    "bc ef | ab cd gh, 3 1 4 / 2 / 5",
    // A timeline that goes on in the next table holds both together.
    "ab bc ce | xy, 1 2 3 / 4",
    "ab bb bd, 1 2 3",
  })
  void slicesShareNoKey(String runs, String expected) {
    assertThat(describe(Slices.of(parse(runs)))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // Of the guide, every so many bytes.
    "ab cd ef gh, 20, '', ef",
    "ab cd ef gh, 10, '', cd ef gh",
    "ab cd ef gh, 30, '', gh",
    // Cuts that others have are used again.
    "ab cd ef gh ij kl, 40, 'ef', ef",
    // Never within a timeline.
    "ab bd de ef, 10, '', ''",
  })
  void cutsFollowTheGuide(String guide, long bytes, String others, String expected) {
    List<TableMeta> known = others.isEmpty() ? List.of() : parse(others).getFirst();
    String cuts =
        Slices.cuts(parse(guide).getFirst(), known, bytes).stream()
            .map(key -> new String(InternalKey.userKey(key), US_ASCII))
            .collect(Collectors.joining(" "));
    assertThat(cuts)
        .isEqualTo(
            expected.isEmpty()
                ? ""
                : List.of(expected.split(" ")).stream()
                    .map(key -> key.substring(0, 1))
                    .collect(Collectors.joining(" ")));
  }

  @ParameterizedTest
  @CsvSource({
    // What is only in the oldest run is done; a job ends there, or when it is large enough.
    "MERGE, ab ef | ab cd ef gh, 1000, 1 3",
    "MERGE, cd ef | ab cd ef gh, 1000, 1 4 / 2 5",
    "MERGE, cd ef | ab cd ef gh, 30, 1 4",
    "MERGE, ab cd, 1000, ''",
    // What is in no older run moves; moves and merges are jobs of their own.
    "MERGE, ab cd | ef, 1000, 1 / 2",
    "MERGE, ab cd | cd, 1000, 1",
    "ALL, ab | cd, 1000, 1 / 2",
    "ALL, ab cd, 1000, 1 / 2",
    "DROP_ROWS, ab cd, 1000, 1 / 2",
    "COOL, ab cd ef, 1000, 2",
  })
  void aJobTakesNeighbouringSlicesWithWorkLeft(
      Work work, String runs, long bytesMax, String expected) {
    CompactionPlan plan = new CompactionPlan(1, 9, work, Urgency.MERGE, 100);
    List<Slice> job = plan.nextJob(parse(runs), bytesMax, table -> table.fileId() == 2);
    assertThat(describe(job)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"ALL", "COOL", "RECLAIM"})
  void whatAPlanWroteItselfIsDone(Work work) {
    CompactionPlan plan = new CompactionPlan(1, 9, work, Urgency.MERGE, 2);
    assertThat(describe(plan.nextJob(parse("ab cd ef"), 1000, table -> true))).isEqualTo("1");
  }

  private static List<List<TableMeta>> parse(String text) {
    List<List<TableMeta>> runs = new ArrayList<>();
    long id = 1;
    for (String run : text.split(" \\| ")) {
      List<TableMeta> tables = new ArrayList<>();
      for (String keys : run.split(" ")) {
        tables.add(table(id++, keys.substring(0, 1), keys.substring(1)));
      }
      runs.add(tables);
    }
    return runs;
  }

  private static byte[] key(String text) {
    return InternalKey.of(InternalKey.TIMELINES, text.getBytes(US_ASCII));
  }

  private static TableMeta table(long id, String first, String last) {
    TableProperties properties =
        new TableProperties(1, 1, 1, 1, 1, 5, 5, 5, 0, 1, 0, key(first), key(last));
    return TableMeta.whole(id, new UUID(1, 2), 10, 0, 0, properties);
  }

  private static String describe(List<Slice> slices) {
    return slices.stream()
        .map(
            slice ->
                slice.pieces().stream()
                    .map(piece -> String.valueOf(piece.table().fileId()))
                    .collect(Collectors.joining(" ")))
        .collect(Collectors.joining(" / "));
  }
}
