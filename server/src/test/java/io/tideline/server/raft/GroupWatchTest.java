package io.tideline.server.raft;

import static io.tideline.server.raft.GroupWatch.Action.GIVE_UP;
import static io.tideline.server.raft.GroupWatch.Action.NONE;
import static io.tideline.server.raft.GroupWatch.Action.RECREATE;
import static io.tideline.server.raft.GroupWatch.Action.TRANSFER;
import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.server.raft.GroupWatch.Action;
import io.tideline.server.raft.GroupWatch.Facts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two election timeouts of one second each are the limit throughout. */
final class GroupWatchTest {

  private static final Facts FOLLOWS = new Facts(false, false, false, 0, 0, 0);
  private static final Facts IN_ERROR = new Facts(true, false, false, 0, 0, 0);

  private final GroupWatch watch = new GroupWatch(1_000);
  private long now = 50_000;

  @Test
  void nothingIsDoneAboutFollowersAndIdleOrWorkingLeaders() {
    for (int i = 0; i < 100; i++) {
      assertThat(look(FOLLOWS)).isEqualTo(NONE);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(look(leads(7, 7))).isEqualTo(NONE);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(look(leads(1_000 + i, 900 + i))).isEqualTo(NONE);
    }
  }

  @Test
  void aLeaderThatCommitsNoMoreHandsOverAndIsThenMadeAnew() {
    List<Action> actions = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      actions.add(look(leads(10, 5)));
    }
    assertThat(actions).containsExactly(NONE, NONE, NONE, NONE, TRANSFER, NONE, NONE);
    assertThat(look(leads(10, 5))).isEqualTo(RECREATE);
  }

  @Test
  void aLeaderThatWaitsForDiskSpaceIsLeftAlone() {
    for (int i = 0; i < 20; i++) {
      assertThat(look(new Facts(false, true, true, 10, 5, 0))).isEqualTo(NONE);
    }
  }

  @Test
  void aLeaderThatIsSilentToAMemberHandsOverAtOnce() {
    assertThat(look(new Facts(false, true, false, 5, 5, 2_000))).isEqualTo(NONE);
    assertThat(look(new Facts(false, true, false, 5, 5, 2_001))).isEqualTo(TRANSFER);
    assertThat(look(FOLLOWS)).isEqualTo(NONE);
  }

  @Test
  void aNodeInErrorIsMadeAnewWithGrowingPausesAndGivenUpOnce() {
    List<Long> recreatedAt = new ArrayList<>();
    long begin = now;
    Action action = NONE;
    while (action != GIVE_UP) {
      action = look(IN_ERROR);
      if (action == RECREATE) {
        recreatedAt.add(now - begin);
      }
    }
    assertThat(recreatedAt).containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L);
    for (int i = 0; i < 100; i++) {
      assertThat(look(IN_ERROR)).isEqualTo(NONE);
    }
  }

  @Test
  void aLeaderThatIsOnlyStuckIsNeverGivenUp() {
    List<Action> actions = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      actions.add(look(leads(10, 5)));
    }
    assertThat(actions).contains(RECREATE).doesNotContain(GIVE_UP);
    assertThat(actions.stream().filter(RECREATE::equals)).hasSize(GroupWatch.RECREATIONS_MAX);
  }

  @Test
  void afterTenMinutesOfWorkEarlierAttemptsAreForgotten() {
    for (int i = 0; i < 3; i++) {
      while (look(IN_ERROR) != RECREATE) {
        assertThat(watch.recreations()).isLessThan(3);
      }
    }
    assertThat(watch.recreations()).isEqualTo(3);
    now += GroupWatch.FORGET_MILLIS;
    assertThat(look(leads(5, 5))).isEqualTo(NONE);
    assertThat(watch.recreations()).isZero();
    assertThat(look(IN_ERROR)).isEqualTo(RECREATE);
  }

  /** A second passes before each look. */
  private Action look(Facts facts) {
    now += 1_000;
    return watch.next(facts, now);
  }

  private static Facts leads(long lastIndex, long committedIndex) {
    return new Facts(false, true, false, lastIndex, committedIndex, 0);
  }
}
