package io.tideline.tools.bench.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrittenOnceTest {

  /** Sequence ids 1 to 3 of the messages 1 to 3. */
  private static WrittenOnce.Check check() {
    Acknowledgements told = new Acknowledgements();
    for (int number = 1; number <= 3; number++) {
      told.add(0, 1, number);
    }
    return new WrittenOnce.Check(told);
  }

  private static WrittenOnce verdict(long... numbersInOrder) {
    WrittenOnce.Check check = check();
    for (int i = 0; i < numbersInOrder.length; i++) {
      check.entry(i + 1, numbersInOrder[i]);
    }
    return check.end();
  }

  @Test
  void everythingOnceInItsPlaceIsWell() {
    assertThat(verdict(1, 2, 3)).isEqualTo(WrittenOnce.NONE);
  }

  @Test
  void theLastMessageMayBeThereWithoutHavingBeenAcknowledged() {
    assertThat(verdict(1, 2, 3, 4)).isEqualTo(WrittenOnce.NONE);
  }

  @Test
  void whatIsNotThereIsLost() {
    assertThat(verdict(1, 2)).isEqualTo(new WrittenOnce(1, 0));
    assertThat(verdict()).isEqualTo(new WrittenOnce(3, 0));
  }

  @Test
  void whatIsNotWhereItWasSaidToBeIsLost() {
    assertThat(verdict(1, 3, 2)).isEqualTo(new WrittenOnce(2, 0));
  }

  @Test
  void aSecondCopyIsADuplicate() {
    assertThat(verdict(1, 2, 3, 2)).isEqualTo(new WrittenOnce(0, 1));
    assertThat(verdict(1, 2, 3, 4, 4)).isEqualTo(new WrittenOnce(0, 1));
  }

  @Test
  void whatNobodyWroteIsADuplicate() {
    assertThat(verdict(1, 2, 3, 5)).isEqualTo(new WrittenOnce(0, 1));
    assertThat(verdict(1, 2, 3, 0)).isEqualTo(new WrittenOnce(0, 1));
  }

  @Test
  void verdictsOfTimelinesAddUp() {
    assertThat(new WrittenOnce(1, 2).plus(new WrittenOnce(3, 4))).isEqualTo(new WrittenOnce(4, 6));
  }
}
