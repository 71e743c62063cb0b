package com.fnproject.lb;

import com.fnproject.lb.admin.AdminApi;
import com.fnproject.lb.admin.AdminService;
import com.fnproject.lb.admin.Observability;
import com.fnproject.lb.fn.FnApi;
import com.fnproject.lb.fn.FnRefresh;
import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.fn.MetricsScraper;
import com.fnproject.lb.fn.Readings;
import com.fnproject.lb.health.HealthChecker;
import com.fnproject.lb.insight.CallMeters;
import com.fnproject.lb.insight.CallStats;
import com.fnproject.lb.insight.NodeMeters;
import com.fnproject.lb.node.BoundedGet;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.proxy.Proxy;
import com.fnproject.lb.routing.LoadedPolicy;
import com.fnproject.lb.routing.PolicyLoader;
import com.fnproject.lb.routing.Router;
import com.fnproject.lb.upstream.NameLookup;
import com.fnproject.lb.upstream.UpstreamPool;
import com.fnproject.lb.upstream.WebClientUpstream;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The whole load balancer, running: builds every part by hand, in order, and closes them in
 * reverse. Thread-safe.
 */
public final class FnLoadBalancer {

  private static final System.Logger LOGGER = System.getLogger(FnLoadBalancer.class.getName());

  /** Longest times for a question to Fn's API, which it answers in milliseconds. */
  private static final Duration API_CONNECT = Duration.ofSeconds(1);

  private static final Duration API_ANSWER = Duration.ofSeconds(5);

  /** How long the operators' own listener waits for answers under way, which take no time. */
  private static final Duration ADMIN_GRACE = Duration.ofSeconds(1);

  /** Stands for "for ever" where Helidon wants a time. */
  private static final Duration FOR_EVER = Duration.ofDays(365);

  /** How often listeners are looked at, and how often in a row they must be missing. */
  private static final Duration LISTENER_CHECK = Duration.ofSeconds(1);

  private static final int MISSED_CHECKS = 2;

  /** How long connections may take to notice that they are cut. */
  private static final Duration CUTTING = Duration.ofSeconds(5);

  /** How long held calls may take to be told that they are not sent. */
  private static final Duration ANSWERING_HELD = Duration.ofMillis(500);

  private final ShutdownConfig shutdown;
  private final InetAddress adminAddress;
  private final MeterRegistry meters;
  private final NameLookup names = new NameLookup();
  private final LoadedPolicy policy;
  private final Router router;
  private final NodeRegistry registry;
  private final HealthChecker health;
  private final BoundedGet get;
  private final FunctionTable functions;
  private final FnRefresh refresh;
  private final MetricsScraper scraper;
  private final Proxy proxy;
  private final AdminService adminService;

  /** Where calls come in. */
  private final WebServer traffic;

  /** Where operators come in: {@link #traffic} unless they have a listener of their own. */
  private final WebServer admin;

  private final FutureTask<Integer> end = new FutureTask<>(this::end);
  private final AtomicBoolean stopping = new AtomicBoolean();
  private volatile boolean draining;
  private volatile @Nullable InetSocketAddress bound;
  private volatile int adminPort;

  private FnLoadBalancer(Config config) {
    shutdown = config.shutdown();
    adminAddress = config.listen().mgmtListen().getAddress();
    RandomGenerator random = ThreadLocalRandomGenerator.INSTANCE;
    MetricsConfig metricsConfig = MetricsConfig.create();
    meters = MeterRegistry.create(metricsConfig);
    policy = PolicyLoader.load(config.routing(), random);
    router =
        new Router(
            policy.policy(), config.routing().router(), config.holds(), System::nanoTime, meters);
    registry =
        new NodeRegistry(
            address ->
                new UpstreamPool(
                    address.host(), address.port(), config.upstream(), names, System::nanoTime),
            router::newSelector,
            System::nanoTime,
            config.nodeInFlight(),
            ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
    String via = "1.1 fnlb-" + HexFormat.of().toHexDigits(random.nextLong());
    health = new HealthChecker(config.health(), registry, random, names, via, System::nanoTime);
    registry.listen(health);
    Readings readings = new Readings(config.scrape().maxReadings(), System::nanoTime);
    scraper =
        new MetricsScraper(config.scrape(), readings, random, names, via, System::nanoTime, meters);
    registry.listen(scraper);
    get = new BoundedGet(API_CONNECT, API_ANSWER, names, via, System::nanoTime);
    FnApi api = new FnApi(config.fn(), registry, get, System::nanoTime);
    functions =
        new FunctionTable(config.fn(), api, router::merged, readings, System::nanoTime, meters);
    refresh = new FnRefresh(config.fn(), api, functions, random, System::nanoTime, meters);
    CallStats stats = new CallStats(Clock.system(ZoneId.systemDefault()));
    CallMeters callMeters = new CallMeters();
    NodeMeters nodeMeters = new NodeMeters(meters, System::nanoTime);
    registry.listen(nodeMeters);
    proxy =
        new Proxy(
            config.proxy(),
            registry,
            router,
            new WebClientUpstream(config.upstream()),
            functions,
            List.of(stats, callMeters, nodeMeters, functions),
            () -> draining,
            System::nanoTime,
            InstantSource.system(),
            meters,
            via);
    ListenConfig listen = config.listen();
    adminService =
        new AdminService(
            registry, Usage.release(), config.routing().router(), listen.maxWatches(), meters);
    AdminApi adminApi = new AdminApi(adminService, stats, listen.adminBody(), meters);
    Observability observability =
        new Observability(
            meters, metricsConfig, registry, callMeters, this::alive, () -> !draining);
    WebServerConfig.Builder trafficListener =
        Listeners.listener(listen.listen(), listen, grace(shutdown.timeout()), meters);
    if (listen.mgmtListen().equals(listen.listen())) {
      traffic =
          trafficListener
              .addRouting(Listeners.routing(new Dispatch(proxy, adminApi)))
              .addFeature(observability.feature())
              .build();
      admin = traffic;
    } else {
      traffic = trafficListener.addRouting(Listeners.routing(new Dispatch(proxy, null))).build();
      admin =
          Listeners.listener(listen.mgmtListen(), listen, ADMIN_GRACE, meters)
              .addRouting(Listeners.routing(new Dispatch(null, adminApi)))
              .addFeature(observability.feature())
              .build();
    }
  }

  /**
   * How long Helidon may wait for calls under way: for ever as far as it goes. Ending the wait is
   * {@link #end()}'s business, which counts what is cut; the rest is for the case that it fails.
   */
  private static Duration grace(Duration timeout) {
    return timeout.isZero() ? FOR_EVER : timeout.plus(CUTTING);
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
   * Starts everything; returns when clients are served. When that fails nothing is left running.
   *
   * @throws UncheckedIOException if an address cannot be listened on
   */
  static FnLoadBalancer start(Config config) {
    ListenConfig listen = config.listen();
    // Helidon would only log it.
    Listeners.checkFree(Settings.LISTEN, listen.listen());
    Listeners.checkFree(Settings.MGMT_LISTEN, listen.mgmtListen());
    FnLoadBalancer loadBalancer = new FnLoadBalancer(config);
    try {
      loadBalancer.begin(config);
    } catch (RuntimeException | Error e) {
      loadBalancer.close();
      throw e;
    }
    return loadBalancer;
  }

  private void begin(Config config) {
    for (NodeAddress address : config.nodes()) {
      registry.apply(new NodeChange.Add(address));
    }
    refresh.begin();
    ListenConfig listen = config.listen();
    int port = started(traffic, Settings.LISTEN, listen.listen());
    bound = new InetSocketAddress(listen.listen().getAddress(), port);
    adminPort = admin == traffic ? port : started(admin, Settings.MGMT_LISTEN, listen.mgmtListen());
    LOGGER.log(
        Level.INFO,
        "fnlb listens on port {0} for traffic and on port {1} for operators; router {2}, {3} nodes",
        String.valueOf(port),
        String.valueOf(adminPort),
        config.routing().router(),
        config.nodes().size());
  }

  private static int started(WebServer server, Setting<?> setting, InetSocketAddress address) {
    server.start();
    if (!server.isRunning()) {
      throw new IllegalStateException(
          setting.flag() + " " + ListenAddress.text(address) + ": not listening, see the log");
    }
    return server.port();
  }

  /**
   * The port on which traffic is taken.
   *
   * @return the port bound, also when any free one was asked for
   */
  public int port() {
    return Objects.requireNonNull(bound).getPort();
  }

  /**
   * The port on which operators are served.
   *
   * @return the port bound; that of the traffic unless they are split
   */
  public int adminPort() {
    return adminPort;
  }

  /**
   * Calls under way, from a request's head to the last byte of its answer.
   *
   * @return 0 or more
   */
  public long activeCalls() {
    return proxy.active();
  }

  /**
   * Ends everything in order: readiness goes down, the drain delay passes, no connection is taken
   * any more, calls under way may finish within the shutdown time-out. Blocks until the end; every
   * further caller waits for the same end.
   *
   * @return the exit code of the process: 0, or 1 when calls had to be cut
   * @throws IllegalStateException if the calling thread is interrupted; the end goes on without it
   */
  public int stop() {
    draining = true;
    if (stopping.compareAndSet(false, true)) {
      Thread.ofPlatform().name("fnlb-stop").start(end);
    }
    try {
      return end.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the load balancer stops", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the load balancer did not stop in order", e.getCause());
    }
  }

  private int end() throws InterruptedException {
    LOGGER.log(Level.INFO, "stopping: {0} calls under way", proxy.active());
    Thread.sleep(shutdown.drainDelay());
    // They would never end by themselves, and so hold up the listener.
    adminService.endWatches();
    Thread listener = Thread.ofVirtual().name("fnlb-stop-traffic").start(traffic::stop);
    long cut = 0;
    if (shutdown.timeout().isZero()) {
      listener.join();
    } else if (!listener.join(shutdown.timeout())) {
      // A connection without a call, such as one with half a head, is not missed.
      cut = proxy.active();
      if (router.endHolds() > 0) {
        boolean unused = listener.join(ANSWERING_HELD);
      }
      // Helidon waits no longer then: it interrupts the threads of all connections.
      listener.interrupt();
      boolean unused = listener.join(CUTTING);
    }
    close();
    if (cut > 0) {
      LOGGER.log(
          Level.WARNING,
          "stopped: {0} calls were cut, being under way after {1}",
          cut,
          TimeSpan.text(shutdown.timeout()));
      return 1;
    }
    LOGGER.log(Level.INFO, "stopped");
    return 0;
  }

  private void close() {
    traffic.stop();
    admin.stop();
    refresh.close();
    functions.close();
    get.close();
    scraper.close();
    health.close();
    registry.close();
    names.close();
    router.close();
    policy.close();
    meters.close();
  }

  /**
   * Whether calls can be taken. Helidon's listener ends silently when accepting fails, as for want
   * of file descriptors, and goes on saying that it runs.
   */
  private boolean alive() {
    InetSocketAddress address = bound;
    return draining || address == null || Listeners.isListenedOn(address);
  }

  /**
   * Waits until a listener has ended that nobody has asked to, which nothing but a new start mends.
   * Blocks while all is well, and for ever once the load balancer stops.
   *
   * @throws InterruptedException if the calling thread is interrupted
   */
  void awaitFailure() throws InterruptedException {
    int missed = 0;
    while (missed < MISSED_CHECKS) {
      Thread.sleep(LISTENER_CHECK);
      missed = alive() && operatorsAreServed() ? 0 : missed + 1;
    }
    LOGGER.log(
        Level.ERROR,
        "no connections are taken any more, see above; ending, so that it can be started again");
  }

  private boolean operatorsAreServed() {
    return draining
        || admin == traffic
        || Listeners.isListenedOn(new InetSocketAddress(adminAddress, adminPort));
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
