package io.tideline.server.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;

/** Reads a YAML file of sections and scalars; every refusal names the line. */
final class ConfigFile {

  /**
   * A value and where it stands.
   *
   * @param where for messages
   */
  record Located(String text, String where) {}

  private final Path file;
  private final Map<ConfigKey, Located> values = new EnumMap<>(ConfigKey.class);

  private ConfigFile(Path file) {
    this.file = file;
  }

  static Map<ConfigKey, Located> read(Path file) throws ConfigException {
    ConfigFile read = new ConfigFile(file);
    try (JsonParser parser = new YAMLFactory().createParser(Files.newBufferedReader(file))) {
      read.document(parser);
    } catch (NoSuchFileException e) {
      throw new ConfigException(
          file
              + " does not exist; give the path of a configuration file, or none for the defaults");
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new ConfigException(
          file + " line " + line + ": not readable as YAML: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new ConfigException(file + " cannot be read: " + e);
    }
    return read.values;
  }

  private void document(JsonParser parser) throws IOException, ConfigException {
    Deque<String> path = new ArrayDeque<>();
    JsonToken token = parser.nextToken();
    if (token == null || token == JsonToken.VALUE_NULL) {
      return;
    }
    if (token != JsonToken.START_OBJECT) {
      throw new ConfigException(where(parser) + ": expected sections such as \"grpc:\"");
    }
    for (token = parser.nextToken(); token != null; token = parser.nextToken()) {
      switch (token) {
        case FIELD_NAME -> path.addLast(parser.currentName());
        case START_OBJECT -> {
          // A section: its name stays on the path until its end.
        }
        case END_OBJECT -> path.pollLast();
        case VALUE_NULL -> {
          // An empty section, or an empty value, which leaves the default.
          known(parser, path);
          path.removeLast();
        }
        case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> {
          put(parser, path, parser.getText());
          path.removeLast();
        }
        default ->
            throw new ConfigException(
                where(parser) + ": " + String.join(".", path) + " must be a single value");
      }
    }
  }

  private void known(JsonParser parser, Deque<String> path) throws ConfigException {
    String name = String.join(".", path);
    boolean section = ConfigKey.names().stream().anyMatch(key -> key.startsWith(name + "."));
    if (!section && ConfigKey.find(name).isEmpty()) {
      throw unknown(where(parser), name);
    }
  }

  private void put(JsonParser parser, Deque<String> path, String text) throws ConfigException {
    String name = String.join(".", path);
    String where = where(parser);
    ConfigKey key = ConfigKey.find(name).orElse(null);
    if (key == null) {
      throw unknown(where, name);
    }
    if (values.put(key, new Located(text, where)) != null) {
      throw new ConfigException(where + ": " + name + " is given twice; remove one");
    }
  }

  private String where(JsonParser parser) {
    return file + " line " + parser.currentTokenLocation().getLineNr();
  }

  static ConfigException unknown(String where, String name) {
    return new ConfigException(
        where
            + ": unknown key \""
            + name
            + "\""
            + Suggestion.of(name, ConfigKey.names())
            + "; every key is in conf/tideline.yaml");
  }
}
