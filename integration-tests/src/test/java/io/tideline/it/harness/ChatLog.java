package io.tideline.it.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A chat log to import: a JSON Lines file and the messages in it, in the file's order.
 *
 * <p>Real logs are taken from the directory in the environment variable {@code TIDELINE_CHAT_LOGS};
 * without it a log of the same shape and size is generated, equal in every run. Either way the test
 * says what it reads.
 *
 * @param file what the importer reads, plain or gzip
 * @param messages the same, parsed here independently of the importer
 */
public record ChatLog(Path file, List<Message> messages) {

  /** One line: its number (from 0) stands for the message in models and failure messages. */
  public record Message(
      int line, String conversation, String sender, long timeMillis, String text) {}

  /** The public logs the tests know, with the shape to generate where they are absent. */
  public enum Source {
    /** English group chat: one huge channel and four small ones, thousands of participants. */
    UBUNTU_IRC("ubuntu_irc", 239_087, 5, 18_932, false),
    /** English one-to-one chat: a sea of tiny conversations. */
    UBUNTU_PAIRS("ubuntu_pairs", 94_838, 24_204, 8_376, false),
    /** Chinese dialogues. */
    KDCONV("kdconv_zh", 19_058, 900, 396, true);

    private final String fileName;
    private final int lines;
    private final int conversations;
    private final int senders;
    private final boolean chinese;

    Source(String name, int lines, int conversations, int senders, boolean chinese) {
      this.fileName = name + ".jsonl.gz";
      this.lines = lines;
      this.conversations = conversations;
      this.senders = senders;
      this.chinese = chinese;
    }

    /** How many messages the whole log has. */
    public int lines() {
      return lines;
    }
  }

  /** Neighbouring lines a slice takes at once, so that conversations keep their run of messages. */
  private static final int BLOCK_LINES = 500;

  private static final String DIRECTORY_VARIABLE = "TIDELINE_CHAT_LOGS";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The whole log. */
  public static ChatLog whole(Source source, Path directory) {
    Path real = real(source);
    if (real != null) {
      System.out.println("chat log: all of " + real);
      return new ChatLog(real, parse(real));
    }
    return slice(source, source.lines, directory);
  }

  /**
   * Blocks of neighbouring lines from all over the log, its end included.
   *
   * @param directory where the slice is written
   */
  public static ChatLog slice(Source source, int lines, Path directory) {
    Path real = real(source);
    List<String> all;
    if (real != null) {
      all = readLines(real);
      System.out.println("chat log: " + lines + " lines of " + real);
    } else {
      all = GeneratedChat.lines(source.lines, source.conversations, source.senders, source.chinese);
      System.out.println(
          "chat log: "
              + lines
              + " generated lines in the shape of "
              + source.fileName
              + ", for "
              + DIRECTORY_VARIABLE
              + " names no directory with it");
    }
    Path file = directory.resolve(source.fileName.replace(".gz", ""));
    write(file, spread(all, lines));
    return new ChatLog(file, parse(file));
  }

  private static List<String> spread(List<String> all, int lines) {
    if (lines >= all.size()) {
      return all;
    }
    int blocks = Math.max(1, lines / BLOCK_LINES);
    List<String> chosen = new ArrayList<>(lines);
    for (int i = 0; i < blocks; i++) {
      int size = i < blocks - 1 ? lines / blocks : lines - chosen.size();
      int start = blocks == 1 ? 0 : (int) ((long) (all.size() - size) * i / (blocks - 1));
      chosen.addAll(all.subList(start, start + size));
    }
    return chosen;
  }

  private static @Nullable Path real(Source source) {
    String directory = System.getenv().getOrDefault(DIRECTORY_VARIABLE, "");
    if (directory.isEmpty()) {
      return null;
    }
    Path file = Path.of(directory, source.fileName);
    return Files.exists(file) ? file : null;
  }

  private static List<Message> parse(Path file) {
    List<String> lines = readLines(file);
    List<Message> messages = new ArrayList<>(lines.size());
    for (int i = 0; i < lines.size(); i++) {
      messages.add(parse(i, lines.get(i)));
    }
    return List.copyOf(messages);
  }

  private static Message parse(int line, String json) {
    try {
      JsonNode node = JSON.readTree(json);
      return new Message(
          line,
          node.required("conversation").textValue(),
          node.required("sender").textValue(),
          node.required("ts_ms").longValue(),
          node.required("text").textValue());
    } catch (IOException e) {
      throw new UncheckedIOException("line " + line, e);
    }
  }

  private static List<String> readLines(Path file) {
    try (BufferedReader reader =
        file.toString().endsWith(".gz")
            ? new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))
            : Files.newBufferedReader(file)) {
      List<String> lines = new ArrayList<>();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank()) {
          lines.add(line);
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private static void write(Path file, List<String> lines) {
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      for (String line : lines) {
        writer.write(line);
        writer.write('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /** A line of a chat log. */
  static String line(String conversation, String sender, long timeMillis, String text) {
    ObjectNode node = JSON.createObjectNode();
    node.put("conversation", conversation).put("sender", sender);
    node.put("ts_ms", timeMillis).put("text", text);
    return node.toString();
  }
}
