package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.Message;
import io.tideline.client.Meta;
import io.tideline.client.MetaListSpec;
import io.tideline.client.MetaUpdate;
import io.tideline.client.TidelineClient;
import io.tideline.client.TimelineKey;
import io.tideline.tools.cli.Column;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cli.ToolException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tideline meta}: properties of timelines. */
public final class MetaCommands {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("TIMELINE", "timeline"),
          Column.number("REVISION", "revision"),
          Column.time("UPDATED", "update_time_ms"),
          new Column("FIELDS", false, row -> Json.write(row.path("fields"))));

  private MetaCommands() {}

  /** The group itself. */
  @Command(
      name = "meta",
      description = "Properties of timelines: put, update, get, delete, list.",
      footer = {
        "",
        "Examples:",
        "  tideline meta put conversations group:42 --field name=Friends --field members:list=ana,bob",
        "  tideline meta list conversations --limit 20",
      })
  public static final class Group {}

  /** Puts meta. */
  @Command(
      name = "put",
      description = "Insert meta, or replace all of it.",
      footer = {"", "Examples:", "  tideline meta put conversations group:42 --field name=Friends"})
  public static final class Put implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;
    @Mixin private MessageOptions content;

    @Option(names = "--must-not-exist", description = "Refuse if there is meta already.")
    private boolean mustNotExist;

    public Put(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Message fields = content.message();
      try (TidelineClient client = target.connect()) {
        TimelineKey key = target.key(client);
        long revision =
            mustNotExist ? client.meta().insert(key, fields) : client.meta().put(key, fields);
        target
            .output(context)
            .done("Put meta, revision " + revision + ".", Json.object().put("revision", revision));
      }
      return ExitCode.OK;
    }
  }

  /** Changes single fields. */
  @Command(
      name = "update",
      description = "Set and remove single fields of meta.",
      footer = {
        "",
        "Examples:",
        "  tideline meta update conversations group:42 --field name='Best friends' --remove topic",
        "  tideline meta update conversations group:42 --field n:int64=4 --expect-revision 3",
      })
  public static final class Update implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;
    @Mixin private FieldChangeOptions change;

    @Option(
        names = "--expect-revision",
        paramLabel = "N",
        description = "Update only at this revision.")
    private @Nullable Long expectRevision;

    public Update(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      MetaUpdate update = update();
      try (TidelineClient client = target.connect()) {
        long revision = client.meta().update(target.key(client), update);
        target
            .output(context)
            .done(
                "Updated meta, revision " + revision + ".",
                Json.object().put("revision", revision));
      }
      return ExitCode.OK;
    }

    private MetaUpdate update() {
      Message set = change.set();
      MetaUpdate.Builder update = MetaUpdate.builder();
      set.fields().forEach(update::set);
      change.remove().forEach(update::remove);
      if (expectRevision != null) {
        update.expectedRevision(expectRevision);
      }
      return update.build();
    }
  }

  /** Reads meta. */
  @Command(
      name = "get",
      description = "Read the meta of one timeline.",
      footer = {"", "Examples:", "  tideline meta get conversations group:42 --output json"})
  public static final class Get implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;

    public Get(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        Meta meta =
            client
                .meta()
                .get(target.key(client))
                .orElseThrow(
                    () ->
                        new ToolException(
                            ExitCode.FAILED,
                            "timeline "
                                + target.timeline()
                                + " of store "
                                + target.store()
                                + " has no meta",
                            "Give it some: 'tideline meta put'."));
        target.output(context).list(COLUMNS, Stream.of(write(meta)), "");
      }
      return ExitCode.OK;
    }
  }

  /** Removes meta. */
  @Command(
      name = "delete",
      description = "Remove the meta of one timeline; its entries stay.",
      footer = {"", "Examples:", "  tideline meta delete conversations group:42"})
  public static final class Delete implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private TimelineTarget target;

    public Delete(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = target.connect()) {
        boolean existed = client.meta().delete(target.key(client));
        target
            .output(context)
            .done(
                existed ? "Deleted meta." : "There was no meta.",
                Json.object().put("existed", existed));
      }
      return ExitCode.OK;
    }
  }

  /** Lists meta. */
  @Command(
      name = "list",
      description = "List timelines that have meta, in the order of their identifiers.",
      footer = {
        "",
        "Examples:",
        "  tideline meta list conversations",
        "  tideline meta list threads --prefix 42 --limit 20",
        "  tideline meta list conversations --start group:1 --end group:2",
      })
  public static final class ListMeta implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private StoreTarget target;

    @Option(
        names = "--prefix",
        paramLabel = "FIELD,…",
        description = "Only timelines whose leading identifier fields equal these.")
    private @Nullable String prefix;

    @Option(
        names = "--start",
        paramLabel = "TIMELINE",
        description = "First identifier, inclusive.")
    private @Nullable String start;

    @Option(names = "--end", paramLabel = "TIMELINE", description = "Last identifier, exclusive.")
    private @Nullable String end;

    @Option(
        names = {"-n", "--limit"},
        paramLabel = "N",
        defaultValue = "100",
        description = "Timelines at most; 0 for all (default: ${DEFAULT-VALUE}).")
    private long limit;

    public ListMeta(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (limit < 0) {
        throw target.wrong("--limit must be 0 or more, got " + limit);
      }
      try (TidelineClient client = target.connect()) {
        Iterable<Meta> found = client.meta().list(request(client));
        Stream<Meta> metas = StreamSupport.stream(found.spliterator(), false);
        target
            .output(context)
            .list(
                COLUMNS,
                (limit == 0 ? metas : metas.limit(limit)).map(MetaCommands::write),
                "No timeline of this store has meta there.");
      }
      return ExitCode.OK;
    }

    private MetaListSpec request(TidelineClient client) {
      TimelineArguments arguments = target.arguments(client);
      MetaListSpec request = MetaListSpec.of(target.store());
      if (prefix != null) {
        try {
          request =
              request.withPrefix(IdentifierText.parsePrefix(prefix, arguments.schema()).toArray());
        } catch (IllegalArgumentException wrong) {
          throw target.wrong(wrong);
        }
      }
      request = start == null ? request : request.withStart(arguments.identifier(start));
      return end == null ? request : request.withEnd(arguments.identifier(end));
    }
  }

  private static ObjectNode write(Meta meta) {
    ObjectNode json = Json.object();
    json.put("timeline", IdentifierText.write(meta.timeline().identifier()));
    json.put("revision", meta.revision());
    json.put("update_time_ms", meta.updateTime().toEpochMilli());
    json.set("fields", ValueJson.write(meta.fields()));
    return json;
  }
}
