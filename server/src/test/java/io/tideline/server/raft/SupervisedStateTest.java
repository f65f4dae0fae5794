package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.EnumOutter.ErrorType;
import com.alipay.sofa.jraft.error.RaftException;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class SupervisedStateTest {

  private static final byte[] MEMBERS = {1};
  private static final byte[] OTHER_MEMBERS = {2};

  private final FakeState state = new FakeState(EngineState.EMPTY);
  private final SupervisedState supervised = new SupervisedState(state, () -> 1_000);

  @Test
  void whatWasAppliedIsLeftOutWhenTheLogIsReadAgain() throws Exception {
    apply(2, MEMBERS);
    apply(3, null);
    supervised.nodeEnded();
    apply(2, MEMBERS);
    apply(3, null);
    apply(4, null);
    assertThat(state.applied)
        .extracting(entry -> entry.position().index())
        .containsExactly(2L, 3L, 4L);
  }

  @Test
  void aFlushWhileTheLogIsReadAgainCoversAllThatIsApplied() throws Exception {
    apply(2, MEMBERS);
    apply(5, OTHER_MEMBERS);
    supervised.nodeEnded();
    apply(2, MEMBERS);
    supervised.flush(new LogPosition(2, 1), MEMBERS).get();
    assertThat(state.durable.position()).isEqualTo(new LogPosition(5, 1));
    assertThat(state.durable.configuration()).isEqualTo(OTHER_MEMBERS);
  }

  @Test
  void aFlushBehindTheLastCommandKeepsThatPosition() throws Exception {
    apply(2, MEMBERS);
    supervised.flush(new LogPosition(7, 3), OTHER_MEMBERS).get();
    assertThat(state.durable.position()).isEqualTo(new LogPosition(7, 3));
    apply(7, null);
    apply(8, null);
    assertThat(state.applied).extracting(entry -> entry.position().index()).containsExactly(2L, 8L);
  }

  @Test
  void anErrorOfTheNodeAloneIsKeptAndOneOfTheStateOrDiskIsPassedOn() {
    RaftException error = new RaftException(ErrorType.ERROR_TYPE_LOG);
    supervised.failed(error);
    assertThat(state.failures).isEmpty();
    assertThat(supervised.nodeError()).isSameAs(error);
    supervised.nodeEnded();
    assertThat(supervised.nodeError()).isNull();

    IOException disk = new IOException("broken on purpose");
    supervised.failed(disk);
    supervised.failed(error);
    assertThat(state.failures).containsExactly(disk, error);
    assertThat(supervised.isFailed()).isTrue();
    assertThat(supervised.nodeError()).isNull();
  }

  @Test
  void theStateHearsThatItNoLongerLeadsWhenTheNodeEndedWithoutSayingSo() {
    supervised.leaderStarted(4);
    assertThat(supervised.leadingSinceMillis()).isEqualTo(1_000);
    supervised.nodeEnded();
    assertThat(state.term).isZero();
    assertThat(supervised.leadingSinceMillis()).isZero();
  }

  private void apply(long index, byte[] membership) throws IOException {
    supervised.apply(
        new LogPosition(index, 1),
        ("entry " + index).getBytes(StandardCharsets.UTF_8),
        membership,
        null);
  }
}
