package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.plugins.Rendezvous;
import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.Warmth;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a function, and the pricing of nodes for one of its calls. Its monitor guards
 * all of it, the entries included.
 */
final class FunctionState {

  /** How much of the function's order of nodes is kept. */
  static final int RANKS = 16;

  /** The most entries that one pricing reads. */
  private static final int MOST_READ = 32;

  /** What counts the function's rate: arrivals, forgotten over so many seconds. */
  private static final double RATE_SECONDS = 30;

  /** What a container on a node with little memory left costs others, in starts. */
  private static final double TIGHT_HARM = 0.5;

  private static final double LEAST_HARM = 0.02;

  /** Above this slowdown one more container takes what others need. */
  private static final double HARMFUL_SLOWDOWN = 1.3;

  /** Up to this slowdown a node is good enough not to look for another. */
  private static final double SOUND_SLOWDOWN = 1.5;

  /** What a node that has just refused a call is thought to cost, in seconds. */
  private static final double BLOCKED = 5;

  private static final HotNode[] NO_NODES = {};

  private final long hash;
  final WarmTimes times = new WarmTimes();

  /** Own calls on all nodes, from selection to the head of the answer. */
  int calls;

  private double arrivals;
  private long arrivedNanos;

  private HotNode[] ranks = NO_NODES;
  private long ranksVersion = -1;

  /** Bit i: this balancer has run the function on rank i. */
  private int seen;

  private Entry[] entries = new Entry[1];
  private int size;

  private long generation;
  private @Nullable Warmth warmth;

  /**
   * Of which the nodes with idle containers have entries, by the ranks of {@link #ranksVersion}.
   */
  private @Nullable Warmth listed;

  // The node that is being priced.
  private boolean young;
  private boolean tight;
  private double crowd;
  private double slowdown;
  private double harm;

  // What the latest pricing found.
  private @Nullable HotNode bestNode;
  private @Nullable Entry bestEntry;
  private Standing bestStanding = Standing.FAR;
  private int bestRank;
  private double bestAge;
  private double bestSlowdown;
  private double bestCost;
  private double leastSlowdown;

  FunctionState(RoutedFunction function) {
    this(function.hash(), function.generation());
  }

  private FunctionState(long hash, long generation) {
    this.hash = hash;
    this.generation = generation;
  }

  @Nullable HotNode bestNode() {
    return bestNode;
  }

  Standing bestStanding() {
    return bestStanding;
  }

  double bestSlowdown() {
    return bestSlowdown;
  }

  double leastSlowdown() {
    return leastSlowdown;
  }

  /** Calls a second that this balancer has seen of late. */
  double rate(long nowNanos) {
    return decayed(nowNanos) / RATE_SECONDS;
  }

  private double decayed(long nowNanos) {
    double passed = Math.max(0, (nowNanos - arrivedNanos) * HotNode.NANOS);
    return arrivals * Math.exp(-passed / RATE_SECONDS);
  }

  void arrived(long nowNanos) {
    arrivals = decayed(nowNanos) + 1;
    arrivedNanos = nowNanos;
  }

  /** Takes over what has become known of the function since the last time. */
  void refresh(RoutedFunction function) {
    warmth = function.warmth();
    if (function.generation() == generation) {
      return;
    }
    generation = function.generation();
    seen = 0;
    // Calls under way end in containers that are of no use any more.
    Arrays.fill(entries, 0, size, null);
    size = 0;
  }

  /** Makes the order of nodes and the entries those of the selector's snapshot. */
  void prepare(HotSetSelector of, long nowNanos) {
    if (ranksVersion < of.version) {
      rank(of);
      listed = null;
    }
    Warmth known = warmth;
    if (known == listed || known == null) {
      return;
    }
    listed = known;
    for (int i = 0; i < known.size(); i++) {
      if (known.idle(i) == 0) {
        continue;
      }
      HotNode node = known.node(i).state(HotNode::new);
      if (node.isIn(of.version) && find(node) == null) {
        Entry entry = add(node, rankOf(node), known.scrapedNanos(i), of.policy.slotNanos);
        entry.proven = true;
      }
    }
  }

  private void rank(HotSetSelector of) {
    HotNode[] before = ranks;
    int seenBefore = seen;
    ranks = of.firstFor(hash, RANKS);
    ranksVersion = of.version;
    seen = 0;
    for (int i = 0; i < before.length; i++) {
      int rank = (seenBefore >>> i & 1) == 0 ? RANKS : rankOf(before[i]);
      if (rank < RANKS) {
        seen |= 1 << rank;
      }
    }
    for (int i = 0; i < size; i++) {
      entries[i].rank = rankOf(entries[i].node);
    }
  }

  private int rankOf(HotNode node) {
    return place(node, ranks);
  }

  private static int place(HotNode node, HotNode[] order) {
    for (int i = 0; i < order.length; i++) {
      if (order[i] == node) {
        return i;
      }
    }
    return RANKS;
  }

  private @Nullable Entry find(HotNode node) {
    for (int i = 0; i < size; i++) {
      if (entries[i].node == node) {
        return entries[i];
      }
    }
    return null;
  }

  private Entry add(HotNode node, int rank, long nowNanos, long slotNanos) {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, size * 2);
    }
    Entry entry = new Entry(node, rank, nowNanos, slotNanos);
    entries[size++] = entry;
    if (rank < RANKS) {
      seen |= 1 << rank;
    }
    return entry;
  }

  /**
   * Prices the nodes of a snapshot for a call; the least cost stands in {@link #bestNode}, null if
   * none may be used.
   *
   * @param out is told of each node that is looked at, unless null
   */
  void price(HotSetSelector of, RoutingCall call, long now, @Nullable Explanation out) {
    bestNode = null;
    bestEntry = null;
    bestCost = Double.POSITIVE_INFINITY;
    leastSlowdown = Double.POSITIVE_INFINITY;
    HotSetPolicy policy = of.policy;
    double rate = rate(now);
    double sharers = 1 + policy.parameters.amortise() * rate * (1 - policy.overload());
    int column = Trust.column(rate);
    long draw = Rendezvous.mix(hash ^ Double.doubleToRawLongBits(rate));
    HotNode[] order = ranksVersion == of.version ? ranks : of.firstFor(hash, RANKS);
    int ranked = priceEntries(of, call, now, sharers, column, draw, out);
    priceFresh(of, call, now, sharers, column, order, ranked, out);
    if (leastSlowdown > SOUND_SLOWDOWN && of.nodes.length > RANKS) {
      priceFar(of, call, now, sharers, draw, order, out);
    }
    if (bestNode == null) {
      anyUntried(of, call, now);
    }
  }

  /** Prices the nodes that have run the function; answers the bits of their ranks. */
  private int priceEntries(
      HotSetSelector of,
      RoutingCall call,
      long now,
      double sharers,
      int column,
      long draw,
      @Nullable Explanation out) {
    int ranked = 0;
    for (int i = size - 1; i >= 0; i--) {
      Entry entry = entries[i];
      HotNode node = entry.node;
      if (entry.joined != node.joined) {
        entry.joined = node.joined;
        entry.forgetWarmth();
      }
      entry.read(node.node.reading(), call.function());
      if (stale(entry, now, of.policy.parameters)) {
        entries[i] = entries[--size];
        entries[size] = null;
        continue;
      }
      if (entry.rank < RANKS) {
        ranked |= 1 << entry.rank;
      }
    }
    int count = Math.min(size, MOST_READ);
    int start = size <= MOST_READ ? 0 : (int) Long.remainderUnsigned(draw, size);
    for (int i = 0; i < count; i++) {
      int index = start + i < size ? start + i : start + i - size;
      Entry entry = entries[index];
      if (of.usable(entry.node, call, now)) {
        priceEntry(of, entry, now, sharers, column, out);
      }
    }
    return ranked;
  }

  /** An entry is kept while it has calls, or could still prove something. */
  private static boolean stale(Entry entry, long now, Parameters parameters) {
    double keep = Math.max(parameters.hotWindow(), 1.5 * entry.node.hotWindow);
    if (entry.calls > 0 || (entry.proven && (now - entry.lastNanos) * HotNode.NANOS <= keep)) {
      return false;
    }
    return entry.node.youngReading(now) == null || !entry.scraped() || entry.idleLeft() <= 0;
  }

  private void priceEntry(
      HotSetSelector of,
      Entry entry,
      long now,
      double sharers,
      int column,
      @Nullable Explanation out) {
    HotNode node = entry.node;
    Parameters parameters = of.policy.parameters;
    assess(node, parameters, now);
    double age;
    boolean hot;
    if (young && entry.scraped()) {
      hot = entry.idleLeft() > 0;
      age = hot ? 0 : entry.age(now, of.policy.slotNanos);
    } else {
      age = entry.age(now, of.policy.slotNanos);
      hot = age < node.hotWindow;
    }
    double base = times.base();
    double cold = times.cold();
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
      double chance = of.policy.trust.chance(Trust.row(entry.rank), column);
      start =
          0.8 * (1 - chance) * cold * (slowdown / sharers + harm)
              + (node.blocked(now) ? BLOCKED : 0);
    }
    double cost = (base * slowdown + start) * rankFactor(entry.rank);
    offer(node, entry, standing, entry.rank, age, cost, out);
  }

  /** Prices the function's own nodes that it is not known to have run on, up to two sound ones. */
  private void priceFresh(
      HotSetSelector of,
      RoutingCall call,
      long now,
      double sharers,
      int column,
      HotNode[] order,
      int ranked,
      @Nullable Explanation out) {
    Parameters parameters = of.policy.parameters;
    double base = times.base();
    double cold = times.cold();
    int sound = 0;
    for (int rank = 0; rank < order.length && sound < 2; rank++) {
      HotNode node = order[rank];
      if ((order == ranks ? (ranked >>> rank & 1) != 0 : find(node) != null)
          || !of.usable(node, call, now)) {
        continue;
      }
      assess(node, parameters, now);
      double chance = of.policy.trust.chance(Trust.row(rank), column);
      double start = (1 - chance) * cold * (slowdown / sharers + harm);
      if (order != ranks || (seen >>> rank & 1) == 0) {
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
      HotSetSelector of,
      RoutingCall call,
      long now,
      double sharers,
      long draw,
      HotNode[] order,
      @Nullable Explanation out) {
    HotNode first = of.nodes[Integer.remainderUnsigned((int) draw, of.nodes.length)];
    HotNode second = of.nodes[Integer.remainderUnsigned((int) (draw >>> 32), of.nodes.length)];
    priceFar(of, call, now, sharers, first, order, out);
    if (second != first) {
      priceFar(of, call, now, sharers, second, order, out);
    }
  }

  private void priceFar(
      HotSetSelector of,
      RoutingCall call,
      long now,
      double sharers,
      HotNode node,
      HotNode[] order,
      @Nullable Explanation out) {
    // No sound node was found, so all of the order has been priced.
    if (!of.usable(node, call, now) || find(node) != null || place(node, order) < RANKS) {
      return;
    }
    assess(node, of.policy.parameters, now);
    double start = times.cold() * ((slowdown + 2) / sharers + harm);
    double cost = times.base() * slowdown + start;
    offer(node, null, Standing.FAR, rankOf(node), 0, cost, out);
  }

  /** Takes whatever is left, the function's own nodes first: better than no node at all. */
  private void anyUntried(HotSetSelector of, RoutingCall call, long now) {
    HotNode found = null;
    for (HotNode node : ranks) {
      if (node.isIn(of.version)
          && !call.tried(node.node)
          && (found == null || (found.dead(now) && !node.dead(now)))) {
        found = node;
      }
    }
    if (found == null || found.dead(now)) {
      for (HotNode node : of.nodes) {
        if (!call.tried(node.node) && (found == null || (found.dead(now) && !node.dead(now)))) {
          found = node;
        }
      }
    }
    if (found != null) {
      take(of, found, now);
    }
  }

  private void take(HotSetSelector of, HotNode node, long now) {
    bestNode = node;
    bestEntry = find(node);
    bestStanding = Standing.FAR;
    bestRank = rankOf(node);
    bestAge = 0;
    assess(node, of.policy.parameters, now);
    bestSlowdown = slowdown;
    leastSlowdown = Math.min(leastSlowdown, bestSlowdown);
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
      out.candidate(
          node.node, cost, HotSetSelector.words(standing, rank, slowdown, entry, times.base()));
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

  /** Chooses the node where a call of the function has just freed a container. */
  void takeHot(HotSetSelector of, HotNode node, long now) {
    leastSlowdown = Double.POSITIVE_INFINITY;
    take(of, node, now);
    bestStanding = Standing.HOT;
  }

  /** Books the call on the node found. */
  void book(HotSetSelector of, HotNode node, RoutingCall call, long now) {
    Entry entry = bestEntry;
    if (entry == null) {
      entry = add(node, bestRank, now, of.policy.slotNanos);
    }
    entry.read(node.node.reading(), call.function());
    int column = Trust.column(rate(now));
    entry.begin(now, of.policy.slotNanos);
    calls++;
    int nodeCalls = node.calls.incrementAndGet();
    if (entry.rank < RANKS) {
      seen |= 1 << entry.rank;
    }
    call.note(entry);
    call.memo(Booking.of(bestStanding, Trust.row(bestRank), column, nodeCalls, bestAge));
    if (call.attempt() == 1) {
      arrived(now);
    }
  }

  /**
   * Finds out how slow one more call on a node should be, and what one more container there costs.
   */
  private void assess(HotNode node, Parameters parameters, long now) {
    NodeReading reading = node.youngReading(now);
    young = reading != null;
    tight = reading != null && HotNode.memoryTight(reading);
    crowd = young ? 0 : Math.max(0, 1 - node.hotWindow / parameters.hotWindow());
    double used = (node.calls.get() + 1) / (parameters.headroom() * (node.concurrency + 0.5));
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

  /** What another record may take over, while this one stays in use. */
  FunctionState copy(long slotNanos) {
    FunctionState copy = new FunctionState(hash, generation);
    copy.times.adopt(times);
    copy.arrivals = arrivals;
    copy.arrivedNanos = arrivedNanos;
    for (int i = 0; i < size; i++) {
      Entry entry = entries[i];
      if (entry.joined != entry.node.joined) {
        continue;
      }
      copy.add(entry.node, RANKS, entry.lastNanos, slotNanos).adopt(entry, slotNanos);
    }
    return copy;
  }

  /** Takes over what another record of the same function knows. */
  void adopt(FunctionState other, long slotNanos) {
    times.adopt(other.times);
    if (other.arrivals > 0) {
      boolean later = arrivals == 0 || other.arrivedNanos - arrivedNanos > 0;
      long now = later ? other.arrivedNanos : arrivedNanos;
      arrivals = decayed(now) + other.decayed(now);
      arrivedNanos = now;
    }
    for (int i = 0; i < other.size; i++) {
      Entry entry = other.entries[i];
      Entry own = find(entry.node);
      if (own == null) {
        own = add(entry.node, rankOf(entry.node), entry.lastNanos, slotNanos);
      }
      own.adopt(entry, slotNanos);
    }
  }
}
