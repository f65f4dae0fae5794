package io.tideline.tools.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tideline.client.IdentifierField;
import io.tideline.client.SequenceMode;
import io.tideline.client.StorageType;
import io.tideline.client.StoreAlteration;
import io.tideline.client.StoreDescription;
import io.tideline.client.StoreInfo;
import io.tideline.client.StoreSpec;
import io.tideline.client.TidelineClient;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.Humans;
import io.tideline.tools.cli.Json;
import io.tideline.tools.cli.Output;
import io.tideline.tools.cli.OutputOptions;
import io.tideline.tools.cli.ToolContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tideline store}: creates, describes, changes and drops stores. */
public final class StoreCommands {
  private StoreCommands() {}

  /** The group itself. */
  @Command(
      name = "store",
      description = "Create, list, describe, alter and drop stores.",
      footer = {
        "",
        "A store holds timelines of one kind: all inboxes, or all conversations. Timelines need no",
        "creating: the first append makes one.",
        "",
        "Examples:",
        "  tideline store create inbox --id user:string --ttl 14d",
        "  tideline store list",
      })
  public static final class Group {}

  /** Options of a store that can be set at creation and altered later. */
  static final class AlterableOptions {
    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        converter = ConnectionOptions.DurationConverter.class,
        description = "Entries older than this expire, for example 14d; 0s keeps them for ever.")
    private @Nullable Duration ttl;

    @Option(
        names = "--retain-entries",
        paramLabel = "N",
        description = "Keep only the newest N entries of each timeline; 0 for no such limit.")
    private @Nullable Long retainEntries;

    @Option(
        names = "--retain-bytes",
        paramLabel = "SIZE",
        converter = ConnectionOptions.SizeConverter.class,
        description =
            "Keep only the newest bytes of each timeline, for example 64MiB; 0 for no such limit.")
    private @Nullable Long retainBytes;

    @Option(
        names = "--storage",
        paramLabel = "any|ssd|hdd",
        description = "Kind of disk the data should live on: ${COMPLETION-CANDIDATES}.")
    private @Nullable StorageType storage;

    @Option(
        names = "--replicas",
        paramLabel = "N",
        description = "Copies of each partition: 1, 3 or 5.")
    private @Nullable Integer replicas;

    @Option(
        names = "--dedup-window",
        paramLabel = "DURATION",
        converter = ConnectionOptions.DurationConverter.class,
        description = "How long a message key is remembered, 1m to 7d; the node's default is 24h.")
    private @Nullable Duration dedupWindow;
  }

  /** Creates a store. */
  @Command(
      name = "create",
      description = "Create a store.",
      footer = {
        "",
        "Examples:",
        "  tideline store create conversations --id conversation:string",
        "  tideline store create inbox --id user:string --ttl 14d",
        "  tideline store create threads --id group:int64,thread:int64 --split 1000,0 --split 2000,0",
        "  tideline store create positions --id device:bytes --mode manual",
      })
  public static final class Create implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Mixin private AlterableOptions options;
    @Spec private CommandSpec spec;

    @Parameters(
        paramLabel = "STORE",
        description = "Name: a lower-case letter, then up to 62 of a-z, 0-9, _ and -.")
    private String name;

    @Option(
        names = "--id",
        paramLabel = "FIELD:TYPE,…",
        required = true,
        description =
            "What names a timeline: 1 to 4 fields of type string, int64 or bytes, in order.")
    private String schema;

    @Option(
        names = "--mode",
        paramLabel = "dense|monotonic|manual",
        defaultValue = "dense",
        description =
            "How sequence ids are given: dense (1, 2, 3 … without holes), monotonic (rising), manual (by"
                + " the caller) (default: ${DEFAULT-VALUE}).")
    private SequenceMode mode;

    @Option(
        names = "--split",
        paramLabel = "IDENTIFIER",
        description = "First identifier of a further partition; repeat, in ascending order.")
    private List<String> splits = new ArrayList<>();

    public Create(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Output output = outputOptions.output(context);
      StoreSpec store = storeSpec();
      try (TidelineClient client = connection.connect()) {
        StoreDescription created = client.stores().create(store);
        output.done(
            "Created store "
                + name
                + " ("
                + schema
                + ", "
                + StoreJson.lower(mode)
                + ") with "
                + created.partitions().size()
                + " partition"
                + (created.partitions().size() == 1 ? "" : "s")
                + ".",
            described(created));
      }
      return ExitCode.OK;
    }

    private StoreSpec storeSpec() {
      try {
        List<IdentifierField> fields = IdentifierText.parseSchema(schema);
        StoreSpec.Builder builder = StoreSpec.builder(name).sequenceMode(mode);
        fields.forEach(field -> builder.identifierField(field.name(), field.type()));
        splits.forEach(split -> builder.splitPoint(IdentifierText.parse(split, fields)));
        if (options.ttl != null && !options.ttl.isZero()) {
          builder.ttl(options.ttl);
        }
        if (options.retainEntries != null && options.retainEntries != 0) {
          builder.retentionMaxEntries(options.retainEntries);
        }
        if (options.retainBytes != null && options.retainBytes != 0) {
          builder.retentionMaxBytes(options.retainBytes);
        }
        if (options.storage != null) {
          builder.storageType(options.storage);
        }
        if (options.replicas != null) {
          builder.replicas(options.replicas);
        }
        if (options.dedupWindow != null) {
          builder.dedupWindow(options.dedupWindow);
        }
        return builder.build();
      } catch (IllegalArgumentException wrong) {
        throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
      }
    }
  }

  /** Lists stores. */
  @Command(
      name = "list",
      description = "List all stores.",
      footer = {
        "",
        "Examples:",
        "  tideline store list",
        "  tideline store list --dropped --output json",
      })
  public static final class ListStores implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    @Option(names = "--dropped", description = "Also those dropped and still recoverable.")
    private boolean dropped;

    public ListStores(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      try (TidelineClient client = connection.connect()) {
        List<StoreInfo> stores =
            dropped ? client.stores().listWithDropped() : client.stores().list();
        outputOptions
            .output(context)
            .list(
                StoreJson.COLUMNS,
                stores.stream().map(StoreJson::write),
                "There is no store yet. Make one: tideline store create inbox --id user:string");
      }
      return ExitCode.OK;
    }
  }

  /** Describes one store. */
  @Command(
      name = "describe",
      description = "Show one store and its partitions.",
      footer = {
        "",
        "With --output json: one object, the store with its partitions.",
        "",
        "Examples:",
        "  tideline store describe inbox",
      })
  public static final class Describe implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;

    @Parameters(paramLabel = "STORE", description = "Name of the store.")
    private String name;

    public Describe(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      Output output = outputOptions.output(context);
      try (TidelineClient client = connection.connect()) {
        StoreDescription description = client.stores().describe(name);
        output.record(StoreJson.COLUMNS, described(description));
        if (!output.isJson()) {
          output.gap();
          output.list(
              StoreJson.PARTITION_COLUMNS,
              description.partitions().stream().map(StoreJson::write),
              "");
        }
      }
      return ExitCode.OK;
    }
  }

  /** Changes options. */
  @Command(
      name = "alter",
      description = "Change options of a store; what is not named stays.",
      footer = {
        "",
        "Examples:",
        "  tideline store alter inbox --ttl 7d",
        "  tideline store alter conversations --dedup-window 48h",
      })
  public static final class Alter implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Mixin private AlterableOptions options;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "STORE", description = "Name of the store.")
    private String name;

    public Alter(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      StoreAlteration alteration = alteration();
      try (TidelineClient client = connection.connect()) {
        StoreInfo altered = client.stores().alter(name, alteration);
        outputOptions.output(context).record(StoreJson.COLUMNS, StoreJson.write(altered));
      }
      return ExitCode.OK;
    }

    private StoreAlteration alteration() {
      StoreAlteration.Builder builder = StoreAlteration.builder();
      try {
        if (options.ttl != null) {
          builder.ttl(options.ttl);
        }
        if (options.retainEntries != null) {
          builder.retentionMaxEntries(options.retainEntries);
        }
        if (options.retainBytes != null) {
          builder.retentionMaxBytes(options.retainBytes);
        }
        if (options.storage != null) {
          builder.storageType(options.storage);
        }
        if (options.replicas != null) {
          builder.replicas(options.replicas);
        }
        if (options.dedupWindow != null) {
          builder.dedupWindow(options.dedupWindow);
        }
        return builder.build();
      } catch (IllegalArgumentException | IllegalStateException wrong) {
        throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
      }
    }
  }

  /** Drops a store. */
  @Command(
      name = "drop",
      description = "Drop a store: it disappears at once, its data after a grace period.",
      footer = {
        "",
        "Examples:",
        "  tideline store drop inbox --yes",
      })
  public static final class Drop implements Callable<Integer> {
    private final ToolContext context;
    @Mixin private ConnectionOptions connection;
    @Mixin private OutputOptions outputOptions;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "STORE", description = "Name of the store.")
    private String name;

    @Option(names = "--yes", description = "Required: says that you mean it.")
    private boolean yes;

    public Drop(ToolContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (!yes) {
        throw new ParameterException(
            spec.commandLine(), "dropping store " + name + " needs --yes: it removes all its data");
      }
      try (TidelineClient client = connection.connect()) {
        Instant until = client.stores().drop(name);
        outputOptions
            .output(context)
            .done(
                "Dropped store "
                    + name
                    + "; its data is deleted after "
                    + Humans.time(until.toEpochMilli())
                    + ".",
                Json.object().put("name", name).put("recoverable_until_ms", until.toEpochMilli()));
      }
      return ExitCode.OK;
    }
  }

  private static ObjectNode described(StoreDescription description) {
    ObjectNode json = StoreJson.write(description.store());
    ArrayNode partitions = json.putArray("partitions");
    description.partitions().forEach(partition -> partitions.add(StoreJson.write(partition)));
    return json;
  }
}
