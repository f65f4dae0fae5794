package io.tideline.tools;

import io.tideline.tools.bench.BenchCommands;
import io.tideline.tools.bench.CompactionModelCommand;
import io.tideline.tools.bench.cluster.ClusterBenchCommand;
import io.tideline.tools.bench.cluster.EchoNode;
import io.tideline.tools.bench.engine.EngineBenchCommand;
import io.tideline.tools.bench.fanout.FanOutBenchCommand;
import io.tideline.tools.bench.idle.IdleBenchCommand;
import io.tideline.tools.bench.replication.CatchUpBenchCommand;
import io.tideline.tools.bench.replication.FailoverBenchCommand;
import io.tideline.tools.bench.replication.RestartBenchCommand;
import io.tideline.tools.bench.sync.SyncBenchCommand;
import io.tideline.tools.cli.ErrorReports;
import io.tideline.tools.cli.ExitCode;
import io.tideline.tools.cli.ToolContext;
import io.tideline.tools.cluster.ClusterCommands;
import io.tideline.tools.cluster.NodeCommands;
import io.tideline.tools.cluster.PartitionCommands;
import io.tideline.tools.data.ClientErrors;
import io.tideline.tools.data.CursorCommands;
import io.tideline.tools.data.EditCommands;
import io.tideline.tools.data.FanOutCommand;
import io.tideline.tools.data.HeadsCommand;
import io.tideline.tools.data.LatestCommand;
import io.tideline.tools.data.MetaCommands;
import io.tideline.tools.data.ScanCommand;
import io.tideline.tools.data.StoreCommands;
import io.tideline.tools.data.SyncCommand;
import io.tideline.tools.data.TailCommand;
import io.tideline.tools.data.TimelineCommands;
import io.tideline.tools.data.WriteCommands;
import io.tideline.tools.demo.DemoCommand;
import io.tideline.tools.doctor.DoctorCommand;
import io.tideline.tools.im.ImCommand;
import io.tideline.tools.inspect.InspectCommand;
import io.tideline.tools.node.DevCommand;
import io.tideline.tools.node.ServerCommand;
import io.tideline.tools.torture.TortureCommand;
import io.tideline.tools.transfer.ExportCommand;
import io.tideline.tools.transfer.ImportCommand;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top of the command line; every subcommand hangs below it. */
@Command(
    name = "tideline",
    description = "A self-hosted, distributed timeline store.",
    footer = {
      "",
      "First steps:",
      "  tideline demo                 a node, realistic chat, a kill -9, and everything still there",
      "  tideline dev                  a node for development on localhost:7420",
      "  tideline store create inbox --id user:string --ttl 14d",
      "  tideline timeline append inbox ana --field text=hello",
      "  tideline timeline scan inbox ana",
      "",
      "Each command explains itself: tideline COMMAND --help",
    })
public final class Main implements Runnable {
  /** Help is written for lines of this many characters; narrower terminals wrap them. */
  private static final int HELP_COLUMNS = 100;

  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of errors.")
  private boolean verbose;

  public static void main(String[] args) {
    logWithSlf4j();
    ToolContext context = ToolContext.ofProcess();
    int exitCode;
    try {
      exitCode = commandLine(context).execute(args);
    } catch (Throwable defect) {
      // Commands' exceptions have their handler; this is what none may handle: an Error.
      defect.printStackTrace(context.err());
      exitCode = ExitCode.SOFTWARE;
    }
    context.out().flush();
    context.err().flush();
    System.exit(exitCode);
  }

  /** gRPC logs with java.util.logging; with everybody else's it has one place and one level. */
  private static void logWithSlf4j() {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  /** Without a subcommand: what there is. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** The whole command line, wired to {@code context}. */
  static CommandLine commandLine(ToolContext context) {
    Main main = new Main();
    CommandLine root = new CommandLine(main);
    root.addSubcommand(new DemoCommand(context));
    root.addSubcommand(new DevCommand(context, Main.class.getName()));
    root.addSubcommand(new ServerCommand(context));
    root.addSubcommand(storeCommands(context));
    root.addSubcommand(timelineCommands(context));
    root.addSubcommand(metaCommands(context));
    root.addSubcommand(cursorCommands(context));
    root.addSubcommand(
        new CommandLine(new NodeCommands.Group())
            .addSubcommand(new NodeCommands.ListNodes(context)));
    root.addSubcommand(
        new CommandLine(new PartitionCommands.Group())
            .addSubcommand(new PartitionCommands.ListPartitions(context))
            .addSubcommand(new PartitionCommands.TransferLeader(context)));
    root.addSubcommand(
        new CommandLine(new ClusterCommands.Group())
            .addSubcommand(new ClusterCommands.Health(context)));
    root.addSubcommand(new ImCommand(context));
    root.addSubcommand(new ImportCommand(context));
    root.addSubcommand(new ExportCommand(context));
    root.addSubcommand(benchCommands(context));
    root.addSubcommand(new TortureCommand(context, Main.class.getName()));
    root.addSubcommand(new InspectCommand(context));
    root.addSubcommand(new DoctorCommand(context));
    root.addSubcommand(new VersionCommand(context));
    root.addSubcommand(new HelpCommand());
    CommandLine completion = new CommandLine(new AutoComplete.GenerateCompletion());
    completion.getCommandSpec().usageMessage().hidden(true);
    root.addSubcommand(completion);
    configure(root, context);
    ErrorReports errors = new ErrorReports(context, ClientErrors::translate, () -> main.verbose);
    root.setExecutionExceptionHandler(errors);
    root.setParameterExceptionHandler(errors);
    return root;
  }

  private static CommandLine storeCommands(ToolContext context) {
    return new CommandLine(new StoreCommands.Group())
        .addSubcommand(new StoreCommands.Create(context))
        .addSubcommand(new StoreCommands.ListStores(context))
        .addSubcommand(new StoreCommands.Describe(context))
        .addSubcommand(new StoreCommands.Alter(context))
        .addSubcommand(new StoreCommands.Drop(context));
  }

  private static CommandLine timelineCommands(ToolContext context) {
    return new CommandLine(new TimelineCommands.Group())
        .addSubcommand(new WriteCommands.Append(context))
        .addSubcommand(new FanOutCommand(context))
        .addSubcommand(new TimelineCommands.Get(context))
        .addSubcommand(new ScanCommand(context))
        .addSubcommand(new LatestCommand(context))
        .addSubcommand(new HeadsCommand(context))
        .addSubcommand(new SyncCommand(context))
        .addSubcommand(new TailCommand(context))
        .addSubcommand(new WriteCommands.Trim(context))
        .addSubcommand(new WriteCommands.Put(context))
        .addSubcommand(new EditCommands.Update(context))
        .addSubcommand(new EditCommands.Recall(context))
        .addSubcommand(new EditCommands.Delete(context))
        .addSubcommand(new EditCommands.Drop(context));
  }

  private static CommandLine metaCommands(ToolContext context) {
    return new CommandLine(new MetaCommands.Group())
        .addSubcommand(new MetaCommands.Put(context))
        .addSubcommand(new MetaCommands.Update(context))
        .addSubcommand(new MetaCommands.Get(context))
        .addSubcommand(new MetaCommands.Delete(context))
        .addSubcommand(new MetaCommands.ListMeta(context));
  }

  private static CommandLine cursorCommands(ToolContext context) {
    return new CommandLine(new CursorCommands.Group())
        .addSubcommand(new CursorCommands.Commit(context))
        .addSubcommand(new CursorCommands.Get(context))
        .addSubcommand(new CursorCommands.ListCursors(context))
        .addSubcommand(new CursorCommands.CountUnread(context));
  }

  private static CommandLine benchCommands(ToolContext context) {
    return new CommandLine(new BenchCommands.Group())
        .addSubcommand(new EngineBenchCommand(context))
        .addSubcommand(new IdleBenchCommand(context))
        .addSubcommand(new CompactionModelCommand(context))
        .addSubcommand(new ClusterBenchCommand(context, Main.class.getName()))
        .addSubcommand(new FanOutBenchCommand(context, Main.class.getName()))
        .addSubcommand(new SyncBenchCommand(context, Main.class.getName()))
        .addSubcommand(new FailoverBenchCommand(context, Main.class.getName()))
        .addSubcommand(new CatchUpBenchCommand(context, Main.class.getName()))
        .addSubcommand(new RestartBenchCommand(context, Main.class.getName()))
        .addSubcommand(new EchoNode());
  }

  /** What holds for every command: help, exit codes, layout, streams. */
  private static void configure(CommandLine command, ToolContext context) {
    CommandSpec spec = command.getCommandSpec();
    boolean helpsItself = spec.userObject() instanceof HelpCommand;
    if (!helpsItself && spec.findOption("--help") == null) {
      spec.mixinStandardHelpOptions(true);
    }
    spec.versionProvider(VersionCommand::lines);
    spec.usageMessage()
        .sortOptions(false)
        .abbreviateSynopsis(true)
        .autoWidth(false)
        .width(Math.max(HELP_COLUMNS, context.columns()))
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(ExitCode.descriptions());
    command.setOut(context.out());
    command.setErr(context.err());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            context.colour() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    command.getSubcommands().values().forEach(subcommand -> configure(subcommand, context));
  }
}
