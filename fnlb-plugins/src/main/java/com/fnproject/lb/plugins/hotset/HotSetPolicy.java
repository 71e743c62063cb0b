package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sends each call where its expected cost is least: the function's own warm time, times the
 * slowdown that the node should show, plus the start that the call would have to wait for, where
 * starts that the cluster will profit from are priced down and those that hurt others are priced
 * up.
 *
 * <p>Every answer proves that an idle container of the function is on the node now. The ratio of
 * its latency to the function's own usual one tells how loaded the node is, whoever loads it. The
 * order of nodes for a function is the same in every balancer, so balancers that know nothing of
 * each other meet on the same nodes.
 *
 * <p>Each function has a lock of its own, held for less than a microsecond; what nodes and the
 * balancer learn is shared without one.
 */
final class HotSetPolicy implements RoutingPolicy {

  private static final double MOST_SLOWDOWN = 10;
  private static final double LEAST_CONCURRENCY = 0.2;

  final Parameters parameters;
  final Trust trust;
  final long slotNanos;

  /** The least slowdown on offer, smoothed over two seconds ("G"). Races cost accuracy only. */
  private double bestSlowdown = 1;

  private long bestSlowdownNanos;
  private boolean started;

  /** The nodes of the newest snapshot; touched by {@link #newSelector} only. */
  private HotNode[] present = {};

  HotSetPolicy(Parameters parameters) {
    this.parameters = parameters;
    this.trust = new Trust(parameters.homeTrust());
    this.slotNanos = (long) (parameters.hotWindow() * 1e9 / Entry.SLOTS);
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    if (!started) {
      started = true;
      bestSlowdownNanos = snapshot.nowNanos();
    }
    long version = snapshot.version();
    HotNode[] nodes = new HotNode[snapshot.size()];
    Set<HotNode> before = new HashSet<>(List.of(present));
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = snapshot.node(i).state(HotNode::new);
      if (!before.remove(nodes[i])) {
        nodes[i].join(version, snapshot.nowNanos(), parameters);
      }
    }
    for (HotNode gone : before) {
      gone.left = version;
    }
    present = nodes;
    return new HotSetSelector(this, snapshot, nodes);
  }

  /** 0 while something on offer is nearly as fast as ever, 1 when everything is slow. */
  double overload() {
    return Math.clamp(bestSlowdown - 1.5, 0, 1);
  }

  void offered(double slowdown, long nowNanos) {
    double passed = (nowNanos - bestSlowdownNanos) * HotNode.NANOS;
    if (passed <= 0) {
      return;
    }
    bestSlowdownNanos = nowNanos;
    bestSlowdown +=
        (1 - Math.exp(-passed / 2)) * (Math.min(slowdown, MOST_SLOWDOWN) - bestSlowdown);
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    if (!(call.note() instanceof Entry entry)) {
      return;
    }
    FunctionState function = call.function().state(FunctionState::new);
    long memo = call.memo();
    call.note(null);
    long now = result.nowNanos();
    HotNode on = entry.node;
    Standing standing = Booking.standing(memo);
    boolean last;
    synchronized (function) {
      function.refresh(call.function());
      entry.read(node.reading(), call.function());
      int nodeCalls = on.end();
      function.end(entry, standing, now, slotNanos);
      switch (result.outcome()) {
        case RAN -> {
          entry.used(now);
          learn(function.times, on, memo, nodeCalls, result);
        }
        case BUSY -> {
          on.blockedUntilNanos = now + HotNode.AVOID_NANOS;
          on.concurrency = Math.max(1, 0.9 * on.concurrency);
          entry.notRun(standing);
        }
        case UNREACHABLE, BROKEN -> {
          on.deadUntilNanos = now + HotNode.AVOID_NANOS;
          entry.forgetWarmth();
        }
        case NOT_RUN, NOT_SENT -> entry.notRun(standing);
        // It was sent, and nobody has refused it.
        case TIMED_OUT, ABANDONED -> entry.used(now - result.latencyNanos());
      }
      last = function.calls == 0;
    }
    // The last call that could have woken others wakes one, whatever became of it.
    if (result.outcome() == Outcome.RAN || last) {
      boolean unused = call.function().held() > 0 && call.wake(node);
    }
  }

  private void learn(
      WarmTimes times, HotNode node, long memo, int nodeCalls, RoutingResult result) {
    long now = result.nowNanos();
    double latency = Math.max(result.latencyNanos(), 1) * HotNode.NANOS;
    // A call cannot have waited longer than it took: such a header tells nothing.
    boolean told = result.waitNanos() >= 0 && result.waitNanos() < result.latencyNanos();
    double wait = told ? result.waitNanos() * HotNode.NANOS : 0;
    double warmTime = Math.max(latency - wait, HotNode.NANOS);
    Standing standing = Booking.standing(memo);
    boolean hot = standing == Standing.HOT;
    boolean wasCold;
    if (told) {
      wasCold = wait > 0.4 * times.cold() || wait > 1;
    } else if (times.known()) {
      double prior = hot ? -4 : standing == Standing.BUSY ? -1 : 0;
      wasCold = times.wasCold(latency, Math.exp(Math.max(0, node.slowdown)), prior);
    } else if (hot || times.startsBaseline(latency)) {
      wasCold = false;
    } else {
      return;
    }
    if (wasCold) {
      times.learnCold(told ? wait : latency - times.base());
    }
    if (standing == Standing.FADED || standing == Standing.FRESH || standing == Standing.FAR) {
      trust.learn(Booking.row(memo), Booking.column(memo), !wasCold);
    }
    learnHotWindow(node, standing, Booking.age(memo), wasCold);
    if (told || (hot && !wasCold)) {
      learnSlowdown(times, node, warmTime, Booking.nodeCalls(memo), nodeCalls, now);
    }
    if (!wasCold) {
      times.learnWarm(warmTime, now);
    }
  }

  /** Follows evictions down, and a longer idle time-out than thought up. */
  private void learnHotWindow(HotNode node, Standing standing, double age, boolean wasCold) {
    double window = node.hotWindow;
    double usual = parameters.hotWindow();
    if (standing == Standing.HOT && age > 1) {
      double weight = Math.min(1, age / window);
      node.hotWindow =
          wasCold
              ? Math.max(2, window * (1 - 0.08 * weight))
              : Math.min(Math.max(usual, window), window * (1 + 0.02 * weight));
    } else if (standing == Standing.FADED && !wasCold && age > window) {
      node.hotWindow = Math.min(4 * usual, 1.05 * window);
    }
  }

  private static void learnSlowdown(
      WarmTimes times, HotNode node, double warmTime, int callsAtSend, int callsNow, long now) {
    if (times.samples() < 5) {
      return;
    }
    double deviation = Math.clamp(Math.log(warmTime) - times.logBase(), -1, 2);
    double passed = (now - node.slowdownNanos) * HotNode.NANOS;
    // Functions that vary count little, samples that come rarely count more.
    double gain =
        Math.min(
            1,
            0.1 / (0.05 + times.variance()) * Math.max(0.1, 0.5 * (1 - Math.exp(-passed / 1.5))));
    double slowdown = node.slowdown + gain * (deviation - node.slowdown);
    node.slowdown = slowdown;
    node.slowdownNanos = now;
    double calls = (callsAtSend + callsNow) / 2.0;
    double factor = Math.exp(slowdown);
    double concurrency = node.concurrency;
    if (factor > 1.3) {
      node.concurrency =
          Math.max(LEAST_CONCURRENCY, concurrency + gain * (calls / factor - concurrency));
    } else if (factor < 1.2 && calls > 0.7 * concurrency) {
      node.concurrency = concurrency + 0.25 * Math.max(0.4, 0.1 * concurrency);
    }
  }

  @Override
  public void onMerged(RoutedFunction from, RoutedFunction into) {
    FunctionState given = from.state(FunctionState::new);
    FunctionState kept = into.state(FunctionState::new);
    FunctionState copy;
    synchronized (given) {
      given.refresh(from);
      copy = given.copy(slotNanos);
    }
    synchronized (kept) {
      kept.refresh(into);
      kept.adopt(copy, slotNanos);
    }
  }
}
