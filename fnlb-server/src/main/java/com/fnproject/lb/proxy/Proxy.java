package com.fnproject.lb.proxy;

import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.routing.Router;
import com.fnproject.lb.upstream.Upstream;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Serves calls, and holds what all exchanges share. Thread-safe; each call runs on its connection's
 * own virtual thread.
 */
public final class Proxy {

  final ProxyConfig config;
  final NodeRegistry registry;
  final Router router;
  final Upstream upstream;
  final FunctionTable functions;
  final LongSupplier clock;
  final InstantSource wallClock;
  final ProxyMeters meters;
  final String via;
  private final CallListener[] listeners;
  private final BooleanSupplier draining;

  /**
   * Creates the data path.
   *
   * @param config its rules
   * @param registry the cluster
   * @param router chooses nodes
   * @param upstream exchanges calls with nodes
   * @param functions the functions that are called
   * @param listeners hear of every attempt, in this order
   * @param draining whether clients should be told to close their connections
   * @param clock nanoseconds, monotonic
   * @param wallClock what dates in answers are compared with
   * @param meters where calls are counted
   * @param via what the balancer's own checks carry in their Via field: a request that comes with
   *     it has come back from a node, and is refused instead of being sent round for ever
   */
  public Proxy(
      ProxyConfig config,
      NodeRegistry registry,
      Router router,
      Upstream upstream,
      FunctionTable functions,
      List<CallListener> listeners,
      BooleanSupplier draining,
      LongSupplier clock,
      InstantSource wallClock,
      MeterRegistry meters,
      String via) {
    this.config = config;
    this.registry = registry;
    this.router = router;
    this.upstream = upstream;
    this.functions = functions;
    this.listeners = listeners.toArray(CallListener[]::new);
    this.draining = draining;
    this.clock = clock;
    this.wallClock = wallClock;
    this.meters = new ProxyMeters(meters);
    this.via = via;
  }

  /**
   * Serves one call, until the last byte of its answer is written. Throws what Helidon throws when
   * the client is gone, or to have the connection closed.
   *
   * @param request the call
   * @param response its answer
   */
  public void handle(ServerRequest request, ServerResponse response) {
    serve(new HelidonDownstream(request, response, draining));
  }

  void serve(Downstream downstream) {
    meters.began();
    try {
      new Exchange(this, downstream).run();
    } finally {
      meters.ended();
    }
  }

  /**
   * Calls under way.
   *
   * @return 0 or more
   */
  public long active() {
    return meters.active();
  }

  CallListener[] listeners() {
    return listeners;
  }
}
