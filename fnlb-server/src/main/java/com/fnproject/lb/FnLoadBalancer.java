package com.fnproject.lb;

import com.fnproject.lb.admin.AdminApi;
import com.fnproject.lb.admin.Observability;
import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.health.HealthChecker;
import com.fnproject.lb.insight.CallMeters;
import com.fnproject.lb.insight.CallStats;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.proxy.Proxy;
import com.fnproject.lb.routing.PolicyLoader;
import com.fnproject.lb.routing.Router;
import com.fnproject.lb.upstream.UpstreamPool;
import com.fnproject.lb.upstream.WebClientUpstream;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * The whole load balancer, running: builds every part by hand, in order, and closes them in
 * reverse. Thread-safe.
 */
public final class FnLoadBalancer {

  private static final System.Logger LOGGER = System.getLogger(FnLoadBalancer.class.getName());

  /** Functions and paths that are remembered, at some 300 bytes each. */
  private static final int MAX_FUNCTIONS = 100_000;

  private static final String ADMIN_SOCKET = "admin";
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private final ListenConfig listen;
  private final ShutdownConfig shutdown;
  private final MeterRegistry meters;
  private final Router router;
  private final NodeRegistry registry;
  private final HealthChecker health;
  private final Proxy proxy;
  private final WebServer server;
  private volatile boolean draining;

  private FnLoadBalancer(Config config) {
    listen = config.listen();
    shutdown = config.shutdown();
    RandomGenerator random = ThreadLocalRandomGenerator.INSTANCE;
    MetricsConfig metricsConfig = MetricsConfig.create();
    meters = MeterRegistry.create(metricsConfig);
    String policy = config.routing().router();
    router =
        new Router(PolicyLoader.load(config.routing(), random), policy, System::nanoTime, meters);
    registry =
        new NodeRegistry(
            address ->
                new UpstreamPool(
                    address.host(), address.port(), config.upstream(), System::nanoTime),
            router::newSelector,
            System::nanoTime);
    health = new HealthChecker(config.health(), registry, random);
    registry.listen(health);
    CallStats stats = new CallStats(Clock.system(ZoneId.systemDefault()));
    CallMeters callMeters = new CallMeters();
    proxy =
        new Proxy(
            config.proxy(),
            registry,
            router,
            new WebClientUpstream(config.upstream()),
            new FunctionTable(MAX_FUNCTIONS),
            List.of(stats, callMeters),
            () -> draining,
            System::nanoTime,
            meters);
    Observability observability =
        new Observability(
            meters, metricsConfig, registry, callMeters, this::acceptsConnections, () -> !draining);
    server = server(new AdminApi(registry, stats, listen.adminBody()), observability);
    for (NodeAddress address : config.nodes()) {
      registry.apply(new NodeChange.Add(address));
    }
    try {
      server.start();
    } catch (RuntimeException e) {
      closeParts();
      throw e;
    }
    LOGGER.log(
        Level.INFO,
        "fnlb listens on port {0} for traffic and on port {1} for operators; router {2}, {3} nodes",
        String.valueOf(port()),
        String.valueOf(adminPort()),
        policy,
        config.nodes().size());
  }

  private WebServer server(AdminApi api, Observability observability) {
    WebServerConfig.Builder builder =
        WebServer.builder().shutdownHook(false).featuresDiscoverServices(false);
    Listeners.configure(builder, listen.listen(), listen, shutdown.timeout());
    if (isSplit()) {
      builder.addRouting(Listeners.routing().any(proxy));
      builder.putSocket(
          ADMIN_SOCKET,
          admin -> {
            Listeners.configure(admin, listen.mgmtListen(), listen, shutdown.timeout());
            admin.addRouting(
                Listeners.routing().register(AdminApi.PATH, api).any(AdminApi::unknownCommand));
          });
      builder.addFeature(observability.feature(ADMIN_SOCKET));
    } else {
      builder.addRouting(Listeners.routing().register(AdminApi.PATH, api).any(proxy));
      builder.addFeature(observability.feature(WebServer.DEFAULT_SOCKET_NAME));
    }
    return builder.build();
  }

  private boolean isSplit() {
    return !listen.mgmtListen().equals(listen.listen());
  }

  /**
   * Starts a load balancer in this process, for what stands beside it: the demo, benchmarks, tests.
   *
   * @param arguments as on the command line; neither environment nor {@code LOG_LEVEL} is read
   * @return the running balancer, to be stopped by the caller
   * @throws IllegalArgumentException if an argument is refused; the message names it
   * @throws UncheckedIOException if an address cannot be listened on; the message is one line that
   *     names the flag, the address and the reason
   * @throws RuntimeException if it cannot start for another reason
   */
  public static FnLoadBalancer start(String... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(said, true, StandardCharsets.UTF_8);
    return switch (Startup.read(arguments, Map.of(), err, err)) {
      case Startup.Serve(Config config) -> start(config);
      case Startup.Exit exit ->
          throw new IllegalArgumentException(said.toString(StandardCharsets.UTF_8));
    };
  }

  /**
   * Starts everything; returns when clients are served.
   *
   * @throws UncheckedIOException if an address cannot be listened on
   */
  static FnLoadBalancer start(Config config) {
    probe(Settings.LISTEN, config.listen().listen());
    probe(Settings.MGMT_LISTEN, config.listen().mgmtListen());
    return new FnLoadBalancer(config);
  }

  /** Finds out whether an address can be listened on; Helidon itself would only log that not. */
  private static void probe(Setting<?> setting, InetSocketAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    } catch (IOException e) {
      String where = setting.flag() + " " + ListenAddress.text(address);
      throw new UncheckedIOException(where + ": " + e.getMessage(), e);
    }
  }

  /**
   * The port on which traffic is taken.
   *
   * @return the port bound, also when any free one was asked for
   */
  public int port() {
    return server.port();
  }

  /**
   * The port on which operators are served.
   *
   * @return the port bound; that of the traffic unless they are split
   */
  public int adminPort() {
    return isSplit() ? server.port(ADMIN_SOCKET) : server.port();
  }

  /**
   * Ends everything in order: readiness goes down, the drain delay passes, no connection is taken
   * any more, calls under way may finish within the shutdown time-out. Blocks until the end; to be
   * called once.
   *
   * @return the exit code of the process: 0, or 1 when calls had to be cut
   */
  public int stop() {
    draining = true;
    LOGGER.log(Level.INFO, "stopping: {0} calls under way", proxy.active());
    try {
      Thread.sleep(shutdown.drainDelay());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long start = System.nanoTime();
    server.stop();
    long took = System.nanoTime() - start;
    boolean cut = !shutdown.timeout().isZero() && took >= shutdown.timeout().toNanos();
    closeParts();
    if (cut) {
      LOGGER.log(Level.WARNING, "stopped: calls had to be cut after {0}", shutdown.timeout());
    } else {
      LOGGER.log(Level.INFO, "stopped");
    }
    return cut ? 1 : 0;
  }

  private void closeParts() {
    health.close();
    registry.close();
    router.close();
    meters.close();
  }

  /**
   * Whether the traffic's listener still takes connections. Helidon's ends silently when accepting
   * fails, as for want of file descriptors, and goes on saying that it runs.
   */
  private boolean acceptsConnections() {
    InetAddress bound = listen.listen().getAddress();
    InetAddress target = bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(target, port()), Math.toIntExact(PROBE_TIMEOUT.toMillis()));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Randomness without a lock for whatever thread asks. */
  private enum ThreadLocalRandomGenerator implements RandomGenerator {
    INSTANCE;

    @Override
    public long nextLong() {
      return ThreadLocalRandom.current().nextLong();
    }
  }
}
