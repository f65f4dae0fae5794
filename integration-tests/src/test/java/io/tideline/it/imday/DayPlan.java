package io.tideline.it.imday;

import io.tideline.it.harness.ChatLog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Who does what in a day, made of chat logs and a seed: equal in every run with that seed.
 *
 * <p>Conversations in which the log has two people are conversations of two, all others groups. Who
 * speaks early in a group is a member from the beginning, the others join before they first speak;
 * most leave after they last did. Some join only to read. Each user's steps are in one sender's
 * list, in order; the senders work side by side, so a conversation's messages come from several.
 *
 * @param conversations all there are
 * @param senders the steps of each sender
 * @param users everybody
 */
public record DayPlan(
    Collection<Conversation> conversations, List<List<Step>> senders, Set<String> users) {

  /** Who speaks in this share of a group's messages is there from the beginning. */
  private static final double FOUNDERS_SHARE = 0.25;

  /** In public channels most people part, and a group must not grow with each block of the log. */
  private static final double LEAVERS_SHARE = 0.75;

  /** Who join each group to read, half of them for a while. */
  private static final int READERS_PER_GROUP = 6;

  /** A group in which somebody might only read. */
  private static final int READ_GROUP_SPEAKERS = 5;

  /** A line of a log, or a reader who comes or goes, at its place in the day, in [0, 1). */
  private record Event(
      double time, Conversation conversation, String user, Kind kind, String text) {

    enum Kind {
      LINE,
      READER_COMES,
      READER_GOES
    }

    /** Of one user in one conversation. */
    String place() {
      return conversation.id() + " " + user;
    }
  }

  /** Lays the logs side by side: all begin in the morning and end in the evening. */
  public static DayPlan of(List<ChatLog> logs, int senderCount, SplittableRandom random) {
    Map<String, Conversation> conversations = new LinkedHashMap<>();
    List<Event> events = new ArrayList<>();
    for (ChatLog log : logs) {
      Map<String, Conversation> ofLog = conversations(log, random, events);
      ofLog.values().forEach(each -> conversations.put(each.id(), each));
      List<ChatLog.Message> messages = log.messages();
      for (int i = 0; i < messages.size(); i++) {
        ChatLog.Message message = messages.get(i);
        events.add(
            new Event(
                (i + 0.5) / messages.size(),
                ofLog.get(message.conversation()),
                userName(message.sender()),
                Event.Kind.LINE,
                message.text()));
      }
    }
    events.sort(Comparator.comparingDouble(Event::time));
    Set<String> users = new LinkedHashSet<>();
    conversations.values().forEach(conversation -> users.addAll(conversation.founders()));
    events.forEach(event -> users.add(event.user()));
    return new DayPlan(conversations.values(), steps(events, senderCount, random), users);
  }

  /** The conversations of a log by their names there; adds the readers of its groups. */
  private static Map<String, Conversation> conversations(
      ChatLog log, SplittableRandom random, List<Event> events) {
    Map<String, List<String>> speakers = new LinkedHashMap<>();
    for (ChatLog.Message message : log.messages()) {
      speakers
          .computeIfAbsent(message.conversation(), name -> new ArrayList<>())
          .add(userName(message.sender()));
    }
    Map<String, Conversation> conversations = new LinkedHashMap<>();
    speakers.forEach(
        (name, all) -> {
          Set<String> participants = participants(name, all);
          List<String> early = all.subList(0, (int) Math.ceil(all.size() * FOUNDERS_SHARE));
          Conversation conversation =
              participants.size() == 2
                  ? Conversation.single(
                      participants.iterator().next(), List.copyOf(participants).getLast())
                  : Conversation.group(userName(name), List.copyOf(new LinkedHashSet<>(early)));
          conversations.put(name, conversation);
          if (participants.size() >= READ_GROUP_SPEAKERS) {
            addReaders(conversation, random, events);
          }
        });
    return conversations;
  }

  /** In the one-to-one log a conversation's name is {@code dm:one,other}, though one be silent. */
  private static Set<String> participants(String name, List<String> speakers) {
    Set<String> participants = new LinkedHashSet<>();
    if (name.startsWith("dm:")) {
      for (String each : name.substring("dm:".length()).split(",", -1)) {
        participants.add(userName(each));
      }
    }
    participants.addAll(speakers);
    return participants;
  }

  private static void addReaders(Conversation group, SplittableRandom random, List<Event> events) {
    for (int i = 0; i < READERS_PER_GROUP; i++) {
      String reader = "late-reader-" + i + "-" + Integer.toHexString(group.id().hashCode());
      double comes = 0.1 + 0.7 * random.nextDouble();
      events.add(new Event(comes, group, reader, Event.Kind.READER_COMES, ""));
      if (i % 2 == 0) {
        double goes = comes + (1 - comes) * random.nextDouble();
        events.add(new Event(goes, group, reader, Event.Kind.READER_GOES, ""));
      }
    }
  }

  private static List<List<Step>> steps(
      List<Event> events, int senderCount, SplittableRandom random) {
    Map<String, Integer> lastEvents = new LinkedHashMap<>();
    for (int i = 0; i < events.size(); i++) {
      lastEvents.put(events.get(i).place(), i);
    }
    List<SenderPlan> senders = new ArrayList<>();
    for (int i = 0; i < senderCount; i++) {
      senders.add(new SenderPlan(random.split()));
    }
    Set<String> present = new HashSet<>();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      Conversation conversation = event.conversation();
      String user = event.user();
      SenderPlan sender = senders.get(Math.floorMod(user.hashCode(), senderCount));
      if (present.add(event.place())) {
        sender.enter(conversation, user);
      }
      if (event.kind() == Event.Kind.LINE) {
        sender.post(new Step.Post(i, conversation, user, i + " " + event.text()));
      }
      boolean leaves =
          switch (event.kind()) {
            case READER_COMES -> false;
            case READER_GOES -> true;
            case LINE ->
                conversation.isGroup()
                    && lastEvents.get(event.place()) == i
                    && random.nextDouble() < LEAVERS_SHARE;
          };
      if (leaves) {
        sender.leave(conversation, user);
      }
    }
    return senders.stream().map(SenderPlan::finish).toList();
  }

  /** A name as the messenger takes it; other names give others. */
  private static String userName(String name) {
    StringBuilder legal = new StringBuilder();
    for (char c : name.toCharArray()) {
      boolean isPlain = c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
      legal.append(isPlain ? String.valueOf(c) : "." + Integer.toHexString(c));
    }
    return legal.toString();
  }
}
