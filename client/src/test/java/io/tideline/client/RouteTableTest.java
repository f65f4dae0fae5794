package io.tideline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.PartitionDescriptor;
import io.tideline.proto.v1.ReplicaDescriptor;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {

  /** The bytes the server's own test holds for ever, and what they stand for. */
  @Test
  void encodedIdentifiersAreReadAsTheServerWritesThem() {
    assertThat(decode("02696d0016012c")).isEqualTo(Identifier.of("im", 300));
    assertThat(decode("13fe")).isEqualTo(Identifier.of(-1));
    assertThat(decode("14")).isEqualTo(Identifier.of(0));
    assertThat(decode("12feff")).isEqualTo(Identifier.of(-256));
    assertThat(decode("1c7fffffffffffffff")).isEqualTo(Identifier.of(Long.MAX_VALUE));
    assertThat(decode("0c7fffffffffffffff")).isEqualTo(Identifier.of(Long.MIN_VALUE));
    assertThat(decode("010101010202ff00"))
        .isEqualTo(Identifier.of((Object) new byte[] {0, 1, 2, -1}));
    assertThat(decode("02e7bea400")).isEqualTo(Identifier.of("群"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "02", "0269", "020103", "1601", "30", "ff"})
  void bytesThatAreNoIdentifierAreRefused(String hex) {
    assertThatIllegalArgumentException().isThrownBy(() -> decode(hex));
  }

  @Test
  void aTimelineIsFoundInTheRangeThatHoldsIt() {
    RouteTable table =
        RouteTable.of(
            List.of(
                partition("", "node-1", "node-1"),
                partition("026800", "node-2", "node-2"),
                partition("027000", "", "node-3")));

    assertThat(table.leaderOf(Identifier.of("a"))).isEqualTo(ServerAddress.parse("node-1:1"));
    assertThat(table.leaderOf(Identifier.of("h"))).isEqualTo(ServerAddress.parse("node-2:1"));
    assertThat(table.leaderOf(Identifier.of("ozzz"))).isEqualTo(ServerAddress.parse("node-2:1"));
    assertThat(table.leaderOf(Identifier.of("p"))).as("nobody leads it").isNull();
    assertThat(table.leaderOf(Identifier.of("zz"))).isNull();
    assertThat(RouteTable.EMPTY.leaderOf(Identifier.of("a"))).isNull();
  }

  @Test
  void aLeaderThatIsNotAmongTheReplicasIsNotKnown() {
    RouteTable table = RouteTable.of(List.of(partition("", "node-9", "node-1")));
    assertThat(table.leaderOf(Identifier.of("a"))).isNull();
  }

  private static PartitionDescriptor partition(String start, String leader, String replica) {
    return PartitionDescriptor.newBuilder()
        .setStartKey(ByteString.copyFrom(HexFormat.of().parseHex(start)))
        .addReplicas(
            ReplicaDescriptor.newBuilder().setNodeId(replica).setGrpcAddress(replica + ":1"))
        .setLeaderNodeId(leader)
        .build();
  }

  private static Identifier decode(String hex) {
    return EncodedIdentifier.decode(HexFormat.of().parseHex(hex));
  }
}
