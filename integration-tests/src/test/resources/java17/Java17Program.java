import io.tideline.client.AppendItem;
import io.tideline.client.AppendResult;
import io.tideline.client.BatchingAppender;
import io.tideline.client.Entry;
import io.tideline.client.Identifier;
import io.tideline.client.IdentifierType;
import io.tideline.client.Message;
import io.tideline.client.ScanSpec;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.client.TidelineException;
import io.tideline.client.TimelineKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** An application on an older runtime: goes through the client once and prints what it got. */
public final class Java17Program {
  private Java17Program() {}

  public static void main(String[] args) {
    System.out.println("runtime " + Runtime.version().feature());
    try (TidelineClient client = TidelineClient.connect(args[0])) {
      client
          .stores()
          .create(StoreSpec.builder("chats").identifierField("room", IdentifierType.STRING).build());
      TimelineKey room = TimelineKey.of("chats", "room-1");
      System.out.println("append " + client.append(room, Message.of("text", "one")).sequenceId());
      List<CompletableFuture<AppendResult>> results = new ArrayList<>();
      try (BatchingAppender appender = client.batchingAppender()) {
        for (int i = 2; i <= 500; i++) {
          AppendItem item = AppendItem.of(room, Message.of("text", "number " + i));
          results.add(appender.add(item.withMessageKey("key-" + i)));
        }
      }
      System.out.println("batched " + results.get(results.size() - 1).join().sequenceId());
      long next = 1;
      for (Entry entry : client.scan(ScanSpec.of(room))) {
        if (entry.sequenceId() != next) {
          throw new AssertionError("id " + entry.sequenceId() + " where " + next + " is due");
        }
        next++;
      }
      System.out.println("scanned " + (next - 1));
      Message last = client.get(room, 500).orElseThrow().message();
      System.out.println("get " + last.getString("text").orElseThrow());
      client.meta().put(room, Message.of("name", "Room"));
      System.out.println(
          "latest " + client.latest("chats", List.of(Identifier.of("room-1"))).size());
      try {
        client.append(TimelineKey.of("absent", "x"), Message.of("text", "x"));
      } catch (TidelineException refused) {
        System.out.println("refused " + refused.code());
      }
    }
    System.out.println("done");
  }
}
