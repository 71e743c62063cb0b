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
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** The whole load balancer, running. */
final class FnLoadBalancer {

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

  /** Starts everything; blocks until clients are served. */
  static FnLoadBalancer start(Config config) {
    return new FnLoadBalancer(config);
  }

  /** Ends everything; blocks until the end. Returns the exit code: 1 when calls were cut. */
  int stop() {
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
