package com.fnproject.lb.insight;

import com.fnproject.lb.fn.MetricsReading;
import com.fnproject.lb.node.AdminState;
import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeListener;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What operators see of each node: the balancer's own view, and what the node told of itself last;
 * the latter is -1 while it tells nothing (Helidon cannot write what is not a number in JSON). A
 * node's meters are there for as long as the node is in the cluster. Thread-safe.
 */
public final class NodeMeters implements NodeListener, CallListener {

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double UNKNOWN = -1;

  /** One node's. */
  private record Row(LongAdder busy, List<Meter> meters) {}

  private final MeterRegistry meters;
  private final LongSupplier clock;
  private final Map<Node, Row> rows = new ConcurrentHashMap<>();

  /**
   * Creates meters of no nodes.
   *
   * @param meters where they are shown
   * @param clock nanoseconds, monotonic; that of readings
   */
  public NodeMeters(MeterRegistry meters, LongSupplier clock) {
    this.meters = meters;
    this.clock = clock;
  }

  @Override
  public void added(Node node) {
    LongAdder busy = new LongAdder();
    List<Meter> shown = new ArrayList<>();
    shown.add(
        gauge(node, "eligible", "1 if the node may be sent calls, else 0", () -> eligible(node)));
    shown.add(
        gauge(
            node,
            "draining",
            "1 while the operator drains the node, else 0",
            () -> node.status().spec().state() == AdminState.DRAINING ? 1 : 0));
    shown.add(gauge(node, "weight", "The weight that the operator gave the node", node::weight));
    shown.add(
        gauge(node, "in.flight", "Calls of this balancer that are at the node", node::inFlight));
    shown.add(told(node, "hot", "Containers that are up at the node", MetricsReading::hot));
    shown.add(
        told(node, "waiting", "Calls that wait for a container at the node", r -> r.waiting()));
    shown.add(
        told(
            node,
            "memory.free.bytes",
            "Memory that the node has left for containers",
            MetricsReading::memoryFree));
    shown.add(
        told(
            node,
            "reading.age.seconds",
            "Since when the node has not told anything",
            reading -> (clock.getAsLong() - reading.scrapedNanos()) / NANOS_PER_SECOND));
    shown.add(
        meters.getOrCreate(
            FunctionalCounter.builder("fnlb.node.busy", busy, LongAdder::sum)
                .description("Attempts that the node refused because it was full")
                .addTag(Tag.create("node", node.id()))));
    rows.put(node, new Row(busy, shown));
  }

  private static int eligible(Node node) {
    return node.status().eligible() ? 1 : 0;
  }

  private Meter told(
      Node node, String name, String description, ToDoubleFunction<MetricsReading> value) {
    return gauge(
        node,
        name,
        description,
        () -> {
          NodeReading reading = node.reading();
          return reading instanceof MetricsReading told ? value.applyAsDouble(told) : UNKNOWN;
        });
  }

  private <N extends Number> Meter gauge(
      Node node, String name, String description, Supplier<N> value) {
    return meters.getOrCreate(
        Gauge.builder("fnlb.node." + name, value)
            .description(description)
            .addTag(Tag.create("node", node.id())));
  }

  @Override
  public void removed(Node node) {
    Row row = rows.remove(node);
    if (row != null) {
      row.meters().forEach(meters::remove);
    }
  }

  @Override
  public void onAttempt(RoutingCall call, Node node, RoutingResult result) {
    if (result.outcome() != Outcome.BUSY) {
      return;
    }
    Row row = rows.get(node);
    if (row != null) {
      row.busy().increment();
    }
  }
}
