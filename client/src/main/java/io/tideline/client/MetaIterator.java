package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.ListMetaResponse;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;

/** Pages through a meta listing. Not thread-safe. */
final class MetaIterator implements Iterator<Meta> {

  private final MetaClient client;
  private final MetaListSpec spec;
  private final Queue<Meta> page = new ArrayDeque<>();
  private ByteString nextPageToken = ByteString.EMPTY;
  private boolean lastPageRead;

  MetaIterator(MetaClient client, MetaListSpec spec) {
    this.client = client;
    this.spec = spec;
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && !lastPageRead) {
      ListMetaResponse response = client.page(spec, nextPageToken);
      response.getMetasList().forEach(meta -> page.add(MetaClient.meta(spec.store(), meta)));
      nextPageToken = response.getNextPageToken();
      lastPageRead = nextPageToken.isEmpty();
    }
    return !page.isEmpty();
  }

  @Override
  public Meta next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the listing has no more meta");
    }
    return page.remove();
  }
}
