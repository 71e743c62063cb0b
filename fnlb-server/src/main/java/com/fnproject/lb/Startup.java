package com.fnproject.lb;

import com.fnproject.lb.fn.FnConfig;
import com.fnproject.lb.fn.ScrapeConfig;
import com.fnproject.lb.health.HealthConfig;
import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.proxy.ProxyConfig;
import com.fnproject.lb.routing.HoldConfig;
import com.fnproject.lb.routing.RoutingConfig;
import com.fnproject.lb.upstream.UpstreamConfig;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What a command line, an environment and a file come to. */
sealed interface Startup {

  /** Serve. */
  record Serve(Config config) implements Startup {}

  /** End at once; everything has been said. */
  record Exit(int code) implements Startup {}

  /** The exit code of a process that was told nonsense, as Go's {@code flag} package has it. */
  int MISUSE = 2;

  /**
   * Reads what the operator says. Prints the help, the version or everything that is wrong. Blocks
   * on the configuration file and on look-ups of host names to listen on.
   */
  static Startup read(
      String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
    Flags flags = Flags.parse(args);
    if (flags.help() || flags.version()) {
      out.print(flags.help() ? Usage.help() : Usage.version());
      out.flush();
      return new Exit(0);
    }
    Layers layers = new Layers(flags, environment);
    Config config = config(layers);
    if (layers.faults().isEmpty()) {
      return new Serve(config);
    }
    layers.faults().forEach(fault -> err.println("fnlb: " + fault));
    err.println("fnlb: see fnlb --help");
    return new Exit(MISUSE);
  }

  private static Config config(Layers layers) {
    Config config =
        new Config(
            listen(layers),
            List.copyOf(layers.get(Settings.NODE_LIST)),
            new RoutingConfig(
                layers.get(Settings.ROUTER), layers.options(), layers.get(Settings.PLUGINS)),
            new HoldConfig(
                layers.get(Settings.MAX_HELD),
                layers.get(Settings.MAX_HELD_PER_FUNCTION),
                layers.get(Settings.MAX_HOLD)),
            layers.get(Settings.NODE_IN_FLIGHT),
            new FnConfig(
                layers.get(Settings.FN_API),
                layers.get(Settings.FN_REFRESH),
                layers.get(Settings.TRIGGER_WAIT),
                layers.get(Settings.MAX_LOOKUPS),
                layers.get(Settings.MAX_FUNCTIONS),
                layers.get(Settings.MAX_TRIGGERS),
                layers.get(Settings.MAX_PATHS)),
            new ProxyConfig(
                layers.get(Settings.MAX_ATTEMPTS),
                layers.get(Settings.RETRY_SENT),
                layers.get(Settings.REPLAYABLE_BODY),
                layers.get(Settings.MAX_HEADERS),
                layers.get(Settings.EXPOSE_NODE_INTERNALS)),
            upstream(layers),
            new HealthConfig(
                layers.get(Settings.HC_INTERVAL),
                layers.get(Settings.HC_PATH),
                layers.get(Settings.HC_UNHEALTHY),
                layers.get(Settings.HC_HEALTHY),
                layers.get(Settings.HC_TIMEOUT),
                layers.get(Settings.MIN_API_VERSION)),
            scrape(layers),
            new ShutdownConfig(
                layers.get(Settings.DRAIN_DELAY), layers.get(Settings.SHUTDOWN_TIMEOUT)));
    for (Setting<?> setting : Settings.ALL) {
      if (setting.group() == Setting.Group.LATER) {
        layers.get(setting);
      }
    }
    return config;
  }

  private static ListenConfig listen(Layers layers) {
    int faultsBefore = layers.faults().size();
    InetSocketAddress listen = layers.get(Settings.LISTEN);
    InetSocketAddress mgmtListen = layers.get(Settings.MGMT_LISTEN).orElse(listen);
    if (layers.faults().size() == faultsBefore && ListenAddress.collide(listen, mgmtListen)) {
      layers.refuse(
          Settings.MGMT_LISTEN,
          Quoted.of(ListenAddress.text(mgmtListen))
              + " overlaps with the address for traffic (expected: "
              + Quoted.of(ListenAddress.text(listen))
              + " to share its listener, or another port)");
    }
    return new ListenConfig(
        listen,
        mgmtListen,
        layers.get(Settings.MAX_HEAD_SIZE),
        layers.get(Settings.MAX_TARGET_SIZE),
        layers.get(Settings.MAX_CONNECTIONS),
        layers.get(Settings.CLIENT_IDLE_TIMEOUT),
        layers.get(Settings.ADMIN_BODY),
        layers.get(Settings.MAX_WATCHES));
  }

  private static ScrapeConfig scrape(Layers layers) {
    int faultsBefore = layers.faults().size();
    Duration min = layers.get(Settings.SCRAPE_MIN_INTERVAL);
    Duration max = layers.get(Settings.SCRAPE_MAX_INTERVAL);
    if (layers.faults().size() == faultsBefore && max.compareTo(min) < 0) {
      layers.refuse(
          Settings.SCRAPE_MAX_INTERVAL,
          Quoted.of(TimeSpan.text(max))
              + " is shorter than the shortest interval (expected: "
              + TimeSpan.text(min)
              + " or more)");
    }
    return new ScrapeConfig(
        layers.get(Settings.SCRAPE_METRICS), min, max, layers.get(Settings.MAX_READINGS));
  }

  private static UpstreamConfig upstream(Layers layers) {
    int maxConnections = layers.get(Settings.NODE_MAX_CONNECTIONS);
    return new UpstreamConfig(
        maxConnections,
        Math.min(layers.get(Settings.NODE_MAX_IDLE), maxConnections),
        layers.get(Settings.NODE_CONNECT_TIMEOUT),
        layers.get(Settings.NODE_CONNECTION_WAIT),
        layers.get(Settings.ANSWER_TIMEOUT),
        layers.get(Settings.MAX_ANSWER_HEAD));
  }
}
