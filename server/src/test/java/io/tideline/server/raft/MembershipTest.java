package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.entity.PeerId;
import io.tideline.server.command.FormatException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MembershipTest {

  private static final Membership JOINT =
      new Membership(
          List.of(new PeerId("10.0.0.1", 7421), new PeerId("10.0.0.2", 7421)),
          List.of(new PeerId("10.0.0.3", 7421)),
          List.of(new PeerId("10.0.0.1", 7421)),
          List.of());

  @Test
  void aMembershipIsReadBackAsItWasWritten() throws Exception {
    assertThat(Membership.decode(JOINT.encode())).isEqualTo(JOINT);
    assertThat(Membership.of(JOINT.toSnapshotMeta(5, 2))).isEqualTo(JOINT);
  }

  @Test
  void theBytesOfAGroupOfOneNeverChange() {
    Membership one =
        new Membership(List.of(new PeerId("127.0.0.1", 7421)), List.of(), List.of(), List.of());
    assertThat(HexFormat.of().formatHex(one.encode()))
        .isEqualTo("01010e3132372e302e302e313a37343231000000");
  }

  @Test
  void damagedAndNewerBytesAreRefused() {
    byte[] good = JOINT.encode();
    for (int length = 0; length < good.length; length++) {
      byte[] bad = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> Membership.decode(bad)).isInstanceOf(FormatException.class);
    }
    byte[] newer = good.clone();
    newer[0] = 2;
    assertThatThrownBy(() -> Membership.decode(newer)).hasMessageContaining("version 2");
  }

  @Test
  void theHistoryTellsWhatCameIntoForceSinceTheLastCall() {
    MembershipHistory history = new MembershipHistory();
    history.add(1, new byte[] {1});
    history.add(7, new byte[] {7});
    history.add(9, new byte[] {9});
    assertThat(history.newest(0, 6)).isNotNull().extracting(Map.Entry::getKey).isEqualTo(1L);
    assertThat(history.newest(1, 6)).isNull();
    assertThat(history.newest(1, 8)).isNotNull().extracting(Map.Entry::getKey).isEqualTo(7L);
    history.truncateSuffix(8);
    assertThat(history.newest(1, 20)).isNotNull().extracting(Map.Entry::getKey).isEqualTo(7L);
    history.truncatePrefix(8);
    assertThat(history.newest(0, 6)).isNull();
    assertThat(history.newest(0, 20)).isNotNull().extracting(Map.Entry::getKey).isEqualTo(7L);
  }
}
