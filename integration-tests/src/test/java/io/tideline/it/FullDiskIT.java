package io.tideline.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.tideline.it.harness.NodeConfig;
import io.tideline.it.harness.Nodes;
import io.tideline.it.harness.Refusal;
import io.tideline.it.harness.ServerProcess;
import io.tideline.it.harness.SmallDisk;
import io.tideline.it.harness.Wire;
import io.tideline.proto.v1.ErrorReason;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.TimelineId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A full disk stops writing and nothing else: it is named in the refusal, reads go on, and writing
 * goes on when there is space again, without a restart.
 */
class FullDiskIT {

  private static final String STORE = "chats";
  private static final TimelineId TIMELINE = Wire.id("room");

  private static final long DISK_BYTES = 96L << 20;
  private static final long RESERVE_BYTES = 8L << 20;

  /** Space that others take and give back. */
  private static final long BALLAST_BYTES = 24L << 20;

  private static final String BALLAST = "ballast";

  /** Characters of a message; the disk is full after some thousand. */
  private static final int TEXT_CHARS = 16 << 10;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final Nodes nodes = new Nodes();

  private final SplittableRandom random = new SplittableRandom(1);
  private final List<String> acknowledged = new ArrayList<>();
  private SmallDisk disk;
  private ServerProcess node;

  @BeforeEach
  void startNodeOnASmallDisk() {
    disk = SmallDisk.create(nodes.directory().resolve("disk"), DISK_BYTES, RESERVE_BYTES);
    disk.occupy(BALLAST, BALLAST_BYTES);
    node =
        nodes.start(
            NodeConfig.shortLived()
                .with("disk.reserve_bytes", disk.reserveBytes())
                .with("log.segment_bytes", 4 << 20),
            disk.directory().resolve("data"));
    node.wire().createStore(STORE, StoreOptions.getDefaultInstance());
  }

  @AfterEach
  void removeDisk() {
    node.close();
    disk.close();
  }

  @Test
  void aFullDiskRefusesWritesByNameUntilThereIsSpace() {
    Refusal refusal = appendUntilRefused();
    assertThat(acknowledged).as("appends before the disk was full").hasSizeGreaterThan(100);
    assertRefusedForDisk(refusal);
    assertThat(readAll()).isEqualTo(acknowledged);
    assertServes();

    disk.release(BALLAST);
    // The flush that waited takes the first of the new space, so some may still be refused.
    awaitAppendsAccepted(100);
    assertRefusedForDisk(appendUntilRefused());

    node.kill9();
    node.restart();
    assertThat(readAll()).as("after kill -9 on a full disk").isEqualTo(acknowledged);
    node.stop();
    node.restart();
    assertThat(readAll()).as("after a stop on a full disk").isEqualTo(acknowledged);
  }

  /** Not only what is checked before a write: the write itself runs into the end of the disk. */
  @Test
  void aDiskThatOthersFillToTheLastByteIsSurvived() {
    assumeThat(disk.isOwnDisk()).as("a disk of its own to fill").isTrue();
    for (int i = 0; i < 50; i++) {
      append();
    }
    disk.occupyAll("greedy");
    Refusal refusal = appendUntilRefused();

    assertRefusedForDisk(refusal);
    assertThat(readAll()).isEqualTo(acknowledged);
    assertServes();

    disk.release("greedy");
    awaitAppendsAccepted(1);
    assertThat(readAll()).isEqualTo(acknowledged);
    node.kill9();
    node.restart();
    assertThat(readAll()).isEqualTo(acknowledged);
  }

  private Refusal appendUntilRefused() {
    while (true) {
      try {
        append();
      } catch (StatusRuntimeException refused) {
        return Refusal.of(refused);
      }
    }
  }

  private void append() {
    // Random bytes in Base64: no codec makes them small.
    byte[] bytes = new byte[TEXT_CHARS * 3 / 4];
    random.nextBytes(bytes);
    String text = Base64.getEncoder().encodeToString(bytes);
    long id = node.wire().append(STORE, TIMELINE, Wire.text(text)).getSequenceId();
    acknowledged.add(text);
    assertThat(id).isEqualTo(acknowledged.size());
  }

  private void awaitAppendsAccepted(int appends) {
    int goal = acknowledged.size() + appends;
    await(appends + " appends are accepted again")
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                while (acknowledged.size() < goal) {
                  append();
                }
                return true;
              } catch (StatusRuntimeException still) {
                assertRefusedForDisk(Refusal.of(still));
                return false;
              }
            });
  }

  private static void assertRefusedForDisk(Refusal refusal) {
    assertThat(refusal.reason())
        .as(refusal.toString())
        .isEqualTo(ErrorReason.ERROR_REASON_DISK_FULL);
    assertThat(refusal.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refusal.detail().getValue()).matches("\\d+( bytes)?.*");
    assertThat(refusal.detail().getLimit()).matches("\\d+( bytes)?.*");
    assertThat(refusal.detail().getRetryAfterMs()).isPositive();
    assertThat(refusal.message()).containsIgnoringCase("disk");
  }

  private List<String> readAll() {
    return node.wire().scanAll(STORE, TIMELINE).stream().map(Wire::textOf).toList();
  }

  private void assertServes() {
    assertThat(node.isAlive()).isTrue();
    assertThat(node.wire().health().check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }
}
