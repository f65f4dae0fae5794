package io.tideline.lsm.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tideline.lsm.CorruptionException;
import io.tideline.lsm.EngineState;
import io.tideline.lsm.LogPosition;
import io.tideline.lsm.UnsupportedFormatException;
import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem.Mode;
import io.tideline.lsm.fs.StorageFile;
import io.tideline.lsm.row.KeyRanges;
import io.tideline.lsm.table.TableMeta;
import io.tideline.lsm.table.TableOrigin;
import io.tideline.lsm.table.TableProperties;
import io.tideline.lsm.testing.CrashFileSystem;
import io.tideline.lsm.testing.CrashFileSystem.Order;
import io.tideline.lsm.testing.Variations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reader of manifests behind its checksums: whatever the bytes, it says that they are corrupt
 * or gives a state. See {@code TableFuzzTest} for how such tests run.
 */
class ManifestFuzzTest {

  private static final UUID ENGINE = new UUID(0x0123456789abcdefL, 0x1122334455667788L);
  private static final Path FILE = Path.of("/" + FileNames.MANIFEST);

  /** An edit that adds a run of a whole and a virtual table. */
  private static byte[] edit(long generation) {
    TableProperties properties =
        new TableProperties(
            1, 2, 3, 4, 5, 6, 7, 10, 8, 9, 0, new byte[] {16, 'a'}, new byte[] {16, 'z'});
    TableMeta whole = TableMeta.whole(generation, ENGINE, 100, 1, 2, properties);
    KeyRanges bounds = new KeyRanges(List.of(new KeyRanges.Range(new byte[] {2}, new byte[] {3})));
    TableMeta virtual =
        new TableMeta(
            generation + 100,
            new TableOrigin(new UUID(1, 2), 3),
            200,
            4,
            5,
            bounds,
            50,
            properties);
    EngineState state =
        new EngineState(new LogPosition(generation, 1), new byte[] {1, 2, 3}, 10, 5);
    Encoder out = new Encoder(512);
    new VersionEdit(
            state,
            generation + 200,
            generation + 1,
            List.of(),
            List.of(new RunMeta(generation, generation, List.of(whole, virtual))))
        .encodeTo(out);
    return out.toByteArray();
  }

  private static void putRecord(Encoder out, long number, int type, byte[] body) {
    int at = out.size();
    out.putInt(0).putInt(body.length).putLong(number).putByte(type);
    out.putBytes(body, 0, body.length);
    out.setInt(at, FileFrame.crc(out.array(), at + 4, out.size() - at - 4));
  }

  /** A manifest of two edits, sealed. */
  private static byte[] records(byte[] second) {
    Encoder out = new Encoder(2 << 10);
    putRecord(out, 1, ManifestReader.TYPE_EDIT, edit(1));
    putRecord(out, 2, ManifestReader.TYPE_EDIT, second);
    putRecord(out, 2, ManifestReader.TYPE_SEAL, new byte[0]);
    return out.toByteArray();
  }

  /** Whether a manifest with these records behind its header was read. */
  private static boolean read(byte[] records) {
    CrashFileSystem disk = new CrashFileSystem(Order.ORDERED);
    try (StorageFile file = disk.open(FILE, Mode.CREATE_NEW)) {
      byte[] header = FileFrame.header(FileFrame.Type.MANIFEST, ENGINE, 0);
      file.write(ByteBuffer.wrap(header), 0);
      file.write(ByteBuffer.wrap(records), header.length);
      return ManifestReader.read(disk, FILE).end() > 0;
    } catch (CorruptionException | UnsupportedFormatException e) {
      return false; // Said, with the file and what is wrong.
    } catch (IOException e) {
      throw new AssertionError("an error that names nothing", e);
    }
  }

  @Test
  void aSoundManifestIsRead() {
    assertThat(read(records(edit(2)))).isTrue();
  }

  static Stream<byte[]> edits() {
    return Variations.of(List.of(edit(2)));
  }

  @MethodSource("edits")
  @FuzzTest(maxDuration = "2m")
  void edit(byte[] body) {
    read(records(body));
  }

  static Stream<byte[]> files() {
    return Variations.of(List.of(records(edit(2))));
  }

  /** Lengths, numbers and types too; the checksum of the first record is made right. */
  @MethodSource("files")
  @FuzzTest(maxDuration = "2m")
  void file(byte[] records) {
    ByteBuffer bytes = FileFrame.wrap(records.clone());
    if (records.length >= ManifestReader.RECORD_OVERHEAD) {
      int length = bytes.getInt(4);
      if (length >= 0 && length <= records.length - ManifestReader.RECORD_OVERHEAD) {
        int end = ManifestReader.RECORD_OVERHEAD + length;
        bytes.putInt(0, FileFrame.crc(bytes.array(), 4, end - 4));
      }
    }
    read(bytes.array());
  }
}
