package io.tideline.tools.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The people and the conversations of a generated chat: one channel of everybody, some large
 * groups, many small ones, and a sea of direct conversations.
 */
public final class ChatWorld {
  private static final String[] ENGLISH_NAMES = {
    "ada", "ben", "cleo", "dan", "eva", "finn", "gina", "hugo", "iris", "jack", "kate", "leo",
    "mia", "noah", "olga", "paul", "quinn", "rosa", "sam", "tess", "uma", "vic", "wendy", "yann",
    "zoe"
  };
  private static final String[] CHINESE_NAMES = {
    "小明", "丽丽", "王伟", "李娜", "张强", "刘洋", "陈静", "杨帆", "赵磊", "周婷", "吴昊", "徐慧"
  };

  /** Members of a large group at most; more people share a channel instead. */
  private static final int GROUP_MEMBERS_MAX = 150;

  private final List<String> users;
  private final List<Conversation> conversations;
  private final double[] cumulativeWeights;

  /**
   * One conversation.
   *
   * @param name unique; tells the kind and the number
   * @param members people who may speak, the most talkative first; two or more
   * @param chinese language
   * @param weight how often it is lively, against the others
   */
  public record Conversation(String name, List<String> members, boolean chinese, double weight) {
    /** Whether it is a room of so many people that storms of messages happen. */
    boolean isCrowd() {
      return members.size() > 30;
    }
  }

  ChatWorld(ChatShape shape, Draws draws) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < shape.users(); i++) {
      boolean chinese = draws.chance(shape.chineseShare());
      String[] pool = chinese ? CHINESE_NAMES : ENGLISH_NAMES;
      names.add(pool[draws.below(pool.length)] + String.format(Locale.ROOT, "%03d", i));
    }
    this.users = Collections.unmodifiableList(names);
    List<Conversation> rooms = new ArrayList<>();
    for (int i = 0; i < shape.conversations(); i++) {
      rooms.add(room(i, shape, draws));
    }
    this.conversations = Collections.unmodifiableList(rooms);
    this.cumulativeWeights = new double[rooms.size()];
    double total = 0;
    for (int i = 0; i < cumulativeWeights.length; i++) {
      total += rooms.get(i).weight();
      cumulativeWeights[i] = total;
    }
  }

  private Conversation room(int index, ChatShape shape, Draws draws) {
    boolean chinese = draws.chance(shape.chineseShare());
    double liveliness = draws.logNormal(1, 1.2);
    if (index == 0) {
      // One channel takes about a seventh of all bursts however many conversations there are.
      double weight = 0.5 * shape.conversations();
      return new Conversation("channel:lobby", members(users.size(), draws), false, weight);
    }
    double kind = draws.uniform();
    if (kind < 0.55) {
      return new Conversation("dm:" + index, members(2, draws), chinese, liveliness);
    }
    double drawn = kind < 0.93 ? draws.logNormal(6, 0.5) : draws.logNormal(60, 0.5);
    int size = Math.clamp(Math.round(drawn), 3, Math.min(GROUP_MEMBERS_MAX, users.size()));
    String name = (size > 30 ? "large-group:" : "group:") + index;
    return new Conversation(name, members(size, draws), chinese, liveliness * 2);
  }

  private List<String> members(int count, Draws draws) {
    Set<String> chosen = new LinkedHashSet<>();
    int wanted = Math.min(count, users.size());
    while (chosen.size() < wanted) {
      // Talkative people are in many conversations; when those are used up, anybody.
      int index = chosen.size() * 2 < wanted ? draws.zipf(users.size()) : draws.below(users.size());
      chosen.add(users.get(index));
    }
    return List.copyOf(chosen);
  }

  /** All people. */
  public List<String> users() {
    return users;
  }

  /** All conversations; the first is the channel. */
  public List<Conversation> conversations() {
    return conversations;
  }

  Conversation draw(Draws draws) {
    return conversations.get(draws.weighted(cumulativeWeights));
  }
}
