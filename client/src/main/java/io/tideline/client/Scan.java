package io.tideline.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A running scan: the entries of a range, fetched page by page as the iteration goes on.
 *
 * <pre>{@code
 * Scan scan = client.scan(ScanSpec.builder(timeline).from(4712).build());
 * for (Entry entry : scan) {
 *   deliver(entry);
 * }
 * scan.gaps().forEach(gap -> showGap(gap)); // parts of the range that have expired or were trimmed
 * long resumeAt = scan.coverage().nextSequenceId();
 * }</pre>
 *
 * <p><b>Nothing is missing silently.</b> If part of the asked range is gone, the scan still returns
 * what is retained, and says so: {@link ScanSpec.Builder#onGap} is called before the entries that
 * follow, and {@link #gaps()} and {@link #coverage()} tell it.
 *
 * <p>Each page is a call of its own with the client's deadline and retries; {@code hasNext} and
 * {@code next} block for it and throw {@link TidelineException}, after which the scan may be
 * continued by calling them again. Pages are read one after another: entries appended meanwhile are
 * seen by an open-ended forward scan, and ids removed meanwhile show up as a gap.
 *
 * <p>Single pass: {@link #iterator()} returns the same iterator every time. Not thread-safe.
 */
public final class Scan implements Iterable<Entry> {

  private final TidelineClient client;
  private final ScanSpec spec;
  private final Iterator<Entry> iterator = new EntryIterator();
  private final Queue<Entry> page = new ArrayDeque<>();
  private final List<Gap> gaps = new ArrayList<>();

  /** What is still to be read; its limit is that of the whole scan. */
  private ScanSpec nextPage;

  private long returned;
  private boolean finished;
  private @Nullable Coverage lastPage;

  Scan(TidelineClient client, ScanSpec spec) {
    this.client = client;
    this.spec = spec;
    this.nextPage = spec;
  }

  @Override
  public Iterator<Entry> iterator() {
    return iterator;
  }

  /**
   * What the scan has covered so far: status TRIMMED if there was a gap; MORE if there is more to
   * read, because the iteration has not ended or its total limit was hit; else COMPLETE. The next
   * sequence id is where another scan would go on after the last entry returned.
   *
   * @throws IllegalStateException before the first page was fetched
   */
  public Coverage coverage() {
    Coverage read = lastPage;
    if (read == null) {
      throw new IllegalStateException("no page was read yet; iterate first");
    }
    boolean more = !page.isEmpty() || read.hasMore();
    CoverageStatus status =
        !gaps.isEmpty()
            ? CoverageStatus.TRIMMED
            : more ? CoverageStatus.MORE : CoverageStatus.COMPLETE;
    return new Coverage(
        status,
        read.lastSequenceId(),
        read.firstRetainedSequenceId(),
        page.isEmpty() ? read.nextSequenceId() : page.element().sequenceId(),
        read.timelineExists(),
        more);
  }

  /**
   * The parts of the asked range found to be gone so far, in the order met; usually none or one.
   * More than one if entries were removed between two pages.
   */
  public List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  private boolean fetchUntilEntryOrEnd() {
    while (page.isEmpty() && !finished) {
      fetch();
    }
    return !page.isEmpty();
  }

  private void fetch() {
    ScanSpec asked = nextPage;
    Page read = client.scanPage(withinLimit(asked));
    Coverage coverage = read.coverage();
    if (coverage.status() == CoverageStatus.UNKNOWN || coverage.status() == CoverageStatus.ERROR) {
      throw protocolFailure("a page with coverage status " + coverage.status());
    }
    noteGap(asked, coverage);
    lastPage = coverage;
    page.addAll(read.entries());
    if (coverage.hasMore()) {
      nextPage = after(asked, read);
    }
    finished = !coverage.hasMore() || limitLeft() <= page.size();
  }

  private void noteGap(ScanSpec asked, Coverage coverage) {
    if (!coverage.isTrimmed()) {
      return;
    }
    Gap found = new Gap(spec.timeline(), asked.from(), coverage.firstRetainedSequenceId());
    // Backward, the start of the range stays, and every page may tell of the same gap.
    if (!gaps.contains(found)) {
      gaps.add(found);
      spec.onGap().ifPresent(listener -> listener.accept(found));
    }
  }

  private ScanSpec after(ScanSpec asked, Page read) {
    long next = read.coverage().nextSequenceId();
    // Backward, next is the largest id not yet covered, and the range's end is exclusive.
    OptionalLong bound = spec.isBackward() ? asked.to() : asked.from();
    long moved = spec.isBackward() ? next + 1 : next;
    if (bound.isPresent() && read.entries().isEmpty() && moved == bound.getAsLong()) {
      throw protocolFailure("a page that promises more but does not advance beyond id " + next);
    }
    return spec.isBackward()
        ? asked.toBuilder().to(moved).build()
        : asked.toBuilder().continueFrom(moved).build();
  }

  private ScanSpec withinLimit(ScanSpec asked) {
    long left = limitLeft();
    int pageSize = asked.pageSize().orElse(Limits.PAGE_SIZE_DEFAULT);
    return left < pageSize ? asked.toBuilder().pageSize((int) left).build() : asked;
  }

  private long limitLeft() {
    return spec.limit().orElse(Long.MAX_VALUE) - returned;
  }

  private TidelineException protocolFailure(String what) {
    return Failure.local(
            ErrorCode.INTERNAL,
            io.grpc.Status.Code.INTERNAL,
            "the server sent " + what + " while scanning " + spec.timeline())
        .toException();
  }

  private final class EntryIterator implements Iterator<Entry> {
    @Override
    public boolean hasNext() {
      return fetchUntilEntryOrEnd();
    }

    @Override
    public Entry next() {
      if (!fetchUntilEntryOrEnd()) {
        throw new NoSuchElementException("the scan has returned all of its entries");
      }
      returned++;
      return page.remove();
    }
  }
}
