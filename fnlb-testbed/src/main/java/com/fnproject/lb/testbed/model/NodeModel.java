package com.fnproject.lb.testbed.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The containers of one Fn node as fn 0.3.753 keeps them: a start for every waiting call, reuse
 * last in first out, waiting calls served in random order, idle time-out from a container's own
 * last use, eviction in the order of creation (FN-NODES.md, part 3).
 *
 * <p>Not thread-safe and without a clock: {@code nowNanos} is an argument and never goes back;
 * whatever is planned waits in the {@link EventQueue}, which must have been run up to {@code
 * nowNanos} before a call comes in. Several models may share one queue.
 */
public final class NodeModel {
  /** For {@link #submit}: the call runs until {@link #run} says how much longer. */
  public static final long UNTIL_TOLD = -1;

  final EventQueue queue;
  final RandomGenerator random;
  int queued;
  int running;

  private final NodeModelConfig config;
  private final @Nullable Processor processor;
  private final Map<FunctionSpec, FunctionPool> pools = new HashMap<>();
  private final Map<String, FunctionSeries> series = new LinkedHashMap<>();
  private final Map<String, Long> images = new HashMap<>();
  private final List<Launcher> awaitingMemory = new ArrayList<>();
  private final List<Container> toEvict = new ArrayList<>();
  private final Map<CallEnd, Tally> ends = new EnumMap<>(CallEnd.class);

  private @Nullable Container oldest;
  private @Nullable Container newest;
  private long containersCreated;
  private long usedBytes;
  private boolean memoryTouched;
  private long calls;
  private double slowness;
  private boolean stopped;

  public NodeModel(NodeModelConfig config, EventQueue queue, RandomGenerator random) {
    this.config = config;
    this.queue = queue;
    this.random = random;
    this.slowness = config.slowness();
    for (CallEnd end : CallEnd.values()) {
      ends.put(end, new Tally());
    }
    this.processor = config.cores() > 0 ? new Processor(queue, config.cores()) : null;
  }

  public NodeModelConfig config() {
    return config;
  }

  /** The pool of this function; a simulation asks once and keeps it. */
  public FunctionPool pool(FunctionSpec spec) {
    FunctionPool known = pools.get(spec);
    if (known != null) {
      return known;
    }
    FunctionSeries of = series.computeIfAbsent(spec.functionId(), id -> new FunctionSeries(spec));
    of.pools.removeIf(old -> old.unused() && pools.remove(old.spec(), old));
    FunctionPool pool = new FunctionPool(this, spec, of);
    pools.put(spec, pool);
    of.add(pool);
    return pool;
  }

  /**
   * A call arrives. It may have ended when this returns.
   *
   * @param runNanos how long the function works on it, or {@link #UNTIL_TOLD}
   */
  public void submit(Call call, FunctionPool pool, long runNanos, long nowNanos) {
    calls++;
    call.pool = pool;
    call.container = null;
    call.submittedNanos = nowNanos;
    call.runNanos = runNanos;
    if (stopped) {
      pool.end(call, CallEnd.BUSY, nowNanos);
      return;
    }
    if (pool.spec().memoryBytes() > config.memoryBytes()) {
      pool.end(call, CallEnd.TOO_BIG, nowNanos);
      return;
    }
    pool.submit(call, nowNanos);
  }

  /**
   * A call that was submitted {@link #UNTIL_TOLD} runs on for this long; nothing happens when it
   * has ended.
   */
  public void run(Call call, long nanos, long nowNanos) {
    Container container = call.container;
    if (container != null && container.call == call && !container.queued()) {
      queue.cancel(container.deadline);
      container.pool.run(container, nanos, nowNanos);
    }
  }

  /** The caller has gone: a waiting call leaves, a running one takes its container with it. */
  public void cancel(Call call, long nowNanos) {
    Container container = call.container;
    if (container != null && container.call == call) {
      container.pool.finish(container, CallEnd.CANCELLED, nowNanos);
      return;
    }
    FunctionPool pool = call.pool;
    if (pool != null && call.waiting()) {
      pool.end(call, CallEnd.CANCELLED, nowNanos);
    }
  }

  /** Refuses all that waits and all that comes; what runs goes on. As Fn on SIGTERM. */
  public void stop(long nowNanos) {
    stopped = true;
    for (FunctionPool pool : pools.values()) {
      pool.endWaiting(CallEnd.BUSY, nowNanos);
    }
  }

  /**
   * Everything is gone at once, as with kill -9: every call ends as cancelled, every container is
   * lost.
   */
  public void crash(long nowNanos) {
    stopped = true;
    for (FunctionPool pool : pools.values()) {
      pool.endWaiting(CallEnd.CANCELLED, nowNanos);
    }
    for (Container c = oldest; c != null; c = oldest) {
      if (c.phase == Container.Phase.BUSY) {
        c.pool.finish(c, CallEnd.CANCELLED, nowNanos);
      } else {
        destroy(c, nowNanos);
      }
    }
  }

  /** From now on every start and run takes this many times as long; 1 = a node in good health. */
  public void slowness(double factor) {
    if (!(factor > 0)) {
      throw new IllegalArgumentException("slowness: " + factor + " (expected: above 0)");
    }
    slowness = factor;
  }

  public double slowness() {
    return slowness;
  }

  /** What is known of every function ever called here, in the order of their first call. */
  public Collection<FunctionSeries> functions() {
    return series.values();
  }

  /** Memory taken by containers, or -1 before the first start: Fn has no such series until then. */
  public long memoryUsed() {
    return memoryTouched ? usedBytes : -1;
  }

  /** Memory left for containers, or -1 before the first start. */
  public long memoryAvailable() {
    return memoryTouched ? config.memoryBytes() - usedBytes : -1;
  }

  /** Calls that wait for a container now. */
  public int queued() {
    return queued;
  }

  /** Calls that run now. */
  public int running() {
    return running;
  }

  /** Calls that came so far. */
  public long calls() {
    return calls;
  }

  /** Calls that ended so so far. */
  public long ended(CallEnd how) {
    Tally tally = ends.get(how);
    return tally == null ? 0 : tally.count;
  }

  void count(CallEnd end) {
    Tally tally = ends.get(end);
    if (tally != null) {
      tally.count++;
    }
  }

  boolean sharesCores() {
    return processor != null;
  }

  void work(Container container, double nanos, long nowNanos) {
    if (processor != null) {
      processor.add(container, nanos, nowNanos);
      return;
    }
    queue.schedule(container, nowNanos + (long) nanos);
  }

  void stopWork(Container container, long nowNanos) {
    if (!container.queued()) {
      return;
    }
    boolean works =
        container.phase == Container.Phase.START || container.phase == Container.Phase.BUSY;
    if (processor != null && works) {
      processor.remove(container, nowNanos);
      return;
    }
    queue.cancel(container);
  }

  boolean takeMemory(long bytes) {
    if (usedBytes + bytes > config.memoryBytes()) {
      return false;
    }
    usedBytes += bytes;
    memoryTouched = true;
    return true;
  }

  void awaitMemory(Launcher launcher) {
    awaitingMemory.add(launcher);
  }

  void stopAwaitingMemory(Launcher launcher) {
    awaitingMemory.remove(launcher);
  }

  Container create(FunctionPool pool, @Nullable Call cause, long nowNanos) {
    Container container = new Container(pool, ++containersCreated, cause, nowNanos);
    container.older = newest;
    if (newest != null) {
      newest.newer = container;
    } else {
      oldest = container;
    }
    newest = container;
    return container;
  }

  /** When the image will be there: starts that need one image share its pull. */
  long pull(Container container, long nowNanos) {
    FunctionSpec spec = container.pool.spec();
    Long ready = images.get(spec.image());
    if (ready != null) {
      return Math.max(ready, nowNanos);
    }
    double nanos = spec.pullNanos() * slowness;
    if (nanos > config.pullTimeoutNanos()) {
      container.failure = CallEnd.PULL_TIMED_OUT;
      return nowNanos + config.pullTimeoutNanos();
    }
    long pulled = nowNanos + (long) nanos;
    if (spec.startEnd() == CallEnd.IMAGE_MISSING) {
      container.failure = CallEnd.IMAGE_MISSING;
      return pulled;
    }
    images.put(spec.image(), pulled);
    return pulled;
  }

  /**
   * Evicts idle containers of other functions, those created first, until the pool's next start
   * would fit; none when that cannot be reached.
   */
  boolean evictFor(FunctionPool pool, long nowNanos) {
    long missing = pool.spec().memoryBytes() - (config.memoryBytes() - usedBytes);
    for (Container c = oldest; c != null && missing > 0; c = c.newer) {
      if (c.phase == Container.Phase.IDLE && c.pool != pool) {
        toEvict.add(c);
        missing -= c.pool.spec().memoryBytes();
      }
    }
    boolean enough = missing <= 0 && !toEvict.isEmpty();
    for (int i = 0; enough && i < toEvict.size(); i++) {
      Container c = toEvict.get(i);
      c.pool.evict(c, nowNanos);
    }
    toEvict.clear();
    return enough;
  }

  void destroy(Container container, long nowNanos) {
    queue.cancel(container.deadline);
    stopWork(container, nowNanos);
    container.phase = Container.Phase.GONE;
    Container older = container.older;
    Container newer = container.newer;
    if (older != null) {
      older.newer = newer;
    } else {
      oldest = newer;
    }
    if (newer != null) {
      newer.older = older;
    } else {
      newest = older;
    }
    container.older = null;
    container.newer = null;
    usedBytes -= container.pool.spec().memoryBytes();
    offerMemory(nowNanos);
  }

  /**
   * Whoever waits for memory is woken in no particular order; each takes what it needs if it is
   * there.
   */
  private void offerMemory(long nowNanos) {
    int candidates = awaitingMemory.size();
    if (candidates == 0 || stopped) {
      return;
    }
    int first = candidates == 1 ? 0 : random.nextInt(candidates);
    for (int i = 0; i < candidates; i++) {
      Launcher launcher = awaitingMemory.get((first + i) % candidates);
      if (usedBytes + launcher.memoryBytes() <= config.memoryBytes()) {
        awaitingMemory.remove(launcher);
        launcher.memoryFreed(nowNanos);
        offerMemory(nowNanos);
        return;
      }
    }
  }

  private static final class Tally {
    long count;
  }
}
