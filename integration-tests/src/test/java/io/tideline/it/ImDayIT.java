package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.it.harness.ChatLog;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Seed;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.imday.DayPlan;
import io.tideline.it.imday.DaySize;
import io.tideline.it.imday.ImDay;
import io.tideline.it.imday.Step;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Real chat logs replayed through the messenger as a day of many users with two devices each:
 * messages, repeats, edits, recalls, people who come late and leave, while the node is killed again
 * and again. At the end every conversation, inbox, unread count and device has exactly what was
 * acknowledged.
 */
class ImDayIT {

  @RegisterExtension final Nodes nodes = new Nodes();

  @Test
  void aSliceOfADaySurvivesKills() throws Exception {
    survivesKills(DaySize.slice());
  }

  @Test
  @Tag("slow")
  void aDaySurvivesKills() throws Exception {
    survivesKills(DaySize.whole());
  }

  @Test
  @Tag("slow")
  void aDayWithInboxesThatExpireSurvivesKills() throws Exception {
    survivesKills(DaySize.withShortInboxes());
  }

  private void survivesKills(DaySize size) throws Exception {
    SplittableRandom random = Seed.random("ImDayIT");
    List<ChatLog> logs =
        Arrays.stream(ChatLog.Source.values())
            .map(source -> ChatLog.slice(source, size.linesPerLog(), nodes.directory()))
            .toList();
    DayPlan plan = DayPlan.of(logs, size.senders(), random.split());
    ServerProcess node = nodes.start(NodeConfig.shortLived());

    ImDay day = new ImDay(node, size, plan, random.split());
    day.run();

    // Else the day has proved less than it says.
    assertThat(day.failures()).isPositive();
    for (Class<? extends Step> kind :
        List.of(Step.Repeat.class, Step.Join.class, Step.Leave.class)) {
      assertThat(day.record().count(kind)).as(kind.getSimpleName()).isPositive();
    }
    assertThat(day.record().count(Step.Edit.class) + day.record().count(Step.Recall.class))
        .as("edits and recalls")
        .isPositive();
  }
}
