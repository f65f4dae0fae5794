package io.tideline.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tideline.lsm.Direction;
import io.tideline.lsm.EngineOptions;
import io.tideline.lsm.EngineResources;
import io.tideline.lsm.ReadView;
import io.tideline.lsm.RowCursor;
import io.tideline.lsm.fs.FileSystem;
import io.tideline.manager.CatalogChange;
import io.tideline.manager.CatalogOutcome;
import io.tideline.manager.IdentifierField;
import io.tideline.manager.IdentifierType;
import io.tideline.manager.SequenceMode;
import io.tideline.manager.StoreDescriptor;
import io.tideline.manager.StoreOptions;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.command.AppendResult;
import io.tideline.server.command.Command;
import io.tideline.server.replica.Partition;
import io.tideline.server.replica.ReadOutcome;
import io.tideline.server.replica.ReadSettings;
import io.tideline.server.replica.Refusal;
import io.tideline.server.replica.Replica;
import io.tideline.server.replica.WriteOutcome;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A node's replicas in this process, on any file system, with a clock that the test moves. */
final class HostFixture implements AutoCloseable {

  private static final List<IdentifierField> SCHEMA =
      List.of(new IdentifierField("conversation", IdentifierType.STRING));

  /** A store option set with a day of dedup and no TTL. */
  static final StoreOptions DENSE = StoreOptions.defaults(SequenceMode.DENSE);

  final AtomicLong nowMillis;
  final List<Throwable> fatal = Collections.synchronizedList(new ArrayList<>());
  private final EngineResources resources;
  final ReplicaHost host;

  HostFixture(FileSystem fileSystem, HostSettings settings, long nowMillis) throws Exception {
    this.nowMillis = new AtomicLong(nowMillis);
    this.resources = EngineResources.create(fileSystem, 64L << 20, 16L << 20, 1);
    try {
      InstantSource clock = () -> Instant.ofEpochMilli(this.nowMillis.get());
      this.host = ReplicaHost.open(settings, resources, clock, fatal::add);
      try {
        host.serve();
      } catch (Exception e) {
        host.close();
        throw e;
      }
    } catch (Exception e) {
      resources.close();
      throw e;
    }
  }

  /** Settings for small tests: small memtables and segments, hardly any reserve. */
  static HostSettings settings(Path directory) throws IOException {
    InetSocketAddress address = freeAddress();
    return new HostSettings(
        directory,
        address,
        Members.alone(new Member("node-1", "127.0.0.1:" + address.getPort(), "")),
        Duration.ofSeconds(5),
        EngineOptions.DEFAULTS.withMemtableBytes(256 << 10),
        1 << 20,
        16L << 20,
        1 << 20,
        1L << 30,
        ReadSettings.DEFAULTS,
        Duration.ofDays(3));
  }

  static InetSocketAddress freeAddress() throws IOException {
    // Not one the system might give to an outgoing connection before it is listened on.
    InetAddress loopback = InetAddress.getLoopbackAddress();
    while (true) {
      int port = 20_000 + ThreadLocalRandom.current().nextInt(12_000);
      try (ServerSocket socket = new ServerSocket(port, 1, loopback)) {
        return new InetSocketAddress(loopback, socket.getLocalPort());
      } catch (BindException inUse) {
        continue;
      }
    }
  }

  StoreDescriptor create(String name, StoreOptions options, String... splitPoints)
      throws Exception {
    List<byte[]> points = new ArrayList<>();
    for (String point : splitPoints) {
      points.add(bytes(point));
    }
    return done(
        host.catalog().createStore(new CatalogChange.CreateStore(name, SCHEMA, options, points)));
  }

  static StoreDescriptor done(CompletableFuture<WriteOutcome<CatalogOutcome>> change)
      throws Exception {
    CatalogOutcome outcome = applied(change);
    assertThat(outcome).isInstanceOf(CatalogOutcome.Done.class);
    return ((CatalogOutcome.Done) outcome).store();
  }

  static <R> R applied(CompletableFuture<WriteOutcome<R>> write) throws Exception {
    WriteOutcome<R> outcome = write.get(30, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(WriteOutcome.Applied.class);
    return ((WriteOutcome.Applied<R>) outcome).result();
  }

  static <R> Refusal refusal(CompletableFuture<WriteOutcome<R>> write) throws Exception {
    WriteOutcome<R> outcome = write.get(30, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(WriteOutcome.Refused.class);
    return ((WriteOutcome.Refused<R>) outcome).refusal();
  }

  Partition route(String store, String timeline) {
    return host.catalog()
        .route(host.catalog().find(store).orElseThrow(), bytes(timeline))
        .orElseThrow();
  }

  Replica replica(String store, String timeline) {
    long id = host.catalog().find(store).orElseThrow().partitionOf(bytes(timeline)).partitionId();
    return host.catalog().partition(id).orElseThrow();
  }

  CompletableFuture<WriteOutcome<AppendResult>> submit(
      String store, String timeline, String key, String value) {
    return route(store, timeline).append(append(timeline, key, value));
  }

  AppendResult.Appended append(String store, String timeline, String key, String value)
      throws Exception {
    AppendResult result = applied(submit(store, timeline, key, value));
    assertThat(result).isInstanceOf(AppendResult.Appended.class);
    return (AppendResult.Appended) result;
  }

  static Command.Append append(String timeline, String key, String value) {
    return new Command.Append(
        bytes(timeline), bytes(key), OptionalLong.empty(), 0, 1, bytes(value));
  }

  ReadView view(String store, String timeline) throws Exception {
    ReadOutcome outcome = route(store, timeline).read().get(30, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(ReadOutcome.Ready.class);
    return ((ReadOutcome.Ready) outcome).view();
  }

  /** All rows of a timeline as "id=value". */
  List<String> read(String store, String timeline) throws Exception {
    List<String> rows = new ArrayList<>();
    try (ReadView view = view(store, timeline);
        RowCursor row =
            view.scan(bytes(timeline), Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD)) {
      while (row.next()) {
        rows.add(row.sequenceId() + "=" + new String(row.value(), StandardCharsets.UTF_8));
      }
    }
    return rows;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    host.close();
    resources.close();
  }
}
