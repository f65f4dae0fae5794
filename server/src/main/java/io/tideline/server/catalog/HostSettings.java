package io.tideline.server.catalog;

import com.google.common.net.InetAddresses;
import io.tideline.lsm.CompactionScheme;
import io.tideline.lsm.EngineOptions;
import io.tideline.server.cluster.Member;
import io.tideline.server.cluster.Members;
import io.tideline.server.replica.ReadSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * What a {@link ReplicaHost} is told at start.
 *
 * @param dataDirectory the node's data directory; {@code log/} and {@code partitions/} in it are
 *     the host's. Exists, and is locked by the caller
 * @param raftAddress where the Raft transport listens; also this node's name in its groups, so it
 *     must stay the same over the life of the data
 * @param members the nodes of the cluster
 * @param electionTimeout how long a follower waits for its leader before it stands for election
 * @param engineOptions settings of every partition's engine; its scheme is for partitions whose
 *     rows live long, others merge their files by their TTL
 * @param logSegmentBytes size of one segment file of the shared log
 * @param inFlightBytesMax bytes of writes this node holds between admission and answer
 * @param diskReserveBytes below this much free space writes are refused
 * @param logBacklogBytesMax log bytes not yet flushed to table files above which writes are refused
 * @param reads how replicas may be read
 * @param dropGrace how long a dropped store keeps its data
 */
public record HostSettings(
    Path dataDirectory,
    InetSocketAddress raftAddress,
    Members members,
    Duration electionTimeout,
    EngineOptions engineOptions,
    int logSegmentBytes,
    long inFlightBytesMax,
    long diskReserveBytes,
    long logBacklogBytesMax,
    ReadSettings reads,
    Duration dropGrace) {

  public HostSettings {
    Objects.requireNonNull(dataDirectory, "dataDirectory");
    Objects.requireNonNull(raftAddress, "raftAddress");
    Objects.requireNonNull(members, "members");
    Objects.requireNonNull(engineOptions, "engineOptions");
    Objects.requireNonNull(electionTimeout, "electionTimeout");
    Objects.requireNonNull(reads, "reads");
    Objects.requireNonNull(dropGrace, "dropGrace");
    if (engineOptions.scheme().kind() != CompactionScheme.Kind.LONG_LIVED) {
      throw new IllegalArgumentException(
          "engineOptions with scheme " + engineOptions.scheme() + ", which follows from a TTL");
    }
  }

  /** Sensible settings for a data directory: a node on its own, Raft on loopback. */
  public static HostSettings defaults(Path dataDirectory) {
    return new HostSettings(
        dataDirectory,
        new InetSocketAddress("127.0.0.1", 7421),
        Members.alone(new Member("node-1", "127.0.0.1:7421", "")),
        Duration.ofSeconds(5),
        EngineOptions.DEFAULTS,
        64 << 20,
        64L << 20,
        256L << 20,
        2L << 30,
        ReadSettings.DEFAULTS,
        Duration.ofDays(3));
  }

  /** The same for a node on its own at another address. */
  public HostSettings withRaftAddress(InetSocketAddress address) {
    return new HostSettings(
        dataDirectory,
        address,
        Members.alone(
            new Member(
                members.self().nodeId(),
                InetAddresses.toUriString(address.getAddress()) + ":" + address.getPort(),
                members.self().grpcAddress())),
        electionTimeout,
        engineOptions,
        logSegmentBytes,
        inFlightBytesMax,
        diskReserveBytes,
        logBacklogBytesMax,
        reads,
        dropGrace);
  }

  public HostSettings withEngineOptions(EngineOptions options) {
    return new HostSettings(
        dataDirectory,
        raftAddress,
        members,
        electionTimeout,
        options,
        logSegmentBytes,
        inFlightBytesMax,
        diskReserveBytes,
        logBacklogBytesMax,
        reads,
        dropGrace);
  }
}
