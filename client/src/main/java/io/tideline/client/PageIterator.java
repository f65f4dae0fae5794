package io.tideline.client;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;

/** Goes through a listing page by page, each fetched when it is needed. Not thread-safe. */
final class PageIterator<T> implements Iterator<T> {

  /**
   * One page.
   *
   * @param nextPageToken empty if it is the last
   */
  record ListingPage<T>(List<T> items, ByteString nextPageToken) {}

  /** Fetches pages. */
  interface Source<T> {
    /** The page of a token; an empty token asks for the first. */
    ListingPage<T> page(ByteString pageToken);
  }

  private final Source<T> source;
  private final Queue<T> page = new ArrayDeque<>();
  private ByteString nextPageToken = ByteString.EMPTY;
  private boolean lastPageRead;

  PageIterator(Source<T> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && !lastPageRead) {
      ListingPage<T> next = source.page(nextPageToken);
      page.addAll(next.items());
      nextPageToken = next.nextPageToken();
      lastPageRead = nextPageToken.isEmpty();
    }
    return !page.isEmpty();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the listing has no more");
    }
    return page.remove();
  }
}
