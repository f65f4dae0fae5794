package io.tideline.server.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import io.tideline.server.command.BinaryReader;
import io.tideline.server.command.BinaryWriter;
import io.tideline.server.command.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is in a group, as bytes: the payload of configuration entries in the log, and what the engine
 * stores beside its applied position.
 *
 * <p>Format, version 1: {@code version u8}, then the four lists; a list is a varint count and that
 * many length-prefixed ASCII strings {@code ip:port[:idx[:priority]]}.
 *
 * @param peers voters
 * @param learners members without a vote
 * @param oldPeers voters before the change, while a joint change is under way; else empty
 * @param oldLearners learners before that change
 */
record Membership(
    List<PeerId> peers, List<PeerId> learners, List<PeerId> oldPeers, List<PeerId> oldLearners) {

  private static final int VERSION = 1;

  Membership {
    peers = List.copyOf(peers);
    learners = List.copyOf(learners);
    oldPeers = List.copyOf(oldPeers);
    oldLearners = List.copyOf(oldLearners);
  }

  static Membership of(LogEntry entry) {
    return new Membership(
        orEmpty(entry.getPeers()),
        orEmpty(entry.getLearners()),
        orEmpty(entry.getOldPeers()),
        orEmpty(entry.getOldLearners()));
  }

  static Membership of(SnapshotMeta meta) throws FormatException {
    return new Membership(
        parse(meta.getPeersList()),
        parse(meta.getLearnersList()),
        parse(meta.getOldPeersList()),
        parse(meta.getOldLearnersList()));
  }

  /** Voters by their addresses. */
  static List<PeerId> voters(Collection<String> addresses) throws FormatException {
    return parse(addresses);
  }

  static Membership decode(byte[] bytes) throws FormatException {
    BinaryReader in = new BinaryReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new FormatException(
          "membership version " + version + " is unknown, this program reads " + VERSION);
    }
    Membership membership = new Membership(read(in), read(in), read(in), read(in));
    in.expectEnd();
    return membership;
  }

  byte[] encode() {
    BinaryWriter out = new BinaryWriter().putByte(VERSION);
    write(out, peers);
    write(out, learners);
    write(out, oldPeers);
    write(out, oldLearners);
    return out.toByteArray();
  }

  /** Fills a log entry of type configuration. */
  void copyTo(LogEntry entry) {
    entry.setPeers(peers);
    entry.setLearners(learners);
    entry.setOldPeers(oldPeers);
    entry.setOldLearners(oldLearners);
  }

  ConfigurationEntry toConfigurationEntry(LogId id) {
    return new ConfigurationEntry(
        id, new Configuration(peers, learners), new Configuration(oldPeers, oldLearners));
  }

  SnapshotMeta toSnapshotMeta(long index, long term) {
    SnapshotMeta.Builder meta =
        SnapshotMeta.newBuilder().setLastIncludedIndex(index).setLastIncludedTerm(term);
    peers.forEach(peer -> meta.addPeers(peer.toString()));
    learners.forEach(peer -> meta.addLearners(peer.toString()));
    oldPeers.forEach(peer -> meta.addOldPeers(peer.toString()));
    oldLearners.forEach(peer -> meta.addOldLearners(peer.toString()));
    return meta.build();
  }

  private static void write(BinaryWriter out, List<PeerId> list) {
    out.putLength(list.size());
    for (PeerId peer : list) {
      out.putBytes(peer.toString().getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static List<PeerId> read(BinaryReader in) throws FormatException {
    int count = in.readLength();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(new String(in.readBytes(), StandardCharsets.US_ASCII));
    }
    return parse(names);
  }

  private static List<PeerId> parse(Collection<String> names) throws FormatException {
    List<PeerId> parsed = new ArrayList<>(names.size());
    for (String name : names) {
      PeerId peer = new PeerId();
      if (!peer.parse(name)) {
        throw new FormatException("\"" + name + "\" is not a member's address");
      }
      parsed.add(peer);
    }
    return parsed;
  }

  private static List<PeerId> orEmpty(@Nullable List<PeerId> list) {
    return list == null ? List.of() : list;
  }
}
