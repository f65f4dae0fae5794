package io.tideline.server.service;

import io.grpc.ServerServiceDefinition;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.server.catalog.Catalog;
import io.tideline.server.cluster.PeerAdmin;
import io.tideline.server.cluster.PeerCalls;
import io.tideline.server.replica.TimelineWatchers;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** All services of the contract, wired. */
public final class GrpcServices {

  private final SyncReads sync;
  private final Tails tails;
  private final List<ServerServiceDefinition> definitions;

  private GrpcServices(SyncReads sync, Tails tails, List<ServerServiceDefinition> definitions) {
    this.sync = sync;
    this.tails = tails;
    this.definitions = definitions;
  }

  /** What gRPC serves. */
  public List<ServerServiceDefinition> definitions() {
    return definitions;
  }

  /** How many Sync calls were answered by an equal one's read since the start. */
  public long sharedSyncs() {
    return sync.sharedCount();
  }

  /** The open tails, which are to be ended before the server stops. */
  public Tails tails() {
    return tails;
  }

  /**
   * Binds every method of the contract.
   *
   * @param messageBytesMax limit of an encoded message
   * @param peers asks the other nodes
   * @param calls passes calls on to them
   * @param watchers told of news in timelines of this node's replicas
   * @param tailThreads what runs tails
   * @param node asked per call, for what is known only once the ports are open
   * @param logBytes bytes of the shared log on disk
   * @param replayedEntries log entries applied again at start
   */
  public static GrpcServices create(
      Catalog catalog,
      PeerAdmin peers,
      PeerCalls calls,
      TimelineWatchers watchers,
      Tails.Threads tailThreads,
      CallRunner runner,
      int messageBytesMax,
      Supplier<NodeInfo> node,
      LongSupplier logBytes,
      LongSupplier replayedEntries) {
    StoreProtos protos = new StoreProtos(catalog, node);
    Stores stores = new Stores(catalog, protos);
    Forwarding forwarding = new Forwarding(catalog.members(), calls::call);
    MessageValidator messages = new MessageValidator(messageBytesMax);
    TimelineValidator validator = new TimelineValidator(messages);
    SyncReads sync = new SyncReads(stores, forwarding, validator);
    Tails tails = new Tails(stores, forwarding, validator, sync, watchers, calls, tailThreads);
    return new GrpcServices(
        sync,
        tails,
        List.of(
            new StoreCalls(catalog, stores, protos).bind(runner),
            timelines(stores, forwarding, messages, validator, sync, tails, runner),
            new MetaCalls(stores, forwarding, messages).bind(runner),
            new CursorCalls(stores, forwarding).bind(runner),
            new AdminCalls(
                    catalog,
                    node,
                    logBytes,
                    replayedEntries,
                    new ClusterCalls(catalog, peers, stores, protos, node))
                .bind(runner)));
  }

  private static ServerServiceDefinition timelines(
      Stores stores,
      Forwarding forwarding,
      MessageValidator messages,
      TimelineValidator validator,
      SyncReads sync,
      Tails tails,
      CallRunner runner) {
    TimelineWrites writes = new TimelineWrites(stores, validator);
    TimelineEdits edits = new TimelineEdits(stores, forwarding, validator, messages);
    BatchWrites batches = new BatchWrites(stores, validator);
    FanOutWrites fanOuts = new FanOutWrites(stores, validator);
    TimelineReads reads = new TimelineReads(stores, forwarding, validator);
    ManyTimelineReads many = new ManyTimelineReads(stores, forwarding, validator);
    return new ServiceTable(TimelineServiceGrpc.getServiceDescriptor(), runner)
        .on(TimelineServiceGrpc.getAppendMethod(), writes::append)
        .on(TimelineServiceGrpc.getBatchAppendMethod(), batches::append)
        .on(TimelineServiceGrpc.getFanOutMethod(), fanOuts::fanOut)
        .on(TimelineServiceGrpc.getPutMethod(), writes::put)
        .on(TimelineServiceGrpc.getTrimMethod(), writes::trim)
        .on(TimelineServiceGrpc.getUpdateMethod(), edits::update)
        .on(TimelineServiceGrpc.getRecallMethod(), edits::recall)
        .on(TimelineServiceGrpc.getDeleteMethod(), edits::delete)
        .on(TimelineServiceGrpc.getDeleteTimelineMethod(), edits::deleteTimeline)
        .on(TimelineServiceGrpc.getGetMethod(), reads::get)
        .on(TimelineServiceGrpc.getScanMethod(), reads::scan)
        .on(TimelineServiceGrpc.getLatestMethod(), many::latest)
        .on(TimelineServiceGrpc.getHeadsMethod(), many::heads)
        .on(TimelineServiceGrpc.getSyncMethod(), sync::sync)
        .onStream(TimelineServiceGrpc.getTailMethod(), tails::open)
        .build();
  }
}
