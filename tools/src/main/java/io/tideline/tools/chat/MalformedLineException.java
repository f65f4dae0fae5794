package io.tideline.tools.chat;

/** Why a line of a chat log is not a message. */
public final class MalformedLineException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  public MalformedLineException(String reason) {
    super(reason);
    this.reason = reason;
  }

  /** The reason, in words. */
  public String reason() {
    return reason;
  }
}
