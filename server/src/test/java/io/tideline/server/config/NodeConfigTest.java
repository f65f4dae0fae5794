package io.tideline.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tideline.lsm.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class NodeConfigTest {

  private static final Path SHIPPED_FILE = Path.of("..", "conf", "tideline.yaml");

  @TempDir private Path directory;

  @Test
  void anAddressIsAHostWithoutPortOrBrackets() throws Exception {
    assertThat(NodeConfig.defaults().with("network.bind_address=::1").advertisedAddress())
        .isEqualTo("::1");
    for (String wrong : List.of("[::1]", "[::1]:7701")) {
      assertThatThrownBy(() -> NodeConfig.defaults().with("network.bind_address=" + wrong))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("network.bind_address is \"" + wrong + "\"");
    }
  }

  @Test
  void anEnginesDiskReserveIsNeverLargerThanTheNodes() throws Exception {
    assertThat(
            NodeConfig.defaults()
                .with("disk.reserve_bytes=2MiB")
                .engineOptions()
                .diskReserveBytes())
        .isEqualTo(2 << 20);
    assertThat(
            NodeConfig.defaults()
                .with("disk.reserve_bytes=1GiB")
                .engineOptions()
                .diskReserveBytes())
        .isEqualTo(16 << 20);
  }

  @Test
  void enginesAreFlushedBeforeTheLogIsAtItsLimit() throws Exception {
    assertThat(NodeConfig.defaults().with("log.backlog_bytes_max=64MiB").engineOptions())
        .extracting(EngineOptions::flushLogBytes)
        .isEqualTo(8L << 20);
  }

  @Test
  void defaultsArePinned() {
    NodeConfig config = NodeConfig.defaults();
    assertThat(config.text(ConfigKey.NODE_ID)).isEqualTo("node-1");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("data").toAbsolutePath());
    assertThat(config.clusterId()).isEmpty();
    assertThat(config.text(ConfigKey.BIND_ADDRESS)).isEqualTo("127.0.0.1");
    assertThat(config.advertisedAddress()).isEqualTo("127.0.0.1");
    assertThat(config.count(ConfigKey.GRPC_PORT)).isEqualTo(7420);
    assertThat(config.count(ConfigKey.RAFT_PORT)).isEqualTo(7421);
    assertThat(config.count(ConfigKey.HTTP_PORT)).isEqualTo(7422);
    assertThat(config.number(ConfigKey.MESSAGE_BYTES_MAX)).isEqualTo(1_048_576);
    assertThat(config.number(ConfigKey.GRPC_WAIT)).isEqualTo(30_000);
    assertThat(config.number(ConfigKey.RAFT_ELECTION_TIMEOUT)).isEqualTo(5_000);
    assertThat(config.number(ConfigKey.LOG_SEGMENT_BYTES)).isEqualTo(67_108_864);
    assertThat(config.number(ConfigKey.LOG_BACKLOG_BYTES_MAX)).isEqualTo(2_147_483_648L);
    assertThat(config.number(ConfigKey.ENGINE_COLD_AFTER)).isZero();
    assertThat(config.number(ConfigKey.ENGINE_SCRUB_PERIOD)).isEqualTo(604_800_000);
    assertThat(config.number(ConfigKey.ENGINE_SCRUB_RATE)).isEqualTo(16_777_216);
    assertThat(config.number(ConfigKey.DISK_RESERVE_BYTES)).isEqualTo(268_435_456);
    assertThat(config.number(ConfigKey.DROP_GRACE)).isEqualTo(259_200_000);
    assertThat(config.engineOptions()).isEqualTo(EngineOptions.DEFAULTS);
  }

  @Test
  void shippedFileHoldsEveryKeyAtItsDefault() throws Exception {
    Map<ConfigKey, ConfigFile.Located> file = ConfigFile.read(SHIPPED_FILE);
    assertThat(file.keySet()).containsExactlyInAnyOrder(ConfigKey.values());
    Map<ConfigKey, Object> inFile = new EnumMap<>(ConfigKey.class);
    Map<ConfigKey, Object> builtIn = new EnumMap<>(ConfigKey.class);
    for (ConfigKey key : ConfigKey.values()) {
      inFile.put(key, key.parse(file.get(key).text(), file.get(key).where()));
      builtIn.put(key, key.parse(key.defaultText(), "default"));
    }
    assertThat(inFile).isEqualTo(builtIn);
  }

  @Test
  void shippedFileExplainsEveryKey() throws IOException {
    List<String> lines = Files.readAllLines(SHIPPED_FILE);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches("  [a-z_]+:.*")) {
        assertThat(lines.get(i - 1)).as("comment above %s", lines.get(i)).startsWith("  #");
      }
    }
  }

  @Test
  void laterSourcesWin() throws Exception {
    Path file = write("grpc:\n  port: 1111\nhttp:\n  port: 2222\nraft:\n  port: 3333\n");
    NodeConfig config =
        NodeConfig.load(
            file,
            Map.of("TIDELINE_HTTP_PORT", "2223", "TIDELINE_RAFT_PORT", "3334"),
            List.of("raft.port=3335"));
    assertThat(config.count(ConfigKey.GRPC_PORT)).isEqualTo(1111);
    assertThat(config.count(ConfigKey.HTTP_PORT)).isEqualTo(2223);
    assertThat(config.count(ConfigKey.RAFT_PORT)).isEqualTo(3335);
  }

  @Test
  void unknownKeyIsRefusedWithLineAndSuggestion() throws Exception {
    Path file = write("grpc:\n  port: 7420\n  keepalive_tiem_ms: 5s\n");
    assertThatThrownBy(() -> NodeConfig.load(file, Map.of(), List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("\"grpc.keepalive_tiem_ms\"")
        .hasMessageContaining("did you mean \"grpc.keepalive_time_ms\"?");
  }

  @Test
  void unknownSectionIsRefused() throws Exception {
    Path file = write("grcp:\n  port: 1\n");
    assertThatThrownBy(() -> NodeConfig.load(file, Map.of(), List.of()))
        .hasMessageContaining("line 2")
        .hasMessageContaining("did you mean \"grpc.port\"?");
    Path empty = write("nonsense:\n");
    assertThatThrownBy(() -> NodeConfig.load(empty, Map.of(), List.of()))
        .hasMessageContaining("unknown key \"nonsense\"");
  }

  @Test
  void unknownSettingAndVariableAreRefused() {
    assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), List.of("grpc.prot=1")))
        .hasMessageContaining("command line")
        .hasMessageContaining("did you mean \"grpc.port\"?");
    assertThatThrownBy(() -> NodeConfig.load(null, Map.of("TIDELINE_GRPC_PROT", "1"), List.of()))
        .hasMessageContaining("did you mean \"TIDELINE_GRPC_PORT\"?");
    assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), List.of("grpc.port")))
        .hasMessageContaining("key=value");
  }

  @Test
  void variablesOfOtherProgramsAreLeftAlone() throws Exception {
    NodeConfig config =
        NodeConfig.load(null, Map.of("TIDELINE_JAVA_OPTS", "-Xmx1g", "PATH", "/bin"), List.of());
    assertThat(config.count(ConfigKey.GRPC_PORT)).isEqualTo(7420);
  }

  @ParameterizedTest
  @CsvSource({
    "grpc.port=65536, outside 0..65535",
    "grpc.port=-1, outside 0..65535",
    "grpc.port=http, a whole number",
    "grpc.port=, a whole number",
    "limits.message_bytes_max=5MiB, outside 1024..4194304 bytes",
    "limits.message_bytes_max=1MB, for example",
    "grpc.wait_ms_max=1ms, outside 100..600000 ms",
    "grpc.wait_ms_max=99999999999999999d, a time",
    "engine.compression=gzip, none|lz4|zstd",
    "engine.scrub_bytes_per_second=1KiB, outside 65536..1099511627776 bytes",
    "engine.scrub_period_ms=2y, a time",
    "engine.cold_after_ms=-1, outside 0..",
    "node.id=, must match",
    "cluster.id=mine, must match",
    "memory.off_heap_bytes=1KiB, or 0 for automatic"
  })
  void badValuesAreRefusedByName(String setting, String what) {
    String key = setting.substring(0, setting.indexOf('='));
    assertThatThrownBy(() -> NodeConfig.defaults().with(setting))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(what);
  }

  @ParameterizedTest
  @CsvSource({
    "log.segment_bytes=128MiB, LOG_SEGMENT_BYTES, 134217728",
    "log.segment_bytes=1_048_576, LOG_SEGMENT_BYTES, 1048576",
    "store.drop_grace_ms=24h, DROP_GRACE, 86400000",
    "grpc.wait_ms_max=1500, GRPC_WAIT, 1500",
    "grpc.wait_ms_max=2 s, GRPC_WAIT, 2000"
  })
  void valuesMayHaveUnits(String setting, ConfigKey key, long value) throws Exception {
    assertThat(NodeConfig.defaults().with(setting).number(key)).isEqualTo(value);
  }

  @ParameterizedTest
  @EnumSource(ConfigKey.class)
  void everyKeyHasItsOwnVariable(ConfigKey key) throws Exception {
    String text = key.defaultText();
    NodeConfig config = NodeConfig.load(null, Map.of(key.environmentName(), text), List.of());
    assertThat(config).isNotNull();
  }

  @Test
  void duplicateKeysListsAndBrokenYamlAreRefused() throws Exception {
    Path twice = write("grpc:\n  port: 1\ngrpc:\n  port: 2\n");
    assertThatThrownBy(() -> NodeConfig.load(twice, Map.of(), List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("line 4");
    Path list = write("grpc:\n  port: [1, 2]\n");
    assertThatThrownBy(() -> NodeConfig.load(list, Map.of(), List.of()))
        .hasMessageContaining("single value");
    Path broken = write("grpc:\n  port: \"1\n");
    assertThatThrownBy(() -> NodeConfig.load(broken, Map.of(), List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("YAML");
    assertThatThrownBy(() -> NodeConfig.load(directory.resolve("absent.yaml"), Map.of(), List.of()))
        .hasMessageContaining("does not exist");
  }

  @Test
  void membersAreReadAndMustNameThisNodeWithItsPorts() throws Exception {
    String members = "node-1=127.0.0.1:7421/7420, b.2=[::1]:1/2,c=host.example:65535/3";
    assertThat(config("cluster.members=" + members).members())
        .containsExactly(
            new ClusterMember("node-1", "127.0.0.1", 7421, 7420),
            new ClusterMember("b.2", "::1", 1, 2),
            new ClusterMember("c", "host.example", 65_535, 3));
    assertThat(config().members()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "b=127.0.0.1:7421/7420 | node.id is node-1",
        "node-1=127.0.0.1:7421/7420,node-1=127.0.0.1:1/2 | node-1 twice",
        "node-1=127.0.0.1:7421/7430 | grpc.port is 7420",
        "node-1=127.0.0.1:7431/7420 | raft.port is 7421",
        "node-1=127.0.0.1:7421/7420,b=h:99999/1 | 99999",
      })
  void wrongMembersAreRefusedByName(String members, String what) throws Exception {
    NodeConfig config = config("cluster.members=" + members);
    assertThatThrownBy(config::members)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(what.strip());
  }

  private static NodeConfig config(String... settings) throws ConfigException {
    return NodeConfig.load(null, Map.of(), List.of(settings));
  }

  @Test
  void emptyFileIsTheDefaults() throws Exception {
    NodeConfig config = NodeConfig.load(write("# nothing\n"), Map.of(), List.of());
    assertThat(config.count(ConfigKey.GRPC_PORT)).isEqualTo(7420);
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("test.yaml"), yaml);
  }
}
