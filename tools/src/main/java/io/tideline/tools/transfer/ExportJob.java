package io.tideline.tools.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Coverage;
import io.tideline.client.Entry;
import io.tideline.client.EntryKind;
import io.tideline.client.Identifier;
import io.tideline.client.Page;
import io.tideline.client.ScanSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Progress;
import io.tideline.tools.cli.ToolException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One export: pages through conversations, checks their ids and writes their messages. */
final class ExportJob {
  private static final int PAGE_ENTRIES = 1_000;

  private final TidelineClient client;
  private final String store;
  private final boolean allowTrimmed;
  private final boolean mustExist;
  private final Progress progress;
  private long messages;
  private long trimmedConversations;
  private long deleted;

  /**
   * @param mustExist whether a conversation without any entry is an error
   */
  ExportJob(
      TidelineClient client,
      String store,
      boolean allowTrimmed,
      boolean mustExist,
      Progress progress) {
    this.client = client;
    this.store = store;
    this.allowTrimmed = allowTrimmed;
    this.mustExist = mustExist;
    this.progress = progress;
  }

  /**
   * What was exported.
   *
   * @param conversations conversations
   * @param trimmedConversations of those, without their beginning
   * @param messages messages
   * @param deletedEntries ids that are missing because their entries were deleted one by one
   */
  record Summary(
      long conversations, long trimmedConversations, long messages, long deletedEntries) {
    ObjectNode toJson() {
      return Json.object()
          .put("conversations", conversations)
          .put("trimmed_conversations", trimmedConversations)
          .put("messages", messages)
          .put("deleted_entries", deletedEntries);
    }

    String sentence() {
      return "Exported "
          + Humans.count(messages)
          + " messages of "
          + Humans.count(conversations)
          + " conversations"
          + (trimmedConversations == 0
              ? "."
              : ", " + Humans.count(trimmedConversations) + " of them without their beginning.")
          + (deletedEntries == 0
              ? ""
              : " " + Humans.count(deletedEntries) + " entries had been deleted.");
    }
  }

  /** Writes all {@code conversations}, in this order. */
  Summary run(List<String> conversations, OutputStream out) throws IOException {
    long done = 0;
    for (String conversation : conversations) {
      export(conversation, out, done, conversations.size());
      done++;
    }
    return new Summary(conversations.size(), trimmedConversations, messages, deleted);
  }

  private void export(String conversation, OutputStream out, long done, long all)
      throws IOException {
    TimelineKey timeline = new TimelineKey(store, Identifier.of(conversation));
    long expected = 1;
    Coverage coverage;
    do {
      Page page =
          client.scanPage(ScanSpec.builder(timeline).from(expected).pageSize(PAGE_ENTRIES).build());
      coverage = page.coverage();
      if (mustExist && !coverage.timelineExists()) {
        throw new ToolException(
            ExitCode.FAILED,
            "store " + store + " has no conversation '" + conversation + "'",
            "See which there are: 'tideline meta list " + store + "'.");
      }
      if (coverage.isTrimmed()) {
        expected = afterGap(conversation, coverage);
      }
      for (Entry entry : page.entries()) {
        requireAbove(conversation, expected - 1, entry.sequenceId());
        write(conversation, entry, out);
        // Ids in between were given to entries that were deleted one by one.
        deleted += entry.sequenceId() - expected;
        expected = entry.sequenceId() + 1;
      }
      double ofThis =
          coverage.lastSequenceId() == 0 ? 1 : (double) (expected - 1) / coverage.lastSequenceId();
      progress.update(messages, (done + ofThis) / all);
    } while (coverage.hasMore());
    deleted += coverage.lastSequenceId() + 1 - expected;
  }

  private long afterGap(String conversation, Coverage coverage) {
    if (!allowTrimmed) {
      throw new ToolException(
          ExitCode.FAILED,
          "conversation '"
              + conversation
              + "' is not whole: its first retained id is "
              + coverage.firstRetainedSequenceId(),
          "Its beginning was trimmed or has expired. Export what is left with --allow-trimmed.");
    }
    trimmedConversations++;
    return coverage.firstRetainedSequenceId();
  }

  private static void requireAbove(String conversation, long last, long found) {
    if (found <= last) {
      throw new ToolException(
          ExitCode.DATA,
          "conversation '" + conversation + "' has id " + found + " after id " + last,
          "Ids of a timeline rise: stop the node and run 'tideline inspect --verify'.");
    }
  }

  private void write(String conversation, Entry entry, OutputStream out) throws IOException {
    if (entry.kind() != EntryKind.MESSAGE || entry.recalled()) {
      return;
    }
    String line;
    try {
      line = ChatMapping.toChat(conversation, entry.message()).toJson();
    } catch (IllegalArgumentException notChat) {
      throw new ToolException(
          ExitCode.DATA,
          "entry " + entry.sequenceId() + " of '" + conversation + "': " + notChat.getMessage(),
          "Only messages as import writes them can be exported; name others out with --conversation.",
          notChat);
    }
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    messages++;
  }
}
