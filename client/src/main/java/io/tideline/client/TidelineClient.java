package io.tideline.client;

import com.google.protobuf.ByteString;
import io.tideline.proto.v1.GetRequest;
import io.tideline.proto.v1.HeadsRequest;
import io.tideline.proto.v1.LatestRequest;
import io.tideline.proto.v1.PutRequest;
import io.tideline.proto.v1.TimelineServiceGrpc;
import io.tideline.proto.v1.TrimRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A connection to a Tideline cluster: what an application opens once and shares.
 *
 * <pre>{@code
 * try (TidelineClient client = TidelineClient.connect("localhost:7420")) {
 *   TimelineKey timeline = TimelineKey.of("conversations", "group-42");
 *   AppendResult result = client.append(timeline, Message.of("text", "hello"));
 *   for (Entry entry : client.scan(ScanSpec.builder(timeline).backward().limit(20).build())) {
 *     System.out.println(entry.sequenceId() + " " + entry.message());
 *   }
 * }
 * }</pre>
 *
 * <p><b>Failures.</b> Blocking methods throw {@link TidelineException}; futures are completed with
 * it. A call is retried within its deadline where that cannot write twice: reads always; writes if
 * nothing was written for certain, and appends with a message key also if that is unknown.
 *
 * <p><b>Message keys.</b> Appends without one get a key of the client's making, so that they too
 * can be retried safely; see {@link TidelineClientBuilder#autoMessageKeys}.
 *
 * <p><b>Threads.</b> Thread-safe. Futures are completed on threads named {@code
 * tideline-client-io}; there are as many as callbacks run at once, so a callback may block, though
 * it delays what else was chained to the same answer. One thread, {@code tideline-client-timer},
 * serves delays. All are daemons and end with {@link #close}. Cancelling a future cancels its call;
 * the write may have happened.
 */
public final class TidelineClient implements AutoCloseable {

  private final ClientCore core;
  private final CallSettings settings;

  TidelineClient(ClientCore core, CallSettings settings) {
    this.core = core;
    this.settings = settings;
  }

  /**
   * A client with default settings of the cluster that has nodes at these addresses, "host:port".
   */
  public static TidelineClient connect(String... addresses) {
    return builder().addresses(addresses).build();
  }

  public static TidelineClientBuilder builder() {
    return new TidelineClientBuilder();
  }

  /** The same connection with another deadline for each call made through the returned object. */
  public TidelineClient withDeadline(Duration deadline) {
    long nanos = Limits.positive("deadline", deadline).toNanos();
    return new TidelineClient(core, settings.withDeadlineNanos(nanos));
  }

  /**
   * The same connection with another retry policy for each call made through the returned object.
   */
  public TidelineClient withRetryPolicy(RetryPolicy policy) {
    return new TidelineClient(core, settings.withRetryPolicy(policy));
  }

  /**
   * The same connection with another consistency for the reads made through the returned object.
   *
   * <p>With SESSION it begins a session: what is written and read through the returned object, and
   * through others made from it with another deadline or retry policy, is seen by its later reads.
   * Make one for each user or device, not one for each call.
   */
  public TidelineClient withReadConsistency(ReadConsistency consistency) {
    return new TidelineClient(core, settings.withConsistency(consistency));
  }

  /**
   * The same connection, going on with a session that was begun elsewhere, for example in another
   * process: reads have consistency SESSION.
   *
   * @param token {@link #sessionToken} of that session; empty begins a new one
   * @throws IllegalArgumentException if it is not a token
   */
  public TidelineClient withSession(byte[] token) {
    return new TidelineClient(core, settings.withSession(new Session(ByteString.copyFrom(token))));
  }

  /**
   * What the session of this object has seen, to go on with it elsewhere; empty without a session.
   * At most 64 KiB, usually some bytes.
   */
  public byte[] sessionToken() {
    Session session = settings.session();
    return session == null ? new byte[0] : session.token().toByteArray();
  }

  /** Creates, describes, changes and drops stores. */
  public StoreClient stores() {
    return new StoreClient(core.caller(), settings);
  }

  /** Reads and writes the meta of timelines. */
  public MetaClient meta() {
    return new MetaClient(core.caller(), settings);
  }

  /** Keeps how far readers have come, and counts what is unread. */
  public CursorClient cursors() {
    return new CursorClient(core.caller(), settings);
  }

  /** Looks at nodes and partitions. */
  public AdminClient admin() {
    return new AdminClient(core.caller(), settings);
  }

  // --- Writes. ---

  /**
   * Appends a message; returns when it is on the disks of a quorum.
   *
   * <p>Errors: STORE_NOT_FOUND, SEQUENCE_MODE (MANUAL store), TOO_LARGE, TOO_MANY and others that
   * name what is wrong with the message.
   */
  public AppendResult append(TimelineKey timeline, Message message) {
    return append(AppendItem.of(timeline, message));
  }

  /**
   * Appends a message with a message key or a condition.
   *
   * <p>Errors: also CONDITION_FAILED, DEDUP_WINDOW_EXPIRED, MESSAGE_KEY_REUSED.
   */
  public AppendResult append(AppendItem item) {
    return Caller.await(appendAsync(item), true);
  }

  /** As {@link #append(TimelineKey, Message)}, without waiting. */
  public CompletableFuture<AppendResult> appendAsync(TimelineKey timeline, Message message) {
    return appendAsync(AppendItem.of(timeline, message));
  }

  /** As {@link #append(AppendItem)}, without waiting. */
  public CompletableFuture<AppendResult> appendAsync(AppendItem item) {
    AppendItem sent = core.prepare(item);
    CompletableFuture<AppendResult> result =
        Futures.map(
            core.caller()
                .call(
                    TimelineServiceGrpc.getAppendMethod(),
                    WireEntries.toRequest(sent),
                    BatchCall.kind(sent),
                    sent.timeline().store(),
                    sent.timeline(),
                    settings),
            response -> {
              settings.saw(response.getSessionToken());
              return WireEntries.fromWire(response);
            });
    return Futures.mapFailure(
        result, failure -> failure.failure().withAppendItem(sent).toException());
  }

  /**
   * Appends up to 1,000 messages (4 MiB) to timelines of one store in one call. Order is kept per
   * timeline; what falls into one partition becomes visible and durable together. Each item has its
   * own outcome; a malformed item refuses all of them. Items that failed for the moment are retried
   * within the deadline unless a later item of the same timeline was written meanwhile.
   *
   * <p>For a stream of messages use a {@link #batchingAppender}.
   *
   * @return one outcome per item, in order
   * @throws IllegalArgumentException if the items are of several stores, none or too many
   */
  public List<AppendOutcome> appendAll(List<AppendItem> items) {
    return Caller.await(appendAllAsync(items), true);
  }

  /** As {@link #appendAll}, without waiting. */
  public CompletableFuture<List<AppendOutcome>> appendAllAsync(List<AppendItem> items) {
    List<AppendItem> prepared = items.stream().map(core::prepare).toList();
    return BatchAppend.of(core.caller(), prepared, settings).begin();
  }

  /**
   * Writes one message into a conversation and many inboxes, each exactly once however often it is
   * repeated with the same message key. Each timeline has its own outcome; what failed for the
   * moment is repeated within the deadline. A list of more than 10,000 inboxes is sent in parts.
   *
   * <p>Errors, of all or of single timelines: STORE_NOT_FOUND, SEQUENCE_MODE (MANUAL store),
   * TOO_LARGE, MESSAGE_KEY_REUSED, DEDUP_WINDOW_EXPIRED and others that name what is wrong.
   */
  public FanOutResult fanOut(FanOut fanOut) {
    return Caller.await(fanOutAsync(fanOut), true);
  }

  /** As {@link #fanOut}, without waiting. The future does not fail: see the outcomes. */
  public CompletableFuture<FanOutResult> fanOutAsync(FanOut fanOut) {
    return new FanOutCall(core.caller(), settings, fanOut, core.keyOf(fanOut)).begin();
  }

  /** A batching appender with default options; close it to drain it. */
  public BatchingAppender batchingAppender() {
    return batchingAppender(BatchingOptions.defaults());
  }

  /**
   * A batching appender: takes single appends and sends them in batches. It uses this object's
   * retry policy, and its deadline for each batch. Close it to drain it; closing the client does so
   * too.
   */
  public BatchingAppender batchingAppender(BatchingOptions options) {
    return core.open(new BatchingAppender(core, settings, options));
  }

  /**
   * Writes an entry at an id of the caller's choice, which must be free. MANUAL stores only. Not
   * retried after an unknown outcome.
   *
   * <p>Errors: SEQUENCE_MODE, OUT_OF_RANGE, SEQUENCE_ID_EXISTS.
   */
  public PutResult put(TimelineKey timeline, long sequenceId, Message message) {
    return Caller.await(putAsync(timeline, sequenceId, message), true);
  }

  /** As {@link #put}, without waiting. */
  public CompletableFuture<PutResult> putAsync(
      TimelineKey timeline, long sequenceId, Message message) {
    return putAsync(timeline, sequenceId, message, false);
  }

  /** As {@link #put}, but replaces the entry if the id is taken. */
  public PutResult putOrReplace(TimelineKey timeline, long sequenceId, Message message) {
    return Caller.await(putOrReplaceAsync(timeline, sequenceId, message), true);
  }

  /** As {@link #putOrReplace}, without waiting. */
  public CompletableFuture<PutResult> putOrReplaceAsync(
      TimelineKey timeline, long sequenceId, Message message) {
    return putAsync(timeline, sequenceId, message, true);
  }

  private CompletableFuture<PutResult> putAsync(
      TimelineKey timeline, long sequenceId, Message message, boolean overwrite) {
    PutRequest request =
        PutRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setSequenceId(sequenceId)
            .setMessage(WireValues.toWire(message))
            .setOverwrite(overwrite)
            .build();
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getPutMethod(),
                request,
                WriteKind.SINGLE,
                timeline.store(),
                timeline,
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return new PutResult(
              response.getLastSequenceId(),
              response.getReplaced(),
              Instant.ofEpochMilli(response.getAppendTimeMs()));
        });
  }

  /**
   * Removes all entries up to and including an id, in constant time; the numbering goes on.
   *
   * <p>Errors: OUT_OF_RANGE (beyond the last id), TIMELINE_NOT_FOUND.
   *
   * @return the smallest id retained afterwards; last + 1 if none is
   */
  public long trim(TimelineKey timeline, long throughSequenceId) {
    return Caller.await(trimAsync(timeline, throughSequenceId), true);
  }

  /** As {@link #trim}, without waiting. */
  public CompletableFuture<Long> trimAsync(TimelineKey timeline, long throughSequenceId) {
    TrimRequest request =
        TrimRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setThroughSequenceId(throughSequenceId)
            .build();
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getTrimMethod(),
                request,
                WriteKind.REPEATABLE,
                timeline.store(),
                timeline,
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return response.getFirstRetainedSequenceId();
        });
  }

  /**
   * Sets and removes single fields of an appended message; its id and append time stay, its
   * revision rises by one. Not retried after an unknown outcome: read the entry, or name the
   * revision it must have.
   *
   * <p>Errors: ENTRY_NOT_FOUND, NOT_RETAINED, CONDITION_FAILED (also if the entry was recalled),
   * SEQUENCE_MODE (announced in a MANUAL store) and others that name what is wrong with the fields.
   */
  public UpdateResult update(TimelineKey timeline, long sequenceId, EntryUpdate update) {
    return Caller.await(updateAsync(timeline, sequenceId, update), true);
  }

  /** As {@link #update}, without waiting. */
  public CompletableFuture<UpdateResult> updateAsync(
      TimelineKey timeline, long sequenceId, EntryUpdate update) {
    return edits().update(timeline, sequenceId, update);
  }

  /**
   * Removes the content of an entry for good; its id stays, marked as recalled. Recalling twice is
   * recalling once.
   *
   * <p>Errors: ENTRY_NOT_FOUND, NOT_RETAINED, CONDITION_FAILED (a CHANGE entry), SEQUENCE_MODE
   * (announced in a MANUAL store).
   *
   * @param announce also append a CHANGE entry, so that every position learns of it in order
   * @return id of the CHANGE entry, if it was announced
   */
  public OptionalLong recall(TimelineKey timeline, long sequenceId, boolean announce) {
    return Caller.await(recallAsync(timeline, sequenceId, announce), true);
  }

  /** As {@link #recall}, without waiting. */
  public CompletableFuture<OptionalLong> recallAsync(
      TimelineKey timeline, long sequenceId, boolean announce) {
    return edits().recall(timeline, sequenceId, announce);
  }

  /**
   * Removes one entry; its id is never given again. Retried after an unknown outcome: the server
   * knows a repetition for the store's dedup window. (In a MANUAL store a retry would also delete
   * what somebody has put there anew meanwhile.)
   *
   * <p>Errors: ENTRY_NOT_FOUND, NOT_RETAINED, SEQUENCE_MODE (announced in a MANUAL store).
   *
   * @param announce also append a CHANGE entry, so that every position learns of it in order
   * @return id of the CHANGE entry, if it was announced
   */
  public OptionalLong delete(TimelineKey timeline, long sequenceId, boolean announce) {
    return Caller.await(deleteAsync(timeline, sequenceId, announce), true);
  }

  /** As {@link #delete}, without waiting. */
  public CompletableFuture<OptionalLong> deleteAsync(
      TimelineKey timeline, long sequenceId, boolean announce) {
    return edits().delete(timeline, sequenceId, announce);
  }

  /**
   * Removes all entries and the meta of a timeline. Its numbering goes on if it is written again.
   * Not retried after an unknown outcome, lest it removes what was written in between.
   *
   * <p>Errors: TIMELINE_NOT_FOUND.
   *
   * @return the last id that was ever given, 0 if none was
   */
  public long deleteTimeline(TimelineKey timeline) {
    return Caller.await(deleteTimelineAsync(timeline), true);
  }

  /** As {@link #deleteTimeline}, without waiting. */
  public CompletableFuture<Long> deleteTimelineAsync(TimelineKey timeline) {
    return edits().deleteTimeline(timeline);
  }

  private EntryEdits edits() {
    return new EntryEdits(core.caller(), settings);
  }

  // --- Reads. Each sees every write acknowledged before it began; see withReadConsistency. ---

  /**
   * One entry; empty if the id was never given or the entry was deleted. An id that has expired or
   * was trimmed is an error, for it was there once.
   *
   * <p>Errors: NOT_RETAINED, OUT_OF_RANGE.
   */
  public Optional<Entry> get(TimelineKey timeline, long sequenceId) {
    return Caller.await(getAsync(timeline, sequenceId), false);
  }

  /** As {@link #get}, without waiting. */
  public CompletableFuture<Optional<Entry>> getAsync(TimelineKey timeline, long sequenceId) {
    GetRequest request =
        GetRequest.newBuilder()
            .setStore(timeline.store())
            .setTimeline(WireValues.toWire(timeline.identifier()))
            .setSequenceId(sequenceId)
            .setRead(settings.readOptions())
            .build();
    return Futures.absentIf(
        ErrorCode.ENTRY_NOT_FOUND,
        core.caller()
            .call(
                TimelineServiceGrpc.getGetMethod(),
                request,
                WriteKind.READ,
                timeline.store(),
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return WireEntries.fromWire(response.getEntry());
        });
  }

  /** Reads a range lazily, page by page; nothing is fetched before the iteration begins. */
  public Scan scan(ScanSpec spec) {
    return new Scan(this, spec);
  }

  /** Reads one page; the spec's total limit counts if it is below the page size. */
  public Page scanPage(ScanSpec spec) {
    return Caller.await(scanPageAsync(spec), false);
  }

  /** As {@link #scanPage}, without waiting. */
  public CompletableFuture<Page> scanPageAsync(ScanSpec spec) {
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getScanMethod(),
                WireEntries.toRequest(spec).toBuilder().setRead(settings.readOptions()).build(),
                WriteKind.READ,
                spec.timeline().store(),
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return WireEntries.fromWire(response);
        });
  }

  /**
   * The newest entry of each of up to 1,000 timelines of a store, in the order asked. Each result
   * has its own coverage and error.
   */
  public List<LatestResult> latest(String store, Collection<Identifier> timelines) {
    return latest(store, timelines, Projection.all());
  }

  /** As {@link #latest(String, Collection)}, with only some fields. */
  public List<LatestResult> latest(
      String store, Collection<Identifier> timelines, Projection projection) {
    return Caller.await(latestAsync(store, timelines, projection), false);
  }

  /** As {@link #latest(String, Collection, Projection)}, without waiting. */
  public CompletableFuture<List<LatestResult>> latestAsync(
      String store, Collection<Identifier> timelines, Projection projection) {
    LatestRequest.Builder request =
        LatestRequest.newBuilder()
            .setStore(store)
            .setProjection(WireValues.toWire(projection))
            .setRead(settings.readOptions());
    List<Identifier> asked = MultiRead.require(timelines);
    asked.forEach(timeline -> request.addTimelines(WireValues.toWire(timeline)));
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getLatestMethod(),
                request.build(),
                WriteKind.READ,
                store,
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.latest(store, asked, response);
        });
  }

  /**
   * The heads of up to 1,000 timelines of a store, in the order asked: last ids, what is retained,
   * counts. Each result has its own error.
   */
  public List<HeadResult> heads(String store, Collection<Identifier> timelines) {
    return Caller.await(headsAsync(store, timelines), false);
  }

  /** As {@link #heads}, without waiting. */
  public CompletableFuture<List<HeadResult>> headsAsync(
      String store, Collection<Identifier> timelines) {
    HeadsRequest.Builder request =
        HeadsRequest.newBuilder().setStore(store).setRead(settings.readOptions());
    List<Identifier> asked = MultiRead.require(timelines);
    asked.forEach(timeline -> request.addTimelines(WireValues.toWire(timeline)));
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getHeadsMethod(),
                request.build(),
                WriteKind.READ,
                store,
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.heads(store, asked, response);
        });
  }

  /** The head of one timeline; {@link TimelineHead#exists} is false if it never had an entry. */
  public TimelineHead head(TimelineKey timeline) {
    return heads(timeline.store(), List.of(timeline.identifier())).get(0).orThrow();
  }

  /**
   * New entries of many timelines, each after its own position, freshest first within one budget.
   *
   * @return one result per position, in the order of the positions
   */
  public List<SyncResult> sync(SyncSpec spec) {
    return Caller.await(syncAsync(spec), false);
  }

  /**
   * Follows up to 1,000 timelines of a store: what they have after their positions, then what
   * comes. Returns at once; close it when it is no longer needed, or with the client.
   */
  public Tail tail(TailSpec spec) {
    return core.open(new Tail(core, settings, spec)).begin();
  }

  /** As {@link #sync}, without waiting. */
  public CompletableFuture<List<SyncResult>> syncAsync(SyncSpec spec) {
    return Futures.map(
        core.caller()
            .call(
                TimelineServiceGrpc.getSyncMethod(),
                WireEntries.toRequest(spec).toBuilder().setRead(settings.readOptions()).build(),
                WriteKind.READ,
                spec.store(),
                settings),
        response -> {
          settings.saw(response.getSessionToken());
          return MultiRead.sync(spec, response);
        });
  }

  /**
   * What brings a device up to date from its user's inbox, and from his conversations where that is
   * not enough.
   *
   * @param state where the device stands, as its last {@link InboxBatch} said
   */
  public InboxSync inboxSync(InboxSyncSpec spec, InboxState state) {
    return new InboxSync(this, spec, state);
  }

  /**
   * Drains the batching appenders, lets calls on their way finish for some seconds, then ends all
   * connections and threads. Closes what {@link #withDeadline} and {@link #withRetryPolicy}
   * returned as well. Idempotent.
   */
  @Override
  public void close() {
    core.close();
  }
}
