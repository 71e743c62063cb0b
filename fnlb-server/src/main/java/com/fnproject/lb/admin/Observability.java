package com.fnproject.lb.admin;

import com.fnproject.lb.insight.CallMeters;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.spi.Outcome;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.Tag;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * What machines ask of a balancer: {@code /observe/health} with {@code live} and {@code ready}, and
 * {@code /observe/metrics} for Prometheus. Helidon has one set of meters for a process, whatever
 * registries are made: of several balancers at once the counts add up, the gauges are those of the
 * first, and the first that stops takes the meters of all with it. Kept, they would hold a stopped
 * balancer in memory and show its nodes as the next one's.
 *
 * <p>Ready means that calls are taken, not that there are nodes to serve them: without nodes an
 * operator must still be able to reach the balancer and add some. The numbers of nodes are in the
 * details of {@code ready}.
 */
public final class Observability {

  /** What begins like this is for operators, whether it exists or not. */
  public static final String PATH = "/observe";

  /** Above that of the routing, whose catch-all would take these paths first. */
  private static final double WEIGHT = 200;

  private final NodeRegistry registry;
  private final BooleanSupplier live;
  private final BooleanSupplier ready;
  private final MetricsConfig metricsConfig;
  private final MeterRegistry meters;

  /**
   * Adds the meters of nodes and attempts.
   *
   * @param meters the balancer's meters, all of which are shown
   * @param metricsConfig what they were made with
   * @param registry whose nodes are counted
   * @param calls whose attempts are counted
   * @param live whether the listeners run; must not block
   * @param ready whether calls are taken: started and not draining; must not block
   */
  public Observability(
      MeterRegistry meters,
      MetricsConfig metricsConfig,
      NodeRegistry registry,
      CallMeters calls,
      BooleanSupplier live,
      BooleanSupplier ready) {
    this.meters = meters;
    this.metricsConfig = metricsConfig;
    this.registry = registry;
    this.live = live;
    this.ready = ready;
    nodesGauge("online", true);
    nodesGauge("offline", false);
    for (Outcome outcome : Outcome.values()) {
      meters.getOrCreate(
          FunctionalCounter.builder("fnlb.attempts", calls, all -> all.attempts(outcome))
              .description("Attempts to have a call served by a node, by outcome")
              .addTag(Tag.create("outcome", outcome.name().toLowerCase(Locale.ROOT))));
    }
  }

  private void nodesGauge(String state, boolean healthy) {
    meters.getOrCreate(
        Gauge.builder("fnlb.nodes", () -> count(healthy))
            .description("Nodes, by what the checks find")
            .addTag(Tag.create("state", state)));
  }

  private int count(boolean healthy) {
    int count = 0;
    for (Node node : registry.table().nodes().all()) {
      if (node.healthy() == healthy) {
        count++;
      }
    }
    return count;
  }

  /**
   * The feature to be added to the server that shall serve {@code /observe}.
   *
   * @return a new feature
   */
  public ObserveFeature feature() {
    HealthObserver health =
        HealthObserver.builder()
            .details(true)
            .useSystemServices(false)
            .addCheck(this::liveness, HealthCheckType.LIVENESS, "live")
            .addCheck(this::readiness, HealthCheckType.READINESS, "ready")
            .build();
    MetricsObserver metrics =
        MetricsObserver.builder().metricsConfig(metricsConfig).meterRegistry(meters).build();
    return ObserveFeature.builder()
        .weight(WEIGHT)
        .observersDiscoverServices(false)
        .addObserver(health)
        .addObserver(metrics)
        .build();
  }

  private HealthCheckResponse liveness() {
    return HealthCheckResponse.builder().status(live.getAsBoolean()).build();
  }

  private HealthCheckResponse readiness() {
    return HealthCheckResponse.builder()
        .status(ready.getAsBoolean())
        .detail("nodesOnline", count(true))
        .detail("nodesOffline", count(false))
        .build();
  }
}
