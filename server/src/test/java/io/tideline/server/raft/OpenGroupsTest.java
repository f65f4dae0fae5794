package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupLogListener;
import io.tideline.server.log.GroupLogOptions;
import io.tideline.server.log.GroupMeta;
import io.tideline.server.log.LogGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenGroupsTest {

  private static final String GROUP = JRaftGroups.groupId(5);

  @TempDir Path directory;
  private GroupLog log;
  private OpenGroups open;

  @BeforeEach
  void open() throws Exception {
    log =
        GroupLog.open(
            new RealFileSystem(),
            directory,
            GroupLogOptions.DEFAULT.withSegmentBytes(1 << 20),
            new FailingListener());
    open = new OpenGroups(log);
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  @Test
  void anOpenGroupAnswersForWhatIsNotDurableYetAndAClosedOneForItsLog() throws Exception {
    GroupLog.await(log.group(5).saveMeta(new GroupMeta(3, "")));
    Rejoin rejoin = rejoin(false);
    open.add(GROUP, rejoin);
    assertThat(open.answer(GROUP, 0)).isEqualTo(new Rejoin.Answer(3, true));
    open.started(GROUP, rejoin, () -> 7);
    assertThat(open.answer(GROUP, 6)).isEqualTo(new Rejoin.Answer(3, false));
    assertThat(open.remove(GROUP, rejoin)).isTrue();
    assertThat(open.answer(GROUP, 6)).isEqualTo(new Rejoin.Answer(3, true));
  }

  @Test
  void aQuestionAboutAnUnknownGroupMakesNone() {
    assertThat(open.answer(GROUP, 0)).isEqualTo(new Rejoin.Answer(0, true));
    assertThat(log.existing(5)).isEmpty();
  }

  @Test
  void oneThatClosesLateDoesNotTakeItsSuccessorAway() {
    Rejoin first = rejoin(false);
    Rejoin second = rejoin(true);
    open.add(GROUP, first);
    assertThat(open.withholdsVotes(GROUP)).isFalse();
    open.add(GROUP, second);
    assertThat(open.remove(GROUP, first)).isFalse();
    assertThat(open.withholdsVotes(GROUP)).isTrue();
    assertThat(open.mute(GROUP)).isTrue();
    assertThat(open.remove(GROUP, second)).isTrue();
    assertThat(open.withholdsVotes(GROUP)).isFalse();
    assertThat(open.mute(GROUP)).isFalse();
    assertThat(open.remove(GROUP, second)).isFalse();
  }

  private Rejoin rejoin(boolean mayHavePast) {
    LogGroup group = log.group(5);
    return new Rejoin(
        new PeerId("127.0.0.1", 1),
        List.of(new PeerId("127.0.0.1", 2), new PeerId("127.0.0.1", 3)),
        group,
        new GroupMetaStorage(
            group,
            e -> {
              throw new AssertionError(e);
            }),
        (member, index) -> {
          throw new IOException("not there");
        },
        mayHavePast);
  }

  private static final class FailingListener implements GroupLogListener {
    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void pinned(List<Long> pinned, long segment, long logBytes) {}

    @Override
    public void spaceLow(boolean low) {}
  }
}
