package io.tideline.it.imday;

/** One thing that one user does in one conversation. */
public sealed interface Step {

  Conversation conversation();

  String user();

  /** Begins to talk to the other one. */
  record Open(Conversation conversation, String user) implements Step {}

  /** Becomes a member of a group. */
  record Join(Conversation conversation, String user) implements Step {}

  /** Leaves a group. */
  record Leave(Conversation conversation, String user) implements Step {}

  /**
   * Sends a message.
   *
   * @param number no other post has it; the text begins with it, so that a second copy can be told
   *     from somebody's second "ok"
   */
  record Post(int number, Conversation conversation, String user, String text) implements Step {

    String messageKey() {
      return "post-" + number;
    }
  }

  /** Sends an acknowledged message again, as a device would that did not get the answer. */
  record Repeat(Post post) implements Step {
    @Override
    public Conversation conversation() {
      return post.conversation();
    }

    @Override
    public String user() {
      return post.user();
    }
  }

  /** Replaces the text of a message. */
  record Edit(Post post, String text) implements Step {
    @Override
    public Conversation conversation() {
      return post.conversation();
    }

    @Override
    public String user() {
      return post.user();
    }
  }

  /** Takes a message back. */
  record Recall(Post post) implements Step {
    @Override
    public Conversation conversation() {
      return post.conversation();
    }

    @Override
    public String user() {
      return post.user();
    }
  }
}
