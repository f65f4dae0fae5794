package io.tideline.server.replica;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AdmissionTest {

  private static final long NO_LIMIT = 1L << 40;

  @Test
  void bytesInFlightAreBoundedAndComeBack() {
    Admission admission = new Admission(1_000, 0, NO_LIMIT);
    assertThat(admission.tryAcquire(600)).isNull();
    Refusal refusal = admission.tryAcquire(500);
    assertThat(refusal).isNotNull();
    assertThat(refusal.reason()).isEqualTo(Refusal.Reason.IN_FLIGHT_BYTES);
    assertThat(refusal.used()).isEqualTo(600);
    assertThat(refusal.limit()).isEqualTo(1_000);
    assertThat(refusal.retryAfterMillis()).isPositive();
    assertThat(admission.tryAcquire(400)).isNull();
    admission.release(600);
    assertThat(admission.inFlightBytes()).isEqualTo(400);
  }

  @Test
  void aWriteAboveTheLimitGetsInAlone() {
    Admission admission = new Admission(1_000, 0, NO_LIMIT);
    assertThat(admission.tryAcquire(5_000)).isNull();
    assertThat(admission.tryAcquire(1)).isNotNull();
    admission.release(5_000);
    assertThat(admission.tryAcquire(1)).isNull();
  }

  @Test
  void aFullDiskIsNamedWithWhatIsLeftAndWhatIsKept() {
    Admission admission = new Admission(NO_LIMIT, 1_000, NO_LIMIT);
    admission.sampled(999, 0, false);
    Refusal refusal = admission.tryAcquire(1);
    assertThat(refusal).isNotNull();
    assertThat(refusal.reason()).isEqualTo(Refusal.Reason.DISK_FULL);
    assertThat(refusal.used()).isEqualTo(999);
    assertThat(refusal.limit()).isEqualTo(1_000);
    admission.sampled(2_000, 0, false);
    assertThat(admission.tryAcquire(1)).isNull();
    admission.sampled(NO_LIMIT, 0, true);
    assertThat(admission.tryAcquire(1)).isNotNull();
  }

  @Test
  void aDiskThatIsTooFullForAFlushIsToldInBytesToo() {
    Admission admission = new Admission(NO_LIMIT, 1_000, NO_LIMIT);
    admission.sampled(5_000, 0, false);
    Refusal refusal = admission.diskFull();
    assertThat(refusal.reason()).isEqualTo(Refusal.Reason.DISK_FULL);
    assertThat(refusal.used()).isEqualTo(5_000);
    assertThat(refusal.limit()).isEqualTo(1_000);
    assertThat(refusal.detail()).contains("too few").doesNotContain("are kept");
  }

  @Test
  void whatWasAdmittedSinceTheLastSampleCountsAgainstTheReserve() {
    Admission admission = new Admission(NO_LIMIT, 1_000, NO_LIMIT);
    admission.sampled(3_000, 0, false);
    assertThat(admission.tryAcquire(900)).isNull();
    admission.release(900);
    assertThat(admission.tryAcquire(900)).isNotNull();
    admission.sampled(3_000, 0, false);
    assertThat(admission.tryAcquire(900)).isNull();
  }

  @Test
  void aLogBacklogRefusesUntilItIsFlushed() {
    Admission admission = new Admission(NO_LIMIT, 0, 1_000);
    admission.sampled(NO_LIMIT, 1_001, false);
    Refusal refusal = admission.tryAcquire(1);
    assertThat(refusal).isNotNull();
    assertThat(refusal.reason()).isEqualTo(Refusal.Reason.LOG_BACKLOG);
    admission.sampled(NO_LIMIT, 999, false);
    assertThat(admission.tryAcquire(1)).isNull();
  }
}
