package io.tideline.it.imday;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Collects the steps of one sender, and puts between them the repeats, edits and recalls of what
 * was posted before.
 */
final class SenderPlan {

  private static final double REPEATS_SHARE = 0.05;
  private static final double EDITS_SHARE = 0.01;
  private static final double RECALLS_SHARE = 0.01;

  /**
   * Posts of the same sender until one is repeated or changed, at most: devices have it by then.
   */
  private static final int DELAY_MAX = 20;

  private final SplittableRandom random;
  private final List<Step> steps = new ArrayList<>();
  private final List<Due> waiting = new ArrayList<>();
  private int posts;

  /** A step that comes after so many posts. */
  private record Due(int posts, Step step) {}

  SenderPlan(SplittableRandom random) {
    this.random = random;
  }

  /** The first thing a user does in a conversation. */
  void enter(Conversation conversation, String user) {
    if (!conversation.isGroup()) {
      steps.add(new Step.Open(conversation, user));
    } else if (!conversation.founders().contains(user)) {
      steps.add(new Step.Join(conversation, user));
    }
  }

  void post(Step.Post post) {
    steps.add(post);
    posts++;
    int due = posts;
    if (random.nextDouble() < REPEATS_SHARE) {
      waiting.add(new Due(due + random.nextInt(DELAY_MAX), new Step.Repeat(post)));
    }
    if (random.nextDouble() < EDITS_SHARE) {
      due += random.nextInt(DELAY_MAX);
      waiting.add(new Due(due, new Step.Edit(post, post.text() + " (corrected)")));
    }
    // After the edit, if there is one: what is recalled cannot be edited.
    if (random.nextDouble() < RECALLS_SHARE) {
      waiting.add(new Due(due + random.nextInt(DELAY_MAX), new Step.Recall(post)));
    }
    addDue(posts);
  }

  /** In the order in which they were planned, which for one post is the only possible one. */
  private void addDue(int reached) {
    for (Iterator<Due> all = waiting.iterator(); all.hasNext(); ) {
      Due next = all.next();
      if (next.posts() <= reached) {
        steps.add(next.step());
        all.remove();
      }
    }
  }

  /** Nobody changes what he wrote in a group after he has left it. */
  void leave(Conversation conversation, String user) {
    for (Iterator<Due> all = waiting.iterator(); all.hasNext(); ) {
      Step next = all.next().step();
      if (next.conversation().equals(conversation) && next.user().equals(user)) {
        steps.add(next);
        all.remove();
      }
    }
    steps.add(new Step.Leave(conversation, user));
  }

  List<Step> finish() {
    addDue(Integer.MAX_VALUE);
    return List.copyOf(steps);
  }
}
