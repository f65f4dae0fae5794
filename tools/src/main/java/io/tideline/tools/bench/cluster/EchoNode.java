package io.tideline.tools.bench.cluster;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.BatchAppendItem;
import io.tideline.proto.v1.BatchAppendRequest;
import io.tideline.proto.v1.BatchAppendResponse;
import io.tideline.proto.v1.BatchAppendResult;
import io.tideline.proto.v1.TimelineServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A server that answers batches of appends and does nothing with them: what the same client reaches
 * over the same gRPC when nobody stores anything. A process of its own, started by the benchmark.
 */
@Command(
    name = "echo-node",
    hidden = true,
    description = "Answer batches of appends without storing them; for bench cluster.")
public final class EchoNode implements Callable<Integer> {

  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  @Option(names = "--port", required = true, description = "Where to listen on loopback.")
  private int port;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .addService(new Echo())
            .build()
            .start();
    server.awaitTermination();
    return 0;
  }

  private static final class Echo extends TimelineServiceGrpc.TimelineServiceImplBase {

    private long sequenceId;

    @Override
    public void batchAppend(
        BatchAppendRequest request, StreamObserver<BatchAppendResponse> answer) {
      BatchAppendResponse.Builder response = BatchAppendResponse.newBuilder();
      long bytes = 0;
      for (BatchAppendItem item : request.getItemsList()) {
        bytes += item.getSerializedSize();
        response.addResults(
            BatchAppendResult.newBuilder()
                .setOk(AppendResponse.newBuilder().setSequenceId(next()).setAppendTimeMs(bytes)));
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    private synchronized long next() {
      return ++sequenceId;
    }
  }
}
