package io.tideline.server.cluster;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import java.util.concurrent.atomic.AtomicBoolean;

/** Whether a stream was opened on a connection for a call: if not, it surely had no effect. */
final class SentFlag extends ClientStreamTracer.Factory {

  private final AtomicBoolean sent = new AtomicBoolean();

  boolean isSet() {
    return sent.get();
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return new ClientStreamTracer() {
      @Override
      public void streamCreated(Attributes transportAttributes, Metadata requestHeaders) {
        sent.set(true);
      }
    };
  }
}
