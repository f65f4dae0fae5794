package io.tideline.server.transfer;

import java.io.IOException;

/** How a fetch ended. */
public sealed interface FetchResult {

  /** Everything is here. */
  record Arrived(ArrivedSnapshot snapshot) implements FetchResult {}

  /** Nothing arrived, or not all; what did is used again by the next attempt, which may work. */
  record Refused(String why) implements FetchResult {}

  /** This node's disk failed; it must not go on. */
  record Failed(IOException cause) implements FetchResult {}
}
