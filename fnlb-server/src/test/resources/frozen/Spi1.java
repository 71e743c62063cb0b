package com.example.frozen;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A policy that uses all of SPI 1 and picks the last node that was not tried. The jar beside this
 * file was made of it by {@code make freeze-spi} and is never to be made anew after SPI 1 was
 * released: servers must run it for ever. Whatever it finds wrong it throws.
 */
public final class Spi1 implements RoutingPolicyProvider {

  @Override
  public String name() {
    return "spi-1";
  }

  @Override
  public int spiVersion() {
    return SPI_VERSION;
  }

  @Override
  public RoutingPolicy create(PolicyContext context) {
    context.random().nextLong();
    String value = context.options().get("refuse");
    if (value != null) {
      throw context.badOption("refuse", value, "no such option");
    }
    return new Policy();
  }

  private static final class Policy implements RoutingPolicy {

    @Override
    public NodeSelector newSelector(NodeSnapshot snapshot) {
      check(snapshot.version() >= 0 && snapshot.nowNanos() != 0, "snapshot");
      return new Selector(snapshot);
    }

    @Override
    public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
      check(call.memo() == 7 && node.equals(call.note()), "notes");
      check(result.nowNanos() - call.nowNanos() <= 0, "time");
      check(result.latencyNanos() >= 0 && result.status() >= 0, "result");
      check(result.waitNanos() >= -1 && result.retryAfterNanos() >= -1, "fields");
      switch (result.outcome()) {
        case RAN:
        case NOT_RUN:
        case BUSY:
        case NOT_SENT:
        case UNREACHABLE:
        case BROKEN:
        case TIMED_OUT:
        case ABANDONED:
          break;
        default: // what a newer server may tell
      }
      if (call.function().held() > 0) {
        call.wake(node);
      }
    }

    @Override
    public void onHoldEnded(RoutingCall call, HoldEnd why) {
      check(why == HoldEnd.WOKEN || why == HoldEnd.EXPIRED || why != null, "hold");
    }

    @Override
    public void onMerged(RoutedFunction from, RoutedFunction into) {
      check(from != into, "merge");
    }

    @Override
    public void close() {}
  }

  private static final class Selector implements NodeSelector {

    private final NodeSnapshot snapshot;

    Selector(NodeSnapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    public RoutingNode select(RoutingCall call) {
      look(call.function());
      check(call.attempt() >= 1 && call.memo() == 0 && call.note() == null, "call");
      check(call.method() != null && call.path() != null, "head");
      if (call.wokenFor() == null && call.header("X-Hold") != null && call.mayHold()) {
        return call.hold(1_000_000);
      }
      RoutingNode chosen = null;
      for (int i = 0; i < snapshot.size(); i++) {
        RoutingNode node = snapshot.node(i);
        look(node);
        if (!call.tried(node)) {
          chosen = node;
        }
      }
      call.memo(7);
      call.note(chosen);
      return chosen;
    }

    @Override
    public void explain(RoutingCall call, Explanation out) {
      for (int i = 0; i < snapshot.size(); i++) {
        out.candidate(snapshot.node(i), i, "place " + i);
      }
      out.decision(snapshot.size() == 0 ? null : snapshot.node(snapshot.size() - 1), "the last");
    }

    private static void look(RoutingNode node) {
      check(!node.id().isEmpty() && node.weight() > 0 && node.inFlight() >= 0, "node");
      check(node.labels() != null && (node.hasRoom() || !node.hasRoom()), "node");
      AtomicInteger state = node.state(fresh -> new AtomicInteger());
      check(state == node.<AtomicInteger>state(fresh -> new AtomicInteger()), "state of a node");
      NodeReading reading = node.reading();
      if (reading != null) {
        check(reading.scrapedNanos() != 0 && reading.intervalNanos() > 0, "reading");
        check(reading.memoryUsed() >= -1 && reading.memoryFree() >= -1, "memory");
        check(reading.containers() >= 0, "containers");
      }
    }

    private static void look(RoutedFunction function) {
      check(function.hash() == SipHash.hash(function.key()), "hash");
      check(function.hash() == SipHash.hash(SipHash.K0, SipHash.K1, function.key()), "key");
      check(function.generation() >= 0 && function.held() >= 0, "function");
      AtomicInteger state = function.state(fresh -> new AtomicInteger());
      check(state == function.<AtomicInteger>state(f -> new AtomicInteger()), "state");
      Warmth warmth = function.warmth();
      for (int i = 0; warmth != null && i < warmth.size(); i++) {
        check(warmth.node(i) != null && warmth.scrapedNanos(i) != 0, "warmth");
        check(warmth.idle(i) >= 0 && warmth.busy(i) >= 0, "containers");
        check(warmth.starting(i) >= 0 && warmth.waiting(i) >= 0, "containers");
      }
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("SPI 1 is broken: " + what);
    }
  }
}
