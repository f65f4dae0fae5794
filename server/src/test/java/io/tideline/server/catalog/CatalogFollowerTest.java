package io.tideline.server.catalog;

import static io.tideline.server.catalog.PartitionFixture.PARTITION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tideline.manager.CatalogImage;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a node's partitions become what the catalog says. */
class CatalogFollowerTest {

  @TempDir Path directory;
  private PartitionFixture fixture;

  /** How often the log was asked what it holds, which is once for each image that is followed. */
  private final AtomicInteger followed = new AtomicInteger();

  private final CountDownLatch firstMayEnd = new CountDownLatch(1);
  private CatalogFollower follower;

  @BeforeEach
  void start() throws Exception {
    fixture = new PartitionFixture(directory);
    follower = new CatalogFollower("n1", fixture.partitions, this::logged);
  }

  @AfterEach
  void stop() throws Exception {
    firstMayEnd.countDown();
    follower.stop();
    fixture.close();
  }

  private List<Long> logged() {
    followed.incrementAndGet();
    try {
      assertThat(firstMayEnd.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return List.of();
  }

  @Test
  void whatWasDamagedOfADroppedStoreIsNotRepairedAnyMore() throws Exception {
    fixture.openDamaged();
    assertThat(fixture.partitions.damagedCopies()).hasSize(1);
    follower.close(PartitionFixture.store(StoreState.DROPPED));
    assertThat(fixture.partitions.damagedCopies()).isEmpty();
    assertThat(fixture.partitions.failure(PARTITION)).isEmpty();
  }

  @Test
  void whileOneImageIsFollowedTheNewestAloneWaits() {
    follower.follow(image());
    await().until(() -> followed.get() == 1);
    for (int i = 0; i < 20; i++) {
      follower.follow(image());
    }
    StoreDescriptor live = PartitionFixture.store(StoreState.LIVE);
    follower.follow(CatalogImage.of(List.of(live), 4, PARTITION + 1));
    firstMayEnd.countDown();
    await().until(() -> fixture.partitions.find(PARTITION).isPresent());
    assertThat(followed).hasValue(2);
  }

  @Test
  void onlyAStoreWhoseCreationBeganAfterTheStartIsTakenForNew() throws Exception {
    List<Boolean> isNew = Collections.synchronizedList(new ArrayList<>());
    StoreDescriptor creating = PartitionFixture.store(StoreState.CREATING);
    follower.open(List.of(creating), (partition, options, fresh) -> isNew.add(fresh));
    follower.startWith(CatalogImage.of(List.of(creating), 4, PARTITION + 1));
    follower.open(List.of(creating), (partition, options, fresh) -> isNew.add(fresh));
    assertThat(isNew).containsExactly(true, false);
  }

  private static CatalogImage image() {
    return CatalogImage.of(List.of(), 1, 1);
  }
}
