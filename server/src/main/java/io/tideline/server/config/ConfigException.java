package io.tideline.server.config;

/** The configuration cannot be used; the message says where, what and how to mend it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }
}
