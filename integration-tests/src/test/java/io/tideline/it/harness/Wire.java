package io.tideline.it.harness;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.tideline.proto.v1.AdminServiceGrpc;
import io.tideline.proto.v1.AppendRequest;
import io.tideline.proto.v1.AppendResponse;
import io.tideline.proto.v1.CreateStoreRequest;
import io.tideline.proto.v1.Entry;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.IdentifierField;
import io.tideline.proto.v1.IdentifierType;
import io.tideline.proto.v1.IdentifierValue;
import io.tideline.proto.v1.Message;
import io.tideline.proto.v1.MetaServiceGrpc;
import io.tideline.proto.v1.ScanRequest;
import io.tideline.proto.v1.ScanResponse;
import io.tideline.proto.v1.StoreOptions;
import io.tideline.proto.v1.StoreServiceGrpc;
import io.tideline.proto.v1.TimelineHead;
import io.tideline.proto.v1.TimelineId;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.Value;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The contract as any gRPC client sees it: generated stubs on one channel, nothing retried, nothing
 * checked before it is sent, and raw bytes where a stub would not send them.
 */
public final class Wire implements AutoCloseable {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int REPLY_BYTES_MAX = 16 << 20;

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final ManagedChannel channel;

  public Wire(String host, int port) {
    channel =
        ManagedChannelBuilder.forAddress(host, port)
            .usePlaintext()
            .maxInboundMessageSize(REPLY_BYTES_MAX)
            .build();
  }

  public StoreServiceGrpc.StoreServiceBlockingStub stores() {
    return StoreServiceGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  public TimelineServiceGrpc.TimelineServiceBlockingStub timelines() {
    return TimelineServiceGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  public MetaServiceGrpc.MetaServiceBlockingStub meta() {
    return MetaServiceGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  public AdminServiceGrpc.AdminServiceBlockingStub admin() {
    return AdminServiceGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  public HealthGrpc.HealthBlockingStub health() {
    return HealthGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE);
  }

  public ManagedChannel channel() {
    return channel;
  }

  /** Sends bytes as the request of a unary method, whatever they are. */
  public byte[] callRaw(MethodDescriptor<?, ?> method, byte[] request) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method.getFullMethodName())
            .setRequestMarshaller(BYTES)
            .setResponseMarshaller(BYTES)
            .build();
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    return ClientCalls.blockingUnaryCall(channel, raw, options, request);
  }

  /** The refusal a call must end with. */
  public static Refusal refusalOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return Refusal.of(e);
    }
    throw new AssertionError("the call was accepted");
  }

  // --- Short forms of what most tests do ---

  /** Creates a store whose timelines are named by one string. */
  public void createStore(String name, StoreOptions options) {
    CreateStoreRequest request =
        CreateStoreRequest.newBuilder()
            .setName(name)
            .addIdentifierSchema(field("name", IdentifierType.IDENTIFIER_TYPE_STRING))
            .setOptions(options)
            .build();
    stores().createStore(request);
  }

  public AppendResponse append(String store, TimelineId timeline, Message message) {
    return timelines()
        .append(
            AppendRequest.newBuilder()
                .setStore(store)
                .setTimeline(timeline)
                .setMessage(message)
                .build());
  }

  public TimelineHead head(String store, TimelineId timeline) {
    return heads(store, List.of(timeline)).getFirst();
  }

  /** Heads in the order asked, however many. */
  public List<TimelineHead> heads(String store, List<TimelineId> timelines) {
    List<TimelineHead> heads = new ArrayList<>(timelines.size());
    for (int i = 0; i < timelines.size(); i += 1_000) {
      List<TimelineId> page = timelines.subList(i, Math.min(i + 1_000, timelines.size()));
      timelines()
          .heads(HeadsRequest.newBuilder().setStore(store).addAllTimelines(page).build())
          .getResultsList()
          .forEach(result -> heads.add(result.getHead()));
    }
    return heads;
  }

  /** Every entry of a timeline, page by page. */
  public List<Entry> scanAll(String store, TimelineId timeline) {
    List<Entry> entries = new ArrayList<>();
    ScanRequest.Builder request =
        ScanRequest.newBuilder().setStore(store).setTimeline(timeline).setLimit(1_000);
    ScanResponse page;
    do {
      page = timelines().scan(request.build());
      entries.addAll(page.getEntriesList());
      request.setFromSequenceId(page.getCoverage().getNextSequenceId());
    } while (page.getCoverage().getHasMore());
    return entries;
  }

  public static IdentifierField field(String name, IdentifierType type) {
    return IdentifierField.newBuilder().setName(name).setType(type).build();
  }

  /** An identifier of strings, longs and byte arrays. */
  public static TimelineId id(Object... fields) {
    TimelineId.Builder id = TimelineId.newBuilder();
    for (Object field : fields) {
      id.addFields(identifierValue(field));
    }
    return id.build();
  }

  public static IdentifierValue identifierValue(Object field) {
    IdentifierValue.Builder value = IdentifierValue.newBuilder();
    return switch (field) {
      case String text -> value.setStringValue(text).build();
      case Long number -> value.setInt64Value(number).build();
      case byte[] bytes -> value.setBytesValue(ByteString.copyFrom(bytes)).build();
      default -> throw new IllegalArgumentException(field + " is no identifier field");
    };
  }

  /** A message with one field, "text". */
  public static Message text(String text) {
    return Message.newBuilder().putFields("text", string(text)).build();
  }

  public static Value string(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  public static String textOf(Entry entry) {
    return entry.getMessage().getFieldsOrThrow("text").getStringValue();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
