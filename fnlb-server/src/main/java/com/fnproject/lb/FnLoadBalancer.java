package com.fnproject.lb;

import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.health.HealthChecker;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.proxy.Proxy;
import com.fnproject.lb.routing.PolicyLoader;
import com.fnproject.lb.routing.Router;
import com.fnproject.lb.upstream.UpstreamPool;
import com.fnproject.lb.upstream.WebClientUpstream;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import io.helidon.webserver.WebServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** The whole load balancer, running. Thread-safe. */
public final class FnLoadBalancer {

  private final WebServer server;
  private final ShutdownConfig shutdown;
  private volatile boolean draining;

  private FnLoadBalancer(Config config) {
    this.shutdown = config.shutdown();
    RandomGenerator random = ThreadLocalRandomGenerator.INSTANCE;
    MeterRegistry meters = Services.get(MeterRegistry.class);
    Router router =
        new Router(
            PolicyLoader.load(config.routing(), random),
            config.routing().router(),
            System::nanoTime,
            meters);
    NodeRegistry registry =
        new NodeRegistry(
            address ->
                new UpstreamPool(
                    address.host(), address.port(), config.upstream(), System::nanoTime),
            router::newSelector,
            System::nanoTime);
    HealthChecker health = new HealthChecker(config.health(), registry, random);
    registry.listen(health);
    for (NodeAddress address : config.nodes()) {
      registry.apply(new NodeChange.Add(address));
    }
    Proxy proxy =
        new Proxy(
            config.proxy(),
            registry,
            router,
            new WebClientUpstream(config.upstream()),
            new FunctionTable(100_000),
            List.of(),
            () -> draining,
            System::nanoTime,
            meters);
    var builder = WebServer.builder().shutdownHook(false).featuresDiscoverServices(false);
    Listeners.configure(
        builder, config.listen().listen(), config.listen(), config.shutdown().timeout());
    server = builder.addRouting(Listeners.routing().any(proxy)).build().start();
  }

  /**
   * Starts a load balancer in this process, for what stands beside it: the demo, benchmarks, tests.
   *
   * @param arguments as on the command line; neither environment nor {@code LOG_LEVEL} is read
   * @return the running balancer, to be stopped by the caller
   * @throws IllegalArgumentException if an argument is refused; the message names it
   * @throws RuntimeException if it cannot start, as when the address is taken
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

  /** Starts everything; returns when clients are served. */
  static FnLoadBalancer start(Config config) {
    return new FnLoadBalancer(config);
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
   * Ends everything in order: readiness goes down, the drain delay passes, no connection is taken any more, calls under
   * way may finish within the shutdown time-out. Blocks until the end; to be called once.
   *
   * @return the exit code of the process: 0, or 1 when calls had to be cut
   */
  public int stop() {
    draining = true;
    server.stop();
    shutdown.timeout();
    return 0;
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
