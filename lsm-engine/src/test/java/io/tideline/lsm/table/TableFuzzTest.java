package io.tideline.lsm.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tideline.lsm.EngineOptions.Compression;
import io.tideline.lsm.testing.Variations;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Readers of tables behind their checksums: whatever the bytes, a reader says that they are corrupt
 * or shows something; it never throws anything else, reads outside its memory, goes in circles or
 * takes more memory than the file warrants.
 *
 * <p>In the ordinary build each runs over its seeds and over variations of them; CONTRIBUTING says
 * how to fuzz for real.
 */
class TableFuzzTest {

  private static final ForgedTable PLAIN = table(Compression.NONE, false);
  private static final ForgedTable FUSED = table(Compression.ZSTD, true);
  private static final ForgedTable LZ4 = table(Compression.LZ4, false);

  private static ForgedTable table(Compression codec, boolean fuse) {
    try {
      return ForgedTable.sound(codec, fuse);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theForgerLeavesASoundTableSound() {
    assertThat(PLAIN.read()).isTrue();
    assertThat(PLAIN.withFooter(PLAIN.footer()).read()).isTrue();
    assertThat(PLAIN.withHeader(PLAIN.header()).read()).isTrue();
    assertThat(FUSED.read()).isTrue();
    assertThat(LZ4.read()).isTrue();
  }

  static Stream<byte[]> payloads() throws IOException {
    return Variations.of(PLAIN.payloads());
  }

  @MethodSource("payloads")
  @FuzzTest(maxDuration = "2m")
  void payload(byte[] bytes) {
    PLAIN.withPayload(bytes).read();
  }

  static Stream<byte[]> envelopes() throws IOException {
    List<byte[]> envelopes = new ArrayList<>(PLAIN.envelopes());
    envelopes.addAll(FUSED.envelopes());
    envelopes.addAll(LZ4.envelopes());
    return Variations.of(envelopes);
  }

  @MethodSource("envelopes")
  @FuzzTest(maxDuration = "2m")
  void envelope(byte[] bytes) {
    PLAIN.withEnvelope(bytes).read();
  }

  static Stream<byte[]> filters() {
    return Variations.of(List.of(PLAIN.filter(), FUSED.filter()));
  }

  @MethodSource("filters")
  @FuzzTest(maxDuration = "2m")
  void filter(byte[] bytes) {
    PLAIN.withFilter(bytes).read();
  }

  static Stream<byte[]> indexes() {
    return Variations.of(List.of(PLAIN.index()));
  }

  @MethodSource("indexes")
  @FuzzTest(maxDuration = "2m")
  void index(byte[] bytes) {
    PLAIN.withIndex(bytes).read();
  }

  static Stream<byte[]> properties() {
    return Variations.of(List.of(PLAIN.properties()));
  }

  @MethodSource("properties")
  @FuzzTest(maxDuration = "2m")
  void properties(byte[] bytes) {
    PLAIN.withProperties(bytes).read();
  }

  static Stream<byte[]> footers() {
    return Variations.of(List.of(PLAIN.footer()));
  }

  @MethodSource("footers")
  @FuzzTest(maxDuration = "2m")
  void footer(byte[] bytes) {
    PLAIN.withFooter(Arrays.copyOf(bytes, TableFormat.FOOTER_BODY_BYTES)).read();
  }

  static Stream<byte[]> headers() {
    return Variations.of(List.of(PLAIN.header()));
  }

  @MethodSource("headers")
  @FuzzTest(maxDuration = "2m")
  void header(byte[] bytes) {
    PLAIN.withHeader(bytes).read();
  }
}
