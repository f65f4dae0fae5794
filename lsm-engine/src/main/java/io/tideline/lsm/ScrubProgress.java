package io.tideline.lsm;

import io.tideline.lsm.file.Encoder;
import io.tideline.lsm.file.FileFrame;
import io.tideline.lsm.file.FileNames;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.lsm.fs.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a pass over an engine's files stands; kept in the file {@code SCRUB}, so that it goes on
 * there after a restart. The file is never forced: without it a pass merely begins anew.
 *
 * <p>Format: header of type {@code SCRB}, then a footer whose body is the three numbers, 8 bytes
 * each, little-endian ({@link io.tideline.lsm.file}).
 *
 * @param lastFinishedMillis when a pass was last completed, 0 if never
 * @param nextFileId the pass has read all tables below
 * @param endFileId the pass ends before this table, 0 if none is under way
 */
record ScrubProgress(long lastFinishedMillis, long nextFileId, long endFileId) {

  private static final Logger log = LoggerFactory.getLogger(ScrubProgress.class);

  static final ScrubProgress NONE = new ScrubProgress(0, 0, 0);

  private static final int BODY_BYTES = 24;

  boolean isUnderWay() {
    return endFileId > 0;
  }

  static ScrubProgress read(FileSystem fileSystem, Path directory) {
    Path path = directory.resolve(FileNames.SCRUB);
    if (!fileSystem.exists(path)) {
      return NONE;
    }
    try (StorageFile file = fileSystem.open(path, FileSystem.Mode.READ)) {
      FileFrame.Header header = FileFrame.readHeader(file, path, FileFrame.Type.SCRUB);
      assert header.version() == 1;
      ByteBuffer body = FileFrame.readFooter(file, path, file.size(), BODY_BYTES);
      return new ScrubProgress(body.getLong(), body.getLong(), body.getLong());
    } catch (IOException e) {
      log.info("{}: scrubbing begins anew: {}", directory, e.getMessage());
      return NONE;
    }
  }

  void write(FileSystem fileSystem, Path directory, UUID engineId) {
    Path tmp = directory.resolve(FileNames.SCRUB_TMP);
    try {
      if (fileSystem.exists(tmp)) {
        fileSystem.delete(tmp);
      }
      byte[] header = FileFrame.header(FileFrame.Type.SCRUB, engineId, 0);
      byte[] body =
          new Encoder(BODY_BYTES)
              .putLong(lastFinishedMillis)
              .putLong(nextFileId)
              .putLong(endFileId)
              .toByteArray();
      try (StorageFile file = fileSystem.open(tmp, FileSystem.Mode.CREATE_NEW)) {
        file.write(ByteBuffer.wrap(header), 0);
        file.write(ByteBuffer.wrap(FileFrame.footer(body)), header.length);
      }
      fileSystem.rename(tmp, directory.resolve(FileNames.SCRUB));
    } catch (IOException e) {
      log.warn("{}: the progress of scrubbing is not kept: {}", directory, e.getMessage());
    }
  }
}
