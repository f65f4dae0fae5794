package io.tideline.tools.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What an import has done.
 *
 * @param lines lines of the file
 * @param resumedFromLine line after which it began, because an earlier run had done those
 * @param conversations conversations in the file
 * @param counts what was written
 * @param badLines lines that were skipped because they are malformed, with the reason; the first
 *     ones
 * @param badLineCount how many there were
 * @param elapsed time it took
 * @param latencyMicros from submission to acknowledgement of a message in its conversation
 */
record ImportSummary(
    long lines,
    long resumedFromLine,
    long conversations,
    ChatWriter.Counts counts,
    List<String> badLines,
    long badLineCount,
    Duration elapsed,
    Histogram latencyMicros) {

  double messagesPerSecond() {
    return perSecond(counts.messages());
  }

  double inboxWritesPerSecond() {
    return perSecond(counts.inboxWrites());
  }

  private double perSecond(long count) {
    return count * 1e9 / Math.max(1, elapsed.toNanos());
  }

  double latencyMillis(double percentile) {
    return latencyMicros.getValueAtPercentile(percentile) / 1_000.0;
  }

  ObjectNode toJson() {
    return Json.object()
        .put("lines", lines)
        .put("resumed_from_line", resumedFromLine)
        .put("conversations", conversations)
        .put("messages", counts.messages())
        .put("inbox_writes", counts.inboxWrites())
        .put("duplicates", counts.duplicates())
        .put("bad_lines", badLineCount)
        .put("elapsed_ms", elapsed.toMillis())
        .put("messages_per_second", Math.round(messagesPerSecond() * 10) / 10.0)
        .put("inbox_writes_per_second", Math.round(inboxWritesPerSecond() * 10) / 10.0)
        .put("p50_ms", latencyMillis(50))
        .put("p99_ms", latencyMillis(99));
  }

  /** For people. */
  String sentence() {
    StringBuilder text = new StringBuilder();
    if (resumedFromLine > 0 && counts.messages() == 0 && counts.duplicates() == 0) {
      return "Nothing to do: all "
          + Humans.count(resumedFromLine)
          + " lines had been imported before.";
    }
    if (resumedFromLine > 0) {
      text.append("Resumed after line ").append(Humans.count(resumedFromLine)).append(". ");
    }
    text.append("Wrote ")
        .append(Humans.count(counts.messages()))
        .append(" messages of ")
        .append(Humans.count(conversations))
        .append(" conversations and ")
        .append(Humans.count(counts.inboxWrites()))
        .append(" inbox entries in ")
        .append(Humans.duration(elapsed))
        .append(": ")
        .append(Humans.rate(messagesPerSecond()))
        .append(" messages, ")
        .append(Humans.rate(inboxWritesPerSecond()))
        .append(" inbox entries; a message was acknowledged after ")
        .append(Humans.latency(latencyMillis(50)))
        .append(" (p50), ")
        .append(Humans.latency(latencyMillis(99)))
        .append(" (p99).");
    if (counts.duplicates() > 0) {
      text.append(' ')
          .append(Humans.count(counts.duplicates()))
          .append(" writes had been there already and were not written again.");
    }
    return text.toString();
  }
}
