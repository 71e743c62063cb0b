package com.fnproject.lb;

import static com.fnproject.lb.Setting.Group.CALLS;
import static com.fnproject.lb.Setting.Group.CONNECTIONS;
import static com.fnproject.lb.Setting.Group.FUNCTIONS;
import static com.fnproject.lb.Setting.Group.HEALTH;
import static com.fnproject.lb.Setting.Group.LATER;
import static com.fnproject.lb.Setting.Group.LISTENING;
import static com.fnproject.lb.Setting.Group.NODES;
import static com.fnproject.lb.Setting.Group.PROCESS;
import static com.fnproject.lb.Setting.Group.READINGS;

import com.fnproject.lb.fn.ApiAddress;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.semver4j.Semver;

/**
 * The table of all settings: flags, environment variables, keys of the configuration file, the help
 * and the reference in {@code docs/configuration.md} follow from it.
 */
final class Settings {

  private static final int KIB = 1 << 10;
  private static final int MIB = 1 << 20;
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofHours(24);

  private static final List<Setting<?>> TABLE = new ArrayList<>();

  /** All settings, in the order of the help. */
  static final List<Setting<?>> ALL = Collections.unmodifiableList(TABLE);

  static final Setting<List<NodeAddress>> NODE_LIST =
      add("nodes", NODES, Kind.NODES, "", "the Fn servers to start with, such as fn-1,fn-2");
  static final Setting<String> ROUTER =
      add("router", NODES, Kind.NAME, "hot-set", "the policy that chooses a node for each call");
  static final Setting<Map.Entry<String, String>> ROUTER_OPTION =
      add("router-option", NODES, Kind.OPTION, "", "an option of the policy; may be repeated");
  static final Setting<Optional<Path>> PLUGINS =
      add("plugins", NODES, Kind.FOLDER, "", "a directory with jars of further policies");

  static final Setting<ApiAddress> FN_API =
      add(
          "fn-api",
          FUNCTIONS,
          Kind.FN_API,
          "nodes",
          "where Fn's API tells which trigger calls which function");
  static final Setting<Duration> FN_REFRESH =
      add(
          "fn-refresh",
          FUNCTIONS,
          Kind.time(Duration.ofMillis(100), HOUR),
          "5s",
          "shortest pause between two listings of all triggers and functions");
  static final Setting<Duration> TRIGGER_WAIT =
      add(
          "trigger-wait",
          FUNCTIONS,
          Kind.time(Duration.ZERO, Duration.ofSeconds(1)),
          "25ms",
          "longest wait of a call on an unknown trigger for its look-up");
  static final Setting<Integer> MAX_LOOKUPS =
      add("max-lookups", FUNCTIONS, Kind.count(1, 1000), "16", "most look-ups of triggers at once");
  static final Setting<Integer> MAX_FUNCTIONS =
      add(
          "max-functions",
          FUNCTIONS,
          Kind.count(1, 10_000_000),
          "100000",
          "most functions that are remembered");
  static final Setting<Integer> MAX_TRIGGERS =
      add(
          "max-triggers",
          FUNCTIONS,
          Kind.count(1, 10_000_000),
          "100000",
          "most triggers whose function is remembered");
  static final Setting<Integer> MAX_PATHS =
      add(
          "max-paths",
          FUNCTIONS,
          Kind.count(1, 10_000_000),
          "10000",
          "most paths of no known function that are remembered");

  static final Setting<InetSocketAddress> LISTEN =
      add("listen", LISTENING, Kind.ADDRESS, ":8081", "the address for traffic");
  static final Setting<Optional<InetSocketAddress>> MGMT_LISTEN =
      add(
          "mgmt-listen",
          LISTENING,
          Kind.ADDRESS_OR_NONE,
          "",
          "the address for /1/lb and /observe, when not that of --listen");
  static final Setting<Integer> MAX_CONNECTIONS =
      add(
          "max-connections",
          LISTENING,
          Kind.count(0, 1_000_000),
          "0",
          "most client connections; 0 = half of the process's file descriptors");
  static final Setting<Duration> CLIENT_IDLE_TIMEOUT =
      add(
          "client-idle-timeout",
          LISTENING,
          Kind.time(Duration.ofSeconds(1), DAY),
          "75s",
          "how long a client's connection may stay idle");
  static final Setting<Integer> MAX_HEAD_SIZE =
      add(
          "max-head-size",
          LISTENING,
          Kind.size(KIB, MIB),
          "64KiB",
          "longest header section of a request");
  static final Setting<Integer> MAX_HEADERS =
      add(
          "max-headers",
          LISTENING,
          Kind.count(10, 10_000),
          "200",
          "most header fields of a request");
  static final Setting<Integer> MAX_TARGET_SIZE =
      add("max-target-size", LISTENING, Kind.size(256, MIB), "16KiB", "longest request line");
  static final Setting<Integer> ADMIN_BODY =
      add(
          "admin-body",
          LISTENING,
          Kind.size(KIB, 16 * MIB),
          "64KiB",
          "longest body of a request to /1/lb");
  static final Setting<Integer> MAX_WATCHES =
      add(
          "max-watches",
          LISTENING,
          Kind.count(1, 10_000),
          "100",
          "most watches of the nodes at once");

  static final Setting<Duration> HC_INTERVAL =
      add(
          "hc-interval",
          HEALTH,
          Kind.time(Duration.ofMillis(10), HOUR),
          "3s",
          "pause between two checks of a node");
  static final Setting<String> HC_PATH =
      add("hc-path", HEALTH, Kind.PATH, "/version", "what a check asks a node for");
  static final Setting<Integer> HC_UNHEALTHY =
      add(
          "hc-unhealthy",
          HEALTH,
          Kind.count(1, 1000),
          "2",
          "failures in a row that take a node out");
  static final Setting<Integer> HC_HEALTHY =
      add(
          "hc-healthy",
          HEALTH,
          Kind.count(1, 1000),
          "1",
          "successes in a row that bring a node back");
  static final Setting<Duration> HC_TIMEOUT =
      add("hc-timeout", HEALTH, Kind.time(MILLISECOND, HOUR), "5s", "longest time for one check");
  static final Setting<Semver> MIN_API_VERSION =
      add(
          "min-api-version",
          HEALTH,
          Kind.VERSION,
          "0.0.235",
          "lowest version of a node that is accepted");

  static final Setting<Boolean> SCRAPE_METRICS =
      add(
          "scrape-metrics",
          READINGS,
          Kind.SWITCH,
          "true",
          "read the nodes' /metrics, which tell where functions are hot");
  static final Setting<Duration> SCRAPE_MIN_INTERVAL =
      add(
          "scrape-min-interval",
          READINGS,
          Kind.time(Duration.ofMillis(10), HOUR),
          "1s",
          "shortest pause between two readings of a node");
  static final Setting<Duration> SCRAPE_MAX_INTERVAL =
      add(
          "scrape-max-interval",
          READINGS,
          Kind.time(Duration.ofMillis(10), HOUR),
          "30s",
          "longest pause between two readings of a node that answers");
  static final Setting<Integer> MAX_READINGS =
      add(
          "max-readings",
          READINGS,
          Kind.count(1, 100_000_000),
          "1000000",
          "most functions whose containers are known, counted once for each node");

  static final Setting<Integer> MAX_ATTEMPTS =
      add("max-attempts", CALLS, Kind.count(1, 100), "3", "most nodes that one call is tried on");
  static final Setting<RetrySent> RETRY_SENT =
      add(
          "retry-sent",
          CALLS,
          Kind.oneOf(RetrySent.class),
          "safe",
          "whether a call that was sent and got no answer is tried again: safe = GET, HEAD and"
              + " OPTIONS, none = never");
  static final Setting<Integer> REPLAYABLE_BODY =
      add(
          "replayable-body",
          CALLS,
          Kind.size(0, 64 * MIB),
          "64KiB",
          "longest request body that is kept for another try");
  static final Setting<Integer> MAX_HELD =
      add(
          "max-held",
          CALLS,
          Kind.count(0, 1_000_000),
          "1000",
          "most calls that the policy may hold; 0 = none");
  static final Setting<Integer> MAX_HELD_PER_FUNCTION =
      add(
          "max-held-per-function",
          CALLS,
          Kind.count(0, 1_000_000),
          "64",
          "most calls of one function that the policy may hold");
  static final Setting<Duration> MAX_HOLD =
      add(
          "max-hold",
          CALLS,
          Kind.time(MILLISECOND, HOUR),
          "8s",
          "how long the policy may hold a call");
  static final Setting<Integer> NODE_IN_FLIGHT =
      add(
          "node-in-flight",
          CALLS,
          Kind.count(0, 1_000_000),
          "0",
          "most calls under way on one node; 0 = any number");
  static final Setting<Duration> ANSWER_TIMEOUT =
      add(
          "answer-timeout",
          CALLS,
          Kind.time(MILLISECOND, DAY),
          "900s",
          "longest silence of a node while its answer is awaited or read");
  static final Setting<Integer> MAX_ANSWER_HEAD =
      add(
          "max-answer-head",
          CALLS,
          Kind.size(KIB, MIB),
          "64KiB",
          "longest header section of an answer");
  static final Setting<Boolean> EXPOSE_NODE_INTERNALS =
      add(
          "expose-node-internals",
          CALLS,
          Kind.SWITCH,
          "false",
          "let clients reach the nodes' /metrics and /debug");

  static final Setting<Integer> NODE_MAX_CONNECTIONS =
      add(
          "node-max-connections",
          CONNECTIONS,
          Kind.count(1, 100_000),
          "1024",
          "most connections to one node");
  static final Setting<Integer> NODE_MAX_IDLE =
      add(
          "node-max-idle",
          CONNECTIONS,
          Kind.count(0, 100_000),
          "128",
          "most idle connections kept to one node");
  static final Setting<Duration> NODE_CONNECT_TIMEOUT =
      add(
          "node-connect-timeout",
          CONNECTIONS,
          Kind.time(MILLISECOND, HOUR),
          "5s",
          "longest time to connect to a node");
  static final Setting<Duration> NODE_CONNECTION_WAIT =
      add(
          "node-connection-wait",
          CONNECTIONS,
          Kind.time(Duration.ZERO, HOUR),
          "1s",
          "longest wait for a connection when all are in use");

  static final Setting<Duration> SHUTDOWN_TIMEOUT =
      add(
          "shutdown-timeout",
          PROCESS,
          Kind.time(Duration.ZERO, DAY),
          "30s",
          "how long calls under way may take to finish; 0 = for ever");
  static final Setting<Duration> DRAIN_DELAY =
      add(
          "drain-delay",
          PROCESS,
          Kind.time(Duration.ZERO, HOUR),
          "0s",
          "how long to go on serving after readiness has gone down");
  static final Setting<String> CONFIG =
      add(
          "config",
          PROCESS,
          Kind.FILE,
          "",
          "a YAML or properties file with these settings as keys");

  static final Setting<String> DB =
      later("db", "URL", "sqlite3://:memory:", "other stores are", "where nodes are kept");
  static final Setting<String> ZIPKIN =
      later("zipkin", "URL", "", "traces are", "where traces are sent");
  static final Setting<String> NAMESPACE =
      later("namespace", "NAME", "", "Kubernetes is", "the namespace whose pods are nodes");
  static final Setting<String> LABEL_SELECTOR =
      later("label-selector", "LABELS", "", "Kubernetes is", "which pods are nodes");
  static final Setting<String> TARGET_PORT =
      later("target-port", "PORT", "8080", "Kubernetes is", "the port of those pods");

  private Settings() {}

  private static <T> Setting<T> add(
      String key, Setting.Group group, Kind<T> kind, String defaultText, String description) {
    Setting<T> setting = new Setting<>(key, group, kind, defaultText, description);
    TABLE.add(setting);
    return setting;
  }

  private static Setting<String> later(
      String key, String metavar, String only, String missing, String description) {
    return add(key, LATER, Kind.unsupported(metavar, only, missing), only, description);
  }
}
