package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.upstream.NameLookup;
import com.fnproject.lb.upstream.UpstreamConfig;
import com.fnproject.lb.upstream.UpstreamPool;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Registries for tests in which nobody connects to a node. */
public final class Registries {

  private static final UpstreamConfig CONFIG =
      new UpstreamConfig(
          1, 0, Duration.ofSeconds(1), Duration.ZERO, Duration.ofSeconds(1), 64 * 1024);

  /** Never asked for a name, so it has no threads to be closed. */
  private static final NameLookup NAMES = new NameLookup();

  private Registries() {}

  /** An empty registry, to be closed by the caller. */
  public static NodeRegistry unconnected(
      Function<NodeSnapshot, NodeSelector> selectors, LongSupplier clock) {
    return unconnected(selectors, clock, 0);
  }

  /** The same, with a cap on the calls under way on a node. */
  public static NodeRegistry unconnected(
      Function<NodeSnapshot, NodeSelector> selectors, LongSupplier clock, int nodeInFlight) {
    return new NodeRegistry(address -> pool(address, clock), selectors, clock, nodeInFlight, 0);
  }

  static UpstreamPool pool(NodeAddress address, LongSupplier clock) {
    return new UpstreamPool(address.host(), address.port(), CONFIG, NAMES, clock);
  }
}
