package io.tideline.server.command;

import io.tideline.manager.SequenceMode;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The commands that change or remove what a timeline has. */
final class Edits {

  private Edits() {}

  static EditResult replace(ApplyContext context, Command.ReplaceEntry replace) throws IOException {
    if (!canAnnounce(context, replace.announcement())) {
      return new EditResult.NoIdForAnnouncement();
    }
    byte[] timeline = replace.timeline();
    ApplyContext.Row row = context.row(timeline, replace.sequenceId());
    if (row == null) {
      return new EditResult.Missing();
    }
    if (Command.ReplaceEntry.fingerprint(row.kind(), row.value())
        != replace.expectedFingerprint()) {
      return new EditResult.Conflict();
    }
    if (row.kind() != replace.kind() || !Arrays.equals(row.value(), replace.value())) {
      // The time stays that of the append: an edit does not put off expiry.
      context.out.put(
          timeline, replace.sequenceId(), row.timestampMillis(), replace.kind(), replace.value());
    }
    Command.Announcement announcement = replace.announcement();
    if (announcement == null) {
      return new EditResult.Done(0);
    }
    if (!replace.announceOnce()) {
      return new EditResult.Done(
          context.append(timeline, announcement.kind(), announcement.value()));
    }
    byte[] key = DedupRecord.editKey(timeline, DedupRecord.EDIT_REPLACED, replace.sequenceId());
    DedupRecord first = context.dedup(key);
    if (first != null) {
      return new EditResult.Done(first.sequenceId());
    }
    return new EditResult.Done(announceAndRemember(context, timeline, key, announcement));
  }

  static EditResult delete(ApplyContext context, Command.DeleteEntry delete) throws IOException {
    if (!canAnnounce(context, delete.announcement())) {
      return new EditResult.NoIdForAnnouncement();
    }
    byte[] timeline = delete.timeline();
    byte[] key = DedupRecord.editKey(timeline, DedupRecord.EDIT_DELETED, delete.sequenceId());
    if (context.row(timeline, delete.sequenceId()) == null) {
      DedupRecord first = context.dedup(key);
      return first == null ? new EditResult.Missing() : new EditResult.Done(first.sequenceId());
    }
    context.out.delete(timeline, delete.sequenceId());
    return new EditResult.Done(announceAndRemember(context, timeline, key, delete.announcement()));
  }

  static DeleteTimelineResult deleteTimeline(ApplyContext context, Command.DeleteTimeline delete)
      throws IOException {
    byte[] timeline = delete.timeline();
    ApplyContext.Head head = context.head(timeline);
    boolean hasMeta = context.meta(timeline) != null;
    if (!head.exists() && !hasMeta) {
      return new DeleteTimelineResult.TimelineNotFound();
    }
    if (head.exists()) {
      context.out.deleteTimeline(timeline);
      Cursors.remove(context, timeline);
      Retention.forget(context, timeline);
      context.setHead(timeline, head.withoutRows());
    }
    if (hasMeta) {
      context.deleteMeta(timeline);
    }
    return new DeleteTimelineResult.Done(head.lastSequenceId());
  }

  private static boolean canAnnounce(
      ApplyContext context, Command.@Nullable Announcement announcement) {
    return announcement == null || context.state().options().sequenceMode() != SequenceMode.MANUAL;
  }

  /** The id of the announcement, 0 if there is none; a repetition of the edit will know it. */
  private static long announceAndRemember(
      ApplyContext context,
      byte[] timeline,
      byte[] key,
      Command.@Nullable Announcement announcement)
      throws IOException {
    long previous = context.head(timeline).lastSequenceId();
    long sequenceId =
        announcement == null
            ? 0
            : context.append(timeline, announcement.kind(), announcement.value());
    // Still known when exactly the window has passed.
    long expiresAt = context.now + context.state().options().dedupWindowMillis() + 1;
    context.putDedup(key, new DedupRecord(sequenceId, previous, context.now, expiresAt, 0));
    return sequenceId;
  }
}
