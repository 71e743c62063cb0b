package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fnproject.lb.fn.ApiAddress;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartupTest {

  @TempDir Path folder;

  /** What a run printed and came to. */
  private record Run(Startup startup, String out, String err) {

    Config config() {
      assertThat(startup).as(err).isInstanceOf(Startup.Serve.class);
      return ((Startup.Serve) startup).config();
    }

    void isRefused(String... faults) {
      assertThat(startup).isEqualTo(new Startup.Exit(2));
      assertThat(out).isEmpty();
      String said = String.join("\nfnlb: ", faults);
      assertThat(err).isEqualTo("fnlb: " + said + "\nfnlb: see fnlb --help\n");
    }
  }

  private static Run run(Map<String, String> environment, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Startup startup =
        Startup.read(
            args,
            environment,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(
        startup, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static Run run(String... args) {
    return run(Map.of(), args);
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  /**
   * Every setting that changes the configuration: its key, its default, another text, its value.
   */
  static Stream<Arguments> settings() {
    return Stream.of(
        row(
            "nodes",
            List.of(),
            "a,http://B:1/",
            List.of(node("a", 8080), node("b", 1)),
            Config::nodes),
        row("router", "hot-set", "round-robin", "round-robin", c -> c.routing().router()),
        row("router-option", Map.of(), "k=v=w", Map.of("k", "v=w"), c -> c.routing().options()),
        row("listen", any(8081), "127.0.0.1:9", address("127.0.0.1", 9), c -> c.listen().listen()),
        row("mgmt-listen", any(8081), ":9", any(9), c -> c.listen().mgmtListen()),
        row("max-connections", 0, "7", 7, c -> c.listen().maxConnections()),
        row("client-idle-timeout", seconds(75), "2m", seconds(120), c -> c.listen().idleTimeout()),
        row("max-head-size", 65536, "8k", 8192, c -> c.listen().maxHeadSize()),
        row("max-headers", 200, "10", 10, c -> c.proxy().maxHeaders()),
        row("max-target-size", 16384, "256", 256, c -> c.listen().maxTargetSize()),
        row("admin-body", 65536, "1MiB", 1 << 20, c -> c.listen().adminBody()),
        row("max-watches", 100, "7", 7, c -> c.listen().maxWatches()),
        row("hc-interval", seconds(3), "0.5", Duration.ofMillis(500), c -> c.health().interval()),
        row("hc-path", "/version", "/v?x=1", "/v?x=1", c -> c.health().path()),
        row("hc-unhealthy", 2, "4", 4, c -> c.health().unhealthyAfter()),
        row("hc-healthy", 1, "5", 5, c -> c.health().healthyAfter()),
        row("hc-timeout", seconds(5), "1m30s", seconds(90), c -> c.health().timeout()),
        row(
            "min-api-version",
            "0.0.235",
            "1.2.3-rc.1",
            "1.2.3-rc.1",
            c -> c.health().minApiVersion().getVersion()),
        row("fn-api", ApiAddress.NODES, "off", ApiAddress.OFF, c -> c.fn().api()),
        row("fn-refresh", seconds(5), "30s", seconds(30), c -> c.fn().refresh()),
        row("trigger-wait", Duration.ofMillis(25), "0", Duration.ZERO, c -> c.fn().triggerWait()),
        row("max-lookups", 16, "64", 64, c -> c.fn().maxLookups()),
        row("max-functions", 100_000, "1", 1, c -> c.fn().maxFunctions()),
        row("max-triggers", 100_000, "7", 7, c -> c.fn().maxTriggers()),
        row("max-paths", 10_000, "8", 8, c -> c.fn().maxPaths()),
        row("scrape-metrics", true, "false", false, c -> c.scrape().enabled()),
        row("scrape-min-interval", seconds(1), "5s", seconds(5), c -> c.scrape().minInterval()),
        row("scrape-max-interval", seconds(30), "1m", seconds(60), c -> c.scrape().maxInterval()),
        row("max-readings", 1_000_000, "1", 1, c -> c.scrape().maxReadings()),
        row("max-attempts", 3, "1", 1, c -> c.proxy().maxAttempts()),
        row("retry-sent", RetrySent.SAFE, "none", RetrySent.NONE, c -> c.proxy().retrySent()),
        row("replayable-body", 65536, "0", 0, c -> c.proxy().replayableBody()),
        row("max-held", 1000, "0", 0, c -> c.holds().maxHeld()),
        row("max-held-per-function", 64, "7", 7, c -> c.holds().maxHeldPerFunction()),
        row("max-hold", seconds(8), "1m", seconds(60), c -> c.holds().maxHold()),
        row("node-in-flight", 0, "12", 12, c -> c.nodeInFlight()),
        row("answer-timeout", seconds(900), "1h", seconds(3600), c -> c.upstream().answerTimeout()),
        row("max-answer-head", 65536, "1KiB", 1024, c -> c.upstream().maxAnswerHead()),
        row("expose-node-internals", false, "true", true, c -> c.proxy().exposeNodeInternals()),
        row("node-max-connections", 1024, "200", 200, c -> c.upstream().maxConnections()),
        row("node-max-idle", 128, "0", 0, c -> c.upstream().maxIdle()),
        row(
            "node-connect-timeout",
            seconds(5),
            "250ms",
            Duration.ofMillis(250),
            c -> c.upstream().connectTimeout()),
        row(
            "node-connection-wait",
            seconds(1),
            "0",
            Duration.ZERO,
            c -> c.upstream().connectionWait()),
        row("shutdown-timeout", seconds(30), "0", Duration.ZERO, c -> c.shutdown().timeout()),
        row("drain-delay", Duration.ZERO, "10s", seconds(10), c -> c.shutdown().drainDelay()));
  }

  private static Arguments row(
      String key, Object byDefault, String text, Object value, Function<Config, Object> read) {
    return Arguments.of(key, byDefault, text, value, read);
  }

  private static NodeAddress node(String host, int port) {
    return new NodeAddress(host, port);
  }

  private static InetSocketAddress any(int port) {
    return new InetSocketAddress(port);
  }

  private static InetSocketAddress address(String literal, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("settings")
  void readsASettingFromEveryPlaceInEverySpelling(
      String key, Object byDefault, String text, Object value, Function<Config, Object> read)
      throws IOException {
    assertThat(read.apply(run().config())).isEqualTo(byDefault);
    assertThat(read.apply(run("-" + key + "=" + text).config())).isEqualTo(value);
    assertThat(read.apply(run("--" + key + "=" + text).config())).isEqualTo(value);
    if (!(byDefault instanceof Boolean)) {
      assertThat(read.apply(run("-" + key, text).config())).isEqualTo(value);
      assertThat(read.apply(run("--" + key, text).config())).isEqualTo(value);
    }
    String variable = "FNLB_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
    assertThat(read.apply(run(Map.of(variable, text)).config())).isEqualTo(value);
    boolean option = key.equals("router-option");
    String yaml = file("a.yaml", option ? key + ": {k: v=w}" : key + ": " + text);
    assertThat(read.apply(run("--config", yaml).config())).isEqualTo(value);
    String properties = file("a.properties", option ? key + ".k=v=w" : key + "=" + text);
    assertThat(read.apply(run("--config", properties).config())).isEqualTo(value);
  }

  @Test
  void refusesALongestIntervalThatIsShorterThanTheShortest() {
    assertThat(run("--scrape-min-interval=5s", "--scrape-max-interval=2s").err())
        .contains(
            "flag --scrape-max-interval: '2s' is shorter than the shortest interval"
                + " (expected: 5s or more)");
    assertThat(run("--scrape-min-interval=2s", "--scrape-max-interval=2s").err()).isEmpty();
  }

  @Test
  void coversEverySettingOfTheTable() {
    Stream<String> covered = settings().map(row -> (String) row.get()[0]);
    Stream<String> others =
        Stream.of(
            "config", "plugins", "db", "zipkin", "namespace", "label-selector", "target-port");
    assertThat(Settings.ALL.stream().map(Setting::key))
        .containsExactlyInAnyOrderElementsOf(Stream.concat(covered, others).toList());
  }

  @Test
  void prefersFlagsToVariablesToTheFileToDefaults() throws IOException {
    String yaml = file("a.yml", "hc-healthy: 3\nhc-unhealthy: 3\nmax-attempts: 7\nnodes: [x, y]\n");
    Map<String, String> environment =
        Map.of("FNLB_HC_HEALTHY", "4", "FNLB_HC_UNHEALTHY", "4", "FNLB_NODES", "z");
    Config config = run(environment, "--config", yaml, "--hc-healthy", "5").config();
    assertThat(config.health().healthyAfter()).isEqualTo(5);
    assertThat(config.health().unhealthyAfter()).isEqualTo(4);
    assertThat(config.proxy().maxAttempts()).isEqualTo(7);
    assertThat(config.nodes()).containsExactly(node("z", 8080));
    assertThat(config.health().interval()).isEqualTo(seconds(3));
    assertThat(run(environment, "--config", yaml, "--nodes=").config().nodes()).isEmpty();
  }

  @Test
  void takesTheFileThatTheEnvironmentNamesUnlessAFlagNamesOne() throws IOException {
    Map<String, String> environment = Map.of("FNLB_CONFIG", file("a.yaml", "max-attempts: 7"));
    assertThat(run(environment).config().proxy().maxAttempts()).isEqualTo(7);
    String other = file("b.yaml", "max-attempts: 8");
    assertThat(run(environment, "-config", other).config().proxy().maxAttempts()).isEqualTo(8);
  }

  @Test
  void mergesOptionsOfThePolicyOneByOne() throws IOException {
    String yaml = file("a.yaml", "router-option: {a: 1, b: 1, c: 1, x: {y: 1}}");
    Map<String, String> environment = Map.of("FNLB_ROUTER_OPTION", "b=2, c=2");
    Config config =
        run(environment, "--config", yaml, "--router-option", "c=3", "-router-option=d=").config();
    assertThat(config.routing().options())
        .isEqualTo(Map.of("a", "1", "b", "2", "c", "3", "x.y", "1", "d", ""));
  }

  @Test
  void letsTheLastOfSeveralFlagsWin() {
    Config config = run("-hc-healthy", "3", "--hc-healthy=4", "--hc-healthy", "5").config();
    assertThat(config.health().healthyAfter()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({
    "--expose-node-internals, true",
    "-expose-node-internals, true",
    "-expose-node-internals=false, false",
    "--expose-node-internals=0, false",
    "--expose-node-internals=T, true",
  })
  void readsASwitchAsGoDoes(String flag, boolean on) {
    assertThat(run(flag).config().proxy().exposeNodeInternals()).isEqualTo(on);
  }

  @Test
  void readsNodesFromAListOfTheFileAndCountsTheSameNodeOnce() throws IOException {
    String yaml = file("a.yaml", "nodes:\n- b:1\n- http://B:1/\n- a\n");
    assertThat(run("--config", yaml).config().nodes())
        .containsExactly(node("b", 1), node("a", 8080));
    assertThat(run("--nodes", " a , A:8080,[::1]").config().nodes())
        .containsExactly(node("a", 8080), node("::1", 8080));
  }

  @Test
  void ignoresVariablesThatAreNoSettingsOrEmpty() {
    Map<String, String> environment =
        Map.of("FNLB_PORT", "tcp://10.0.0.1:8081", "FNLB_SERVICE_HOST", "x", "FNLB_LISTEN", "");
    assertThat(run(environment).config().listen().listen()).isEqualTo(any(8081));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--hc-intervall=3", "-hc-intervall", "--hc-intervall"})
  void namesAnUnknownFlagAndNotTheValueBehindIt(String flag) {
    String name = flag.replaceAll("=.*", "");
    String fault = "unknown flag '" + name + "' (did you mean '--hc-interval'?)";
    if (flag.contains("=")) {
      run(flag).isRefused(fault);
      run(flag, "3").isRefused(fault, "unexpected argument '3' (expected: flags only)");
    } else {
      run(flag, "3").isRefused(fault);
      run(flag, "3", "4").isRefused(fault, "unexpected argument '4' (expected: flags only)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--hc-int=3", "-hhelp", "-nodesa", "---nodes=a", "-", "--x"})
  void neitherCompletesNorSplitsFlags(String flag) {
    Run run = run(flag);
    assertThat(run.startup()).isEqualTo(new Startup.Exit(2));
    assertThat(run.err()).startsWith("fnlb: unknown flag '" + flag.replaceAll("=.*", "") + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "@file", "false"})
  void refusesWhatIsNoFlag(String argument) {
    run("--expose-node-internals", argument)
        .isRefused("unexpected argument '" + argument + "' (expected: flags only)");
  }

  @Test
  void refusesAFlagWithoutItsValue() {
    String fault =
        "flag --router-option: no value (expected: name=value, the name of letters, digits, dots,"
            + " hyphens and underscores)";
    run("--router-option").isRefused(fault);
    run("-router-option", "--hc-healthy=3").isRefused(fault);
    run("--hc-healthy=3", "--hc-healthy")
        .isRefused("flag --hc-healthy: no value (expected: a whole number from 1 to 1000)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"maybe", "", "2", "yes"})
  void refusesASwitchThatIsNeitherOnNorOff(String text) {
    String expected = Quoted.of(text) + " (expected: true or false)";
    run("--expose-node-internals=" + text).isRefused("flag --expose-node-internals: " + expected);
    if (!text.isEmpty()) {
      run(Map.of("FNLB_EXPOSE_NODE_INTERNALS", text))
          .isRefused("variable FNLB_EXPOSE_NODE_INTERNALS: " + expected);
    }
  }

  @Test
  void tellsAllThatIsWrongWithTheFlagsTogetherWithAllElse() {
    run(
            Map.of("FNLB_HC_HEALTHY", "0"),
            "--scrape-metrics=maybe",
            "--quux",
            "5",
            "--scrape-min-interval=5s",
            "--scrape-max-interval=2s",
            "--mgmt-listen=127.0.0.1:8081",
            "extra",
            "--router-option=k",
            "--hc-pth=/",
            "--hc-unhealthy=x",
            "-max-attempts")
        .isRefused(
            "flag --max-attempts: no value (expected: a whole number from 1 to 100)",
            "unknown flag '--quux'",
            "unexpected argument 'extra' (expected: flags only)",
            "unknown flag '--hc-pth' (did you mean '--hc-path'?)",
            "flag --router-option: 'k' (expected: name=value, the name of letters, digits, dots,"
                + " hyphens and underscores)",
            "flag --mgmt-listen: '127.0.0.1:8081' overlaps with the address for traffic (expected:"
                + " ':8081' to share its listener, or another port)",
            "flag --hc-unhealthy: 'x' (expected: a whole number from 1 to 1000)",
            "variable FNLB_HC_HEALTHY: '0' (expected: a whole number from 1 to 1000)",
            "flag --scrape-max-interval: '2s' is shorter than the shortest interval (expected: 5s"
                + " or more)",
            "flag --scrape-metrics: 'maybe' (expected: true or false)");
  }

  static Stream<Arguments> refusals() {
    String times = ", such as 30s, 500ms or 1m30s";
    String toHour = "a time from 10ms to 1h" + times;
    String count = "a whole number from 1 to 1000";
    String path = "a path that starts with / and has only visible ASCII characters and no #";
    String size = "a size from 1KiB to 1MiB, such as 65536 or 64KiB";
    String listen = ":port, host:port or [v6]:port with a port from 0 to 65535, such as :8081";
    String version = "a semantic version, such as 0.0.235";
    String option = "name=value, the name of letters, digits, dots, hyphens and underscores";
    String name = "a name of letters, digits, dots, hyphens and underscores";
    return Stream.of(
            refusal(
                "hc-interval",
                toHour,
                "0",
                "0s",
                "-1",
                "-3s",
                "+3",
                "3x",
                "s",
                "1h1s",
                "2562048h",
                "99999999999999999999",
                "1e3",
                "1,5",
                "3 s",
                "NaN",
                ".",
                "1.s",
                "9ms"),
            refusal(
                "shutdown-timeout", "a time from 0s to 24h" + times, "-1s", "24h1ns", "for ever"),
            refusal("hc-unhealthy", count, "0", "-1", "1.0", "1001", "99999999999", "two", "0x1"),
            refusal(
                "hc-path", path, "version", "", "/a b", "/a\tb", "/\u00e9", "/a#b", "http://a/"),
            refusal(
                "max-head-size",
                size,
                "0",
                "-1",
                "1023",
                "2MiB",
                "64kb",
                "64 KiB",
                "1.5k",
                "9999999999g",
                "99999999999",
                "k"),
            refusal(
                "listen",
                listen,
                "8081",
                "",
                ":",
                ":65536",
                ":-1",
                "a:b",
                ":http",
                "::1:8081",
                "[::1]",
                "1.2.3:8081",
                "http://a:1",
                "[::1%lo]:1",
                "a b:1",
                "[fe80::]x:1"),
            refusal("mgmt-listen", listen, "8081", "x"),
            refusal("min-api-version", version, "v0.0.235", "1.2", "latest", "01.2.3", ""),
            refusal("retry-sent", "safe or none", "all", "SAFE", ""),
            refusal("router", name, "", "a b", "-x", "x".repeat(65)),
            refusal("router-option", option, "k", "=v", "a b=c", "a.=c", ""),
            refusal("db", "sqlite3://:memory:; other stores are not supported yet", "k8s", ""),
            refusal("zipkin", "nothing; traces are not supported yet", "http://zipkin:9411"),
            refusal("namespace", "nothing; Kubernetes is not supported yet", "fn"),
            refusal("label-selector", "nothing; Kubernetes is not supported yet", "a=b"),
            refusal("target-port", "8080; Kubernetes is not supported yet", "80"))
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> refusal(String key, String expected, String... texts) {
    return Stream.of(texts).map(text -> Arguments.of(key, text, expected));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("refusals")
  void refusesABadValueByPlaceValueAndWhatWasExpected(String key, String text, String expected) {
    run("--" + key + "=" + text)
        .isRefused("flag --%s: %s (expected: %s)".formatted(key, Quoted.of(text), expected));
  }

  @Test
  void acceptsTheDefaultsOfWhatIsNotSupportedYet() {
    run(
            "-db=sqlite3://:memory:",
            "-zipkin=",
            "-namespace",
            "",
            "-label-selector=",
            "-target-port=8080")
        .config();
  }

  @Test
  void namesTheEmptyNameInAListOfNodes() {
    String expected =
        " is empty (expected: a comma-separated list of host, host:port, http://host:port or [v6]:port)";
    run("--nodes=a,,b").isRefused("flag --nodes: 'a,,b': name 2 of 3" + expected);
    run("--nodes=a, ").isRefused("flag --nodes: 'a,': name 2 of 2" + expected);
  }

  @Test
  void namesTheBadNameInAListOfNodes() {
    run("--nodes=a,not a host!,b")
        .isRefused(
            "flag --nodes: 'not a host!': a blank or control character inside (expected: host,"
                + " host:port, http://host:port or [v6]:port)");
  }

  @Test
  void tellsEverythingThatIsWrongAndWhere() throws IOException {
    String yaml = file("a.yaml", "hc-timeout: 0\nhc-intervall: 3s\n");
    run(Map.of("FNLB_HC_HEALTHY", "0"), "--config=" + yaml, "--max-attempts=0")
        .isRefused(
            "file '" + yaml + "': unknown key 'hc-intervall' (did you mean 'hc-interval'?)",
            "flag --max-attempts: '0' (expected: a whole number from 1 to 100)",
            "variable FNLB_HC_HEALTHY: '0' (expected: a whole number from 1 to 1000)",
            "key 'hc-timeout' of "
                + yaml
                + ": '0' (expected: a time from 1ms to 1h, such as 30s, 500ms or 1m30s)");
  }

  @Test
  void refusesAnOptionOfThePolicyThatIsGivenTwiceInOnePlace() {
    run("--router-option", "a=1", "--router-option=a=2")
        .isRefused("flag --router-option: 'a' is given twice (expected: once)");
    run(Map.of("FNLB_ROUTER_OPTION", "a=1,a=2"))
        .isRefused("variable FNLB_ROUTER_OPTION: 'a' is given twice (expected: once)");
  }

  @Test
  void refusesAFileThatItMayNotRead() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret.yaml"), "listen: :1");
    Files.setPosixFilePermissions(secret, Set.of());
    assumeThat(Files.isReadable(secret)).as("root may read everything").isFalse();
    run("--config", secret.toString())
        .isRefused("file '" + secret + "': not readable: permission denied");
  }

  @Test
  void keepsThePasswordOfAStoreToItself() {
    run(Map.of("FNLB_DB", "postgres://fn:se/cr@t@db:5432/fn"))
        .isRefused(
            "variable FNLB_DB: 'postgres://***@db:5432/fn' (expected: sqlite3://:memory:; other"
                + " stores are not supported yet)");
  }

  @ParameterizedTest
  @CsvSource({
    "a.yaml, '[1', 'not readable as YAML: '",
    "a.yaml, just text, 'not readable as YAML: no keys (expected: lines such as hc-interval: 1s)'",
    "a.yaml, '- a', 'not readable as YAML: no keys (expected: lines such as hc-interval: 1s)'",
    "a.properties, 'a=\\u00zz', 'not readable as properties: Malformed \\uxxxx encoding.'",
    "a.json, '{}', 'unknown type of file (expected: a name that ends in .yaml, .yml or .properties)'",
    "a.yaml, 'config: b.yaml', unknown key 'config'",
    "a.yaml, 'LISTEN: :1', unknown key 'LISTEN' (did you mean 'listen'?)",
    "a.properties, 'hc_path=/', unknown key 'hc_path' (did you mean 'hc-path'?)",
    "a.yaml, 'something.else: 1', unknown key 'something'",
  })
  void refusesAFileItCannotReadOrWithKeysItDoesNotKnow(String name, String text, String fault)
      throws IOException {
    String file = file(name, text);
    Run run = run("--config", file);
    assertThat(run.startup()).isEqualTo(new Startup.Exit(2));
    assertThat(run.err()).startsWith("fnlb: file '" + file + "': " + fault).hasLineCount(2);
  }

  @Test
  void refusesAFileThatIsMissingTooLongOrNoText() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    run("--config", missing.toString()).isRefused("file '" + missing + "': no such file");
    Path directory = Files.createDirectory(folder.resolve("folder.yaml"));
    assertThat(run("--config", directory.toString()).err())
        .startsWith("fnlb: file '" + directory + "': not readable: ");
    Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0});
    run("--config", binary.toString()).isRefused("file '" + binary + "': not readable as UTF-8");
    Path longFile = Files.write(folder.resolve("long.yaml"), new byte[(1 << 20) + 1]);
    run("--config", longFile.toString())
        .isRefused("file '" + longFile + "': too long (expected: at most 1MiB)");
  }

  @ParameterizedTest
  @CsvSource({
    "'listen: {a: b}', 'key ''listen'' of %s: a nested value'",
    "'nodes: [[a]]', 'key ''nodes'' of %s: a nested value'",
    "'nodes: {a: b}', 'key ''nodes'' of %s: a nested value'",
    "'nodes: [a, ]', ''",
    "'nodes: [a, null]', 'key ''nodes'' of %s: ''a,'': name 2 of 2 is empty'",
    "'router-option: k=v', 'key ''router-option'' of %s: ''k=v'' (expected: a map of names to values)'",
    "'router-option: {a b: c}', 'key ''router-option'' of %s: ''a b=c'' (expected: name=value'",
  })
  void refusesAValueOfTheWrongShape(String yaml, String fault) throws IOException {
    String file = file("a.yaml", yaml);
    Run run = run("--config", file);
    if (fault.isEmpty()) {
      assertThat(run.config().nodes()).hasSize(1);
      return;
    }
    assertThat(run.startup()).isEqualTo(new Startup.Exit(2));
    assertThat(run.err()).startsWith("fnlb: " + fault.formatted(file));
  }

  @Test
  void takesTextsOfTheFileAsTheyStand() throws IOException {
    String file = file("a.yaml", "hc-path: /${user.home}\n");
    assertThat(run("--config", file).config().health().path()).isEqualTo("/${user.home}");
  }

  @ParameterizedTest
  @CsvSource({
    ":9000, , true",
    ":9000, :9000, true",
    ":9000, 0.0.0.0:9000, true",
    ":9000, [::]:9000, true",
    "127.0.0.1:9000, [::ffff:127.0.0.1]:9000, true",
    ":0, :0, true",
    ":9000, :9001, false",
    ":0, 127.0.0.1:0, false",
    "127.0.0.1:9000, [::1]:9000, false",
    "127.0.0.1:9000, 127.0.0.2:9000, false",
  })
  void sharesOneListenerWhenBothAddressesAreTheSame(String listen, String mgmt, boolean shared) {
    ListenConfig config =
        run("--listen", listen, "--mgmt-listen", mgmt == null ? "" : mgmt).config().listen();
    assertThat(config.listen().equals(config.mgmtListen())).isEqualTo(shared);
  }

  @ParameterizedTest
  @CsvSource({
    ":8081, 127.0.0.1:8081",
    "127.0.0.1:8081, 0.0.0.0:8081",
    "[::1]:8081, :8081",
  })
  void refusesTwoAddressesThatOverlap(String listen, String mgmt) {
    Run run = run("--listen", listen, "--mgmt-listen", mgmt);
    assertThat(run.startup()).isEqualTo(new Startup.Exit(2));
    assertThat(run.err())
        .startsWith("fnlb: flag --mgmt-listen: ")
        .contains("overlaps with the address for traffic (expected: '");
  }

  @Test
  void refusesAHostToListenOnThatIsNotKnown() {
    Run run = run("--listen", "no-such-host.invalid:8081");
    assertThat(run.startup()).isEqualTo(new Startup.Exit(2));
    assertThat(run.err())
        .startsWith("fnlb: flag --listen: 'no-such-host.invalid:8081': the host is not known");
  }

  @Test
  void keepsNoMoreIdleConnectionsThanThereMayBeOpen() {
    assertThat(run("--node-max-connections=5").config().upstream().maxIdle()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-help", "-h"})
  void printsTheHelpWithEveryFlagIn80Columns(String flag) {
    Run run = run("--nope", flag, "--hc-interval=nonsense");
    assertThat(run.startup()).isEqualTo(new Startup.Exit(0));
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(81));
    for (Setting<?> setting : Settings.ALL) {
      assertThat(run.out()).contains("\n  " + setting.flag());
    }
    for (Setting.Group group : Setting.Group.values()) {
      assertThat(run.out()).contains("\n\n" + group.title() + ":\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-version"})
  void printsItsVersions(String flag) {
    Run run = run(flag);
    assertThat(run.startup()).isEqualTo(new Startup.Exit(0));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).matches("fnlb \\S+ \\(Java 25\\S*, Helidon 4\\.5\\.0\\)\n");
  }
}
