package io.tideline.server.raft;

import com.alipay.remoting.exception.CodecException;
import com.alipay.remoting.serialization.Serializer;
import com.alipay.remoting.serialization.SerializerManager;
import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * What JRaft keeps once per process: system properties read when its classes load, the transport's
 * serializers, the executors of groups.
 */
final class JRaftProcess {

  /** A limit that a process never reaches: JRaft does not survive that one of these refuses. */
  private static final String UNREACHED = "1000000";

  /** Name and value of each property; one given on the command line wins. */
  private static final List<String[]> PROPERTIES =
      List.of(
          // The transport's own logging set-up does not know this Logback; it then uses ours as it
          // is.
          new String[] {"sofa.middleware.log.disable", "true"},
          // Pooled buffers per thread leak and bloat with many threads.
          new String[] {"jraft.recyclers.maxCapacityPerThread", "0"},
          // A rejected callback stops heartbeats for ever; threads are made as needed, so no limit.
          new String[] {"jraft.rpc.closure.threadpool.size.max", UNREACHED},
          new String[] {"jraft.closure.threadpool.size.max", UNREACHED},
          new String[] {"jraft.internal.closure.threadpool.size.max", UNREACHED},
          new String[] {"jraft.max.append.entries.tasks.per.thread", UNREACHED},
          // The transport must not reconnect on its own, nor reorder pipelined entries.
          new String[] {"jraft.bolt.conn.reconnect", "false"},
          new String[] {"bolt.rpc.dispatch-msg-list-in-default-executor", "false"},
          new String[] {"jraft.read-index.timeout", "5000"});

  private static final Set<String> GROUPS_WITH_EXECUTOR = ConcurrentHashMap.newKeySet();
  private static final VirtualThreads EXECUTOR;
  private static volatile ChannelSecurity channelSecurity = ChannelSecurity.NONE;

  static {
    for (String[] property : PROPERTIES) {
      if (System.getProperty(property[0]) == null) {
        System.setProperty(property[0], property[1]);
      }
    }
    SerializerManager.addSerializer(SerializerManager.Hessian2, new RefusingSerializer());
    EXECUTOR = new VirtualThreads();
  }

  private JRaftProcess() {}

  /**
   * Runs the initialiser; must come before any other use of JRaft.
   *
   * @throws IllegalStateException if the class path is in an order in which JRaft would not do
   */
  static void initialize() {
    JRaftThreads.verify();
    Executor ready = EXECUTOR;
    if (ready == null) {
      throw new AssertionError("the static initialiser did not run");
    }
  }

  /** Runs each task on a virtual thread of its own; never rejects one, however long they run. */
  static ExecutorService executor() {
    return EXECUTOR;
  }

  /** What goes into the channels of this process; those that exist stay as they are. */
  static void secureChannels(ChannelSecurity security) {
    channelSecurity = security;
  }

  static ChannelSecurity channelSecurity() {
    return channelSecurity;
  }

  /**
   * Gives a group an executor that never rejects: JRaft loses its replication for good when one
   * does. JRaft cannot forget a group's executor, and refuses a second one.
   */
  static void registerExecutor(String groupId) {
    if (GROUPS_WITH_EXECUTOR.add(groupId)) {
      ThreadPoolsFactory.registerThreadPool(groupId, EXECUTOR);
    }
  }

  /** A thread pool in type only: every task gets a virtual thread of its own. */
  private static final class VirtualThreads extends ThreadPoolExecutor {

    VirtualThreads() {
      super(0, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
    }

    @Override
    public void execute(Runnable task) {
      Thread.ofVirtual().name("raft-closure").start(task);
    }
  }

  /**
   * Takes the place of Bolt's default serializer, which would instantiate arbitrary classes named
   * by the sender. Raft's own messages are protobuf and have their own serializer.
   */
  private static final class RefusingSerializer implements Serializer {

    @Override
    public byte[] serialize(Object value) throws CodecException {
      throw new CodecException("refused to serialize " + value.getClass() + ": not a Raft message");
    }

    @Override
    public <T> T deserialize(byte[] data, String className) throws CodecException {
      throw new CodecException("refused to deserialize " + className + ": not a Raft message");
    }
  }
}
