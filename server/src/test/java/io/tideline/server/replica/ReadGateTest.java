package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadGateTest {

  private final FakeGroup group = new FakeGroup();
  private final ReadGate gate = new ReadGate(group::readIndex);
  private final List<String> answers = new ArrayList<>();

  @Test
  void readsThatComeWhileAQuestionIsUnderWayShareTheNextOne() {
    enter("a");
    enter("b");
    enter("c");
    assertThat(group.questions()).hasSize(1);
    group.questions().get(0).accept(null);
    assertThat(answers).containsExactly("a ok");
    assertThat(group.questions()).hasSize(2);
    group.questions().get(1).accept(null);
    assertThat(answers).containsExactly("a ok", "b ok", "c ok");
    assertThat(group.questions()).hasSize(2);
  }

  @Test
  void aReadAfterSilenceAsksAtOnce() {
    enter("a");
    group.questions().get(0).accept(null);
    enter("b");
    assertThat(group.questions()).hasSize(2);
  }

  @Test
  void aProblemIsToldToAllWhoShareIt() {
    enter("a");
    group.questions().get(0).accept("no leader");
    enter("b");
    enter("c");
    group.questions().get(1).accept(null);
    group.questions().get(2).accept("no leader");
    assertThat(answers).containsExactly("a no leader", "b ok", "c no leader");
  }

  private void enter(String name) {
    gate.enter(problem -> answers.add(name + " " + (problem == null ? "ok" : problem)));
  }
}
