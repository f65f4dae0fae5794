package io.tideline.server.transfer;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names a snapshot across nodes: {@code tideline://host:port/partition/snapshot}.
 *
 * @param address gRPC address of the node that has it
 * @param snapshotId its id there
 */
record SnapshotUri(String address, long partitionId, String snapshotId) {

  private static final Pattern FORM =
      Pattern.compile("tideline://([^/\\s]+:[0-9]{1,5})/([0-9]{1,18})/([0-9a-f-]{1,64})");

  static Optional<SnapshotUri> parse(String uri) {
    Matcher matcher = FORM.matcher(uri);
    return matcher.matches()
        ? Optional.of(
            new SnapshotUri(matcher.group(1), Long.parseLong(matcher.group(2)), matcher.group(3)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return "tideline://" + address + "/" + partitionId + "/" + snapshotId;
  }
}
