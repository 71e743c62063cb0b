package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.plugins.Rendezvous;
import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingCall;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes of a snapshot would cost a call, and which of them costs least. Serves one call
 * after the other, so that none has to allocate; used by one thread at a time, which holds the
 * monitor of the call's function.
 */
final class Pricing {

  /** The most entries that one call reads. */
  private static final int MOST_READ = 32;

  /** What a container on a node with little memory left costs others, in starts. */
  private static final double TIGHT_HARM = 0.5;

  private static final double LEAST_HARM = 0.02;

  /** Above this slowdown one more container takes what others need. */
  private static final double HARMFUL_SLOWDOWN = 1.3;

  /** Up to this slowdown a node is good enough not to look for another. */
  private static final double SOUND_SLOWDOWN = 1.5;

  /** What a node that has just refused a call is thought to cost, in seconds. */
  private static final double BLOCKED = 5;

  private final HotSetSelector of;
  private final HotSetPolicy policy;
  private final Parameters parameters;

  // The call, and what its function is known to need.
  private long now;
  private double base;
  private double cold;
  private double sharers;
  private int column;

  // The node that is being priced.
  private boolean young;
  private boolean tight;
  private double crowd;
  private double slowdown;
  private double harm;

  // What costs least so far.
  private @Nullable HotNode bestNode;
  private @Nullable Entry bestEntry;
  private Standing bestStanding = Standing.FAR;
  private int bestRank;
  private double bestAge;
  private double bestSlowdown;
  private double bestCost;
  private double leastSlowdown;

  Pricing(HotSetSelector of) {
    this.of = of;
    this.policy = of.policy;
    this.parameters = policy.parameters;
  }

  /** The node that costs least; null if none may be used. */
  @Nullable HotNode bestNode() {
    return bestNode;
  }

  Standing bestStanding() {
    return bestStanding;
  }

  double bestSlowdown() {
    return bestSlowdown;
  }

  /** The least slowdown of all nodes that were looked at. */
  double leastSlowdown() {
    return leastSlowdown;
  }

  /**
   * Prices nodes for a call.
   *
   * @param out is told of each node that is looked at, unless null
   */
  void price(FunctionState function, RoutingCall call, @Nullable Explanation out) {
    double rate = begin(function, call);
    long draw = Rendezvous.mix(function.hash ^ Double.doubleToRawLongBits(rate));
    HotNode[] order = function.order(of);
    priceEntries(function, call, draw, out);
    priceFresh(function, call, order, out);
    if (leastSlowdown > SOUND_SLOWDOWN && of.nodes.length > FunctionState.RANKS) {
      priceFar(function, call, draw, order, out);
    }
    if (bestNode == null) {
      takeAny(function, call, order);
    }
  }

  /** Takes the node where a call of the function has just freed a container. */
  void takeHot(FunctionState function, RoutingCall call, HotNode node) {
    double unused = begin(function, call);
    take(function, node);
    bestStanding = Standing.HOT;
  }

  /** Returns the function's rate. */
  private double begin(FunctionState function, RoutingCall call) {
    bestNode = null;
    bestEntry = null;
    bestCost = Double.POSITIVE_INFINITY;
    leastSlowdown = Double.POSITIVE_INFINITY;
    now = call.nowNanos();
    base = function.times.base();
    cold = function.times.cold();
    double rate = function.rate(now);
    sharers = 1 + parameters.amortise() * rate * (1 - policy.overload());
    column = Trust.column(rate);
    return rate;
  }

  /** Prices nodes that have run the function; drops entries that prove nothing any more. */
  private void priceEntries(
      FunctionState function, RoutingCall call, long draw, @Nullable Explanation out) {
    int size = function.size();
    int start = size <= MOST_READ ? 0 : (int) Long.remainderUnsigned(draw, size);
    int at = start;
    for (int left = Math.min(size, MOST_READ); left > 0; left--) {
      if (at >= function.size()) {
        at = 0;
      }
      Entry entry = function.entry(at);
      entry.refresh(call.function());
      if (!entry.stale(now, parameters)) {
        at++;
        if (of.usable(entry.node, call, now)) {
          priceEntry(function.times, entry, out);
        }
      } else if (at >= start) {
        function.drop(at);
      } else {
        // The last entry, which would take its place, has had its turn.
        at++;
      }
    }
  }

  private void priceEntry(WarmTimes times, Entry entry, @Nullable Explanation out) {
    HotNode node = entry.node;
    assess(node);
    double age;
    boolean hot;
    if (young && entry.scraped()) {
      hot = entry.idleLeft() > 0;
      age = hot ? 0 : entry.age(now, policy.slotNanos);
    } else {
      age = entry.age(now, policy.slotNanos);
      hot = age < node.hotWindow;
    }
    hot = hot && !isSilent(times, entry);
    Standing standing;
    double start;
    if (hot) {
      standing = Standing.HOT;
      start = 0;
    } else if (entry.calls > 0) {
      standing = Standing.BUSY;
      start =
          Math.min(cold * slowdown, base * slowdown / entry.calls)
              + cold * harm
              + (node.blocked(now) ? 0.5 * cold : 0);
    } else {
      standing = Standing.FADED;
      double chance = policy.trust.chance(Trust.row(entry.rank), column);
      start =
          0.8 * (1 - chance) * cold * (slowdown / sharers + harm)
              + (node.blocked(now) ? BLOCKED : 0);
    }
    double cost = (base * slowdown + start) * rankFactor(entry.rank);
    offer(node, entry, standing, entry.rank, age, cost, out);
  }

  /**
   * Whether calls have been under way for longer than warm ones take: then the container that was
   * thought to be there is gone, or is another balancer's, and the node is starting one.
   */
  private boolean isSilent(WarmTimes times, Entry entry) {
    double silence = entry.silence(now);
    return silence > base
        && times.known()
        && silence > times.longest(Math.max(slowdown, Math.exp(entry.node.slowdown)));
  }

  /** Prices the function's own nodes that it is not known to have run on, up to two sound ones. */
  private void priceFresh(
      FunctionState function, RoutingCall call, HotNode[] order, @Nullable Explanation out) {
    boolean current = function.keeps(order);
    int sound = 0;
    for (int rank = 0; rank < order.length && sound < 2; rank++) {
      HotNode node = order[rank];
      if ((current ? function.hasEntryOf(rank) : function.find(node) != null)
          || !of.usable(node, call, now)) {
        continue;
      }
      assess(node);
      double chance = policy.trust.chance(Trust.row(rank), column);
      double start = (1 - chance) * cold * (slowdown / sharers + harm);
      if (!current || !function.hasRunOn(rank)) {
        start += parameters.foreign() * cold / sharers * (rank == 0 ? 0.3 : 1);
      }
      if (node.blocked(now)) {
        start += BLOCKED;
      }
      double cost = (base * slowdown + start) * rankFactor(rank);
      offer(node, null, Standing.FRESH, rank, 0, cost, out);
      boolean roomy = young ? !tight : node.hotWindow > 0.7 * parameters.hotWindow();
      if (slowdown < SOUND_SLOWDOWN && roomy) {
        sound++;
      }
    }
  }

  /** Prices two nodes of the whole cluster, unless they have been priced. */
  private void priceFar(
      FunctionState function,
      RoutingCall call,
      long draw,
      HotNode[] order,
      @Nullable Explanation out) {
    HotNode first = of.nodes[Integer.remainderUnsigned((int) draw, of.nodes.length)];
    HotNode second = of.nodes[Integer.remainderUnsigned((int) (draw >>> 32), of.nodes.length)];
    priceFar(function, call, first, order, out);
    if (second != first) {
      priceFar(function, call, second, order, out);
    }
  }

  private void priceFar(
      FunctionState function,
      RoutingCall call,
      HotNode node,
      HotNode[] order,
      @Nullable Explanation out) {
    // No sound node was found, so all of the order has been priced.
    if (!of.usable(node, call, now)
        || function.find(node) != null
        || FunctionState.place(node, order) < FunctionState.RANKS) {
      return;
    }
    assess(node);
    double start = cold * ((slowdown + 2) / sharers + harm);
    double cost = base * slowdown + start;
    offer(node, null, Standing.FAR, function.rankOf(node), 0, cost, out);
  }

  /** Takes whatever is left, the function's own nodes first: better than no node at all. */
  private void takeAny(FunctionState function, RoutingCall call, HotNode[] order) {
    HotNode found = untried(order, call, null);
    if (found == null || found.dead(now)) {
      found = untried(of.nodes, call, found);
    }
    if (found != null) {
      take(function, found);
    }
  }

  /** The first node not tried, rather one that can be reached. */
  private @Nullable HotNode untried(HotNode[] nodes, RoutingCall call, @Nullable HotNode or) {
    HotNode found = or;
    for (HotNode node : nodes) {
      if (!call.tried(node.node) && (found == null || (found.dead(now) && !node.dead(now)))) {
        found = node;
      }
    }
    return found;
  }

  private void take(FunctionState function, HotNode node) {
    bestNode = node;
    bestEntry = function.find(node);
    bestStanding = Standing.FAR;
    bestRank = function.rankOf(node);
    bestAge = 0;
    assess(node);
    bestSlowdown = slowdown;
    leastSlowdown = Math.min(leastSlowdown, bestSlowdown);
  }

  /**
   * Finds out how slow one more call on a node should be, and what one more container there costs.
   */
  private void assess(HotNode node) {
    NodeReading reading = node.youngReading(now);
    young = reading != null;
    tight = reading != null && HotNode.memoryTight(reading);
    crowd = young ? 0 : Math.max(0, 1 - node.hotWindow / parameters.hotWindow());
    double used = (node.calls() + 1) / (parameters.headroom() * (node.concurrency + 0.5));
    slowdown = used < 1 ? 1 + parameters.spread() * used * used * (1 - crowd) : used + 0.3;
    harm =
        LEAST_HARM
            + (slowdown > HARMFUL_SLOWDOWN ? parameters.cpuHarm() * slowdown : 0)
            + parameters.memoryHarm() * crowd
            + (tight ? TIGHT_HARM : 0);
  }

  /** The order decides between equals; less so where containers die early. */
  private double rankFactor(int rank) {
    return 1 + (0.003 + 0.05 * crowd) * rank;
  }

  private void offer(
      HotNode node,
      @Nullable Entry entry,
      Standing standing,
      int rank,
      double age,
      double cost,
      @Nullable Explanation out) {
    leastSlowdown = Math.min(leastSlowdown, slowdown);
    if (out != null) {
      out.candidate(node.node, cost, words(standing, rank, entry));
    }
    if (cost < bestCost) {
      bestNode = node;
      bestEntry = entry;
      bestStanding = standing;
      bestRank = rank;
      bestAge = age;
      bestSlowdown = slowdown;
      bestCost = cost;
    }
  }

  private String words(Standing standing, int rank, @Nullable Entry entry) {
    return String.format(
        Locale.ROOT,
        "%s, rank %d, slowdown %.2f, %d of its calls there, usually %.0f ms",
        standing.name().toLowerCase(Locale.ROOT),
        rank,
        slowdown,
        entry == null ? 0 : entry.calls,
        base * 1000);
  }

  /** Books the call on the node found. */
  void book(FunctionState function, HotNode node, RoutingCall call) {
    Entry entry = bestEntry;
    if (entry == null) {
      entry = function.add(node, bestRank, now, policy.slotNanos);
    }
    entry.read(node.node.reading(), call.function());
    function.begin(entry, bestStanding, now, policy.slotNanos);
    int nodeCalls = node.begin();
    call.note(entry);
    call.memo(Booking.of(bestStanding, Trust.row(bestRank), column, nodeCalls, bestAge));
    if (call.attempt() == 1) {
      function.arrived(now);
    }
  }
}
