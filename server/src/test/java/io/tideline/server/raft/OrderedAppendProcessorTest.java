package io.tideline.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.google.protobuf.Message;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class OrderedAppendProcessorTest {

  private static final AppendEntriesRequest REQUEST =
      AppendEntriesRequest.newBuilder()
          .setGroupId("p1")
          .setServerId("127.0.0.1:1")
          .setPeerId("127.0.0.1:2")
          .setTerm(1)
          .setPrevLogTerm(1)
          .setPrevLogIndex(1)
          .setCommittedIndex(1)
          .build();
  private static final AppendEntriesResponse ANSWER =
      AppendEntriesResponse.newBuilder().setTerm(1).setSuccess(true).setLastLogIndex(1).build();

  /** What the group answers, in turn; null is "later". */
  private final Queue<Message> sent = new ArrayDeque<>();

  @Test
  void anAnswerDoesNotWaitForThoseOfEarlierRequests() {
    OrderedAppendProcessor processor = new OrderedAppendProcessor(Runnable::run, group -> false);
    RaftServerService never = service(null);
    RaftServerService atOnce = service(ANSWER);
    assertThat(processor.processRequest0(never, REQUEST, done(processor))).isNull();
    assertThat(processor.processRequest0(atOnce, REQUEST, done(processor))).isEqualTo(ANSWER);
    assertThat(sent).isEmpty();
  }

  private RpcRequestClosure done(OrderedAppendProcessor processor) {
    RpcContext context =
        (RpcContext)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {RpcContext.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("sendResponse")) {
                    sent.add((Message) arguments[0]);
                  }
                  return null;
                });
    return new RpcRequestClosure(context, processor.defaultResp());
  }

  private RaftServerService service(Message answer) {
    return (RaftServerService)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {RaftServerService.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("handleAppendEntriesRequest");
              return answer;
            });
  }
}
