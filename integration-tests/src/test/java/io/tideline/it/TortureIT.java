package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tideline.it.harness.Cli;
import io.tideline.it.harness.Nodes;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A short torture: three processes, faults any user may inject, reads of every kind, every promise
 * checked.
 */
class TortureIT {

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void threeNodesKeepTheirPromisesWhileOneAfterTheOtherIsKilledAndPaused() throws IOException {
    Cli.Result torture =
        nodes
            .cli()
            .run(
                "torture",
                "--nodes",
                "3",
                "--seconds",
                "15",
                "--faults",
                "kill,pause",
                "--seed",
                "4",
                "--lease-reads",
                "--output",
                "json");

    assertThat(torture.exitCode()).as(torture.output()).isZero();
    String[] lines = torture.output().strip().split("\n");
    JsonNode result = new ObjectMapper().readTree(lines[lines.length - 1]);
    assertThat(result.path("acked").asLong()).as(torture.output()).isPositive();
    assertThat(result.path("faults").asInt()).isPositive();
    assertThat(result.path("session_reads").asLong()).isPositive();
    assertThat(result.path("lease_reads").asBoolean()).isTrue();
    for (String count :
        new String[] {
          "lost",
          "duplicates",
          "order_violations",
          "stale_reads",
          "unread_own_writes",
          "backward_reads",
          "trimmed_seen",
          "unexpected_exits",
          "replica_mismatches"
        }) {
      assertThat(result.path(count).asLong(-1)).as(count).isZero();
    }
    assertThat(result.path("worst_write_gap_ms").asLong()).isPositive();
  }
}
