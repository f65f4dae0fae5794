package io.tideline.client;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Generates message keys that no other client gives: 96 random bits per client, then a counter.
 * Short, because the server remembers each for the dedup window, and with a common prefix, so that
 * it compresses.
 *
 * <p>Thread-safe.
 */
final class MessageKeys {

  /** Longest message key of the contract, bytes of UTF-8. */
  static final int SIZE_MAX = 128;

  private static final int PREFIX_BYTES = 12;

  private final String prefix;
  private final AtomicLong counter = new AtomicLong();

  MessageKeys(SecureRandom random) {
    byte[] bytes = new byte[PREFIX_BYTES];
    random.nextBytes(bytes);
    this.prefix = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) + "-";
  }

  /**
   * @throws IllegalArgumentException if it is not 1 to 128 bytes of UTF-8
   */
  static String requireValid(String messageKey) {
    int size = Utf8.length(Utf8.requireWellFormed(messageKey));
    if (size < 1 || size > SIZE_MAX) {
      throw new IllegalArgumentException(
          "a message key of " + size + " bytes; give it 1.." + SIZE_MAX);
    }
    return messageKey;
  }

  String next() {
    return prefix + Long.toString(counter.getAndIncrement(), Character.MAX_RADIX);
  }
}
