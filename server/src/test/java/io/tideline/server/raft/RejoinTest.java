package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import io.tideline.lsm.fs.RealFileSystem;
import io.tideline.server.log.GroupLog;
import io.tideline.server.log.GroupLogListener;
import io.tideline.server.log.GroupLogOptions;
import io.tideline.server.log.GroupMeta;
import io.tideline.server.log.LogEntry;
import io.tideline.server.log.LogGroup;
import io.tideline.server.raft.Rejoin.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One member's way back, step by step, against others that say what the test wants. */
class RejoinTest {

  private static final PeerId SELF = new PeerId("127.0.0.1", 1);
  private static final PeerId A = new PeerId("127.0.0.1", 2);
  private static final PeerId B = new PeerId("127.0.0.1", 3);

  /** Another member: its term, and where its log ends. */
  private record Other(long term, long last) {}

  @TempDir Path directory;
  private GroupLog log;
  private LogGroup group;
  private GroupMetaStorage meta;
  private Rejoin rejoin;
  private final Map<PeerId, Other> others = new HashMap<>();
  private int remakes;

  @BeforeEach
  void open() throws Exception {
    log =
        GroupLog.open(
            new RealFileSystem(),
            directory,
            GroupLogOptions.DEFAULT.withSegmentBytes(1 << 20),
            new FailingListener());
    group = log.group(5);
    begin(true);
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private void begin(boolean mayHavePast) {
    meta =
        new GroupMetaStorage(
            group,
            e -> {
              throw new AssertionError(e);
            });
    rejoin = new Rejoin(SELF, List.of(A, B), group, meta, this::answer, mayHavePast);
  }

  private Answer answer(PeerId member, long index) throws IOException {
    Other other = others.get(member);
    if (other == null) {
      throw new IOException("not there");
    }
    return new Answer(other.term(), index >= other.last());
  }

  private void step(PeerId leader) throws Exception {
    rejoin.step(
        between -> {
          remakes++;
          between.make();
        },
        leader);
  }

  private void append(int count, long term) throws Exception {
    List<LogEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new LogEntry(term, 0, new byte[1]));
    }
    GroupLog.await(group.append(group.lastIndex() + 1, entries));
  }

  @Test
  void aNewGroupBeginsOnceAllMembersAreThere() throws Exception {
    others.put(A, new Other(0, 0));
    step(PeerId.emptyPeer());
    assertThat(rejoin.mute()).isTrue();
    others.put(B, new Other(0, 0));
    step(PeerId.emptyPeer());
    assertThat(rejoin.mute()).isFalse();
    assertThat(rejoin.withholdsVotes()).isFalse();
    assertThat(remakes).isZero();
    assertThat(group.meta()).isEqualTo(GroupMeta.NONE);
  }

  @Test
  void aNewGroupInWhichOthersHaveBegunToVoteSpendsTheVote() throws Exception {
    others.put(A, new Other(3, 0));
    others.put(B, new Other(1, 0));
    step(PeerId.emptyPeer());
    assertThat(rejoin.withholdsVotes()).isFalse();
    assertThat(remakes).isEqualTo(1);
    assertThat(meta.getTerm()).isEqualTo(3);
    assertThat(meta.getVotedFor()).isEqualTo(SELF);
  }

  @Test
  void aMemberThatLostItsDiskTakesNoPartBeforeEveryOtherHasSpoken() throws Exception {
    others.put(A, new Other(7, 100));
    step(A);
    step(A);
    assertThat(rejoin.mute()).isTrue();
    assertThat(group.meta()).isEqualTo(GroupMeta.NONE);
    others.put(B, new Other(9, 90));
    step(A);
    assertThat(rejoin.mute()).isFalse();
    assertThat(rejoin.withholdsVotes()).isTrue();
    assertThat(remakes).isEqualTo(1);
    assertThat(meta.getTerm()).isEqualTo(9);
    assertThat(meta.getVotedFor()).isEqualTo(SELF);
  }

  @Test
  void itVotesAgainWhenItsLogReachesThatOfItsLeaderInTheSameTerm() throws Exception {
    others.put(A, new Other(9, 10));
    others.put(B, new Other(9, 10));
    step(PeerId.emptyPeer());
    append(5, 9);
    step(A);
    assertThat(rejoin.withholdsVotes()).isTrue();
    append(5, 9);
    // Nobody leads, or it does itself, or the leader is of another term: no telling.
    step(PeerId.emptyPeer());
    step(SELF);
    others.put(A, new Other(10, 10));
    step(A);
    assertThat(rejoin.withholdsVotes()).isTrue();
    assertThat(meta.setTermAndVotedFor(10, PeerId.emptyPeer())).isTrue();
    assertThat(meta.getVotedFor().isEmpty()).isTrue();
    step(A);
    assertThat(rejoin.withholdsVotes()).isFalse();
    assertThat(group.meta()).isEqualTo(new GroupMeta(10, ""));
  }

  @Test
  void aLeaderThatIsAlwaysAheadIsCaughtUpWithOnceItsFormerEndIsPassed() throws Exception {
    others.put(A, new Other(9, 100));
    others.put(B, new Other(9, 100));
    step(A);
    others.put(A, new Other(9, 2_000));
    step(A);
    append(1_500, 9);
    others.put(A, new Other(9, 3_000));
    step(A);
    assertThat(rejoin.withholdsVotes()).isTrue();
    append(3_000, 9);
    others.put(A, new Other(9, 9_000));
    step(A);
    assertThat(rejoin.withholdsVotes()).isFalse();
  }

  @Test
  void votesStayWithheldOverARestart() throws Exception {
    others.put(A, new Other(9, 10));
    others.put(B, new Other(9, 10));
    step(A);
    append(5, 9);
    assertThat(meta.setTermAndVotedFor(11, A)).isTrue();
    log.close();
    open();
    begin(false);
    assertThat(rejoin.mute()).isFalse();
    assertThat(rejoin.withholdsVotes()).isTrue();
    assertThat(meta.getTerm()).isEqualTo(11);
    assertThat(meta.getVotedFor()).isEqualTo(A);
    others.put(A, new Other(11, 5));
    step(A);
    assertThat(rejoin.withholdsVotes()).isFalse();
    log.close();
    open();
    begin(false);
    assertThat(rejoin.withholdsVotes()).isFalse();
    assertThat(group.meta()).isEqualTo(new GroupMeta(11, A.toString()));
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
