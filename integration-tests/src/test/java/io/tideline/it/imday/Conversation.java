package io.tideline.it.imday;

import io.tideline.tools.im.Im;
import java.util.List;

/**
 * A conversation of the day.
 *
 * @param id as the messenger names it
 * @param isGroup whether users may join and leave; else it is one of two users
 * @param founders its members when it begins
 */
public record Conversation(String id, boolean isGroup, List<String> founders) {

  public Conversation {
    founders = List.copyOf(founders);
  }

  static Conversation group(String name, List<String> founders) {
    return new Conversation(Im.groupId(name), true, founders);
  }

  /** The documented id: the names in order. */
  static Conversation single(String user, String other) {
    List<String> names = List.of(user, other).stream().sorted().toList();
    return new Conversation("single:" + String.join(":", names), false, names);
  }

  String groupName() {
    return id.substring(id.indexOf(':') + 1);
  }
}
