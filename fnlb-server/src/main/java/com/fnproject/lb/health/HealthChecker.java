package com.fnproject.lb.health;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeListener;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.upstream.NameLookup;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Checks every node of the cluster at intervals and tells the registry what it finds; to be made a
 * listener of the registry before nodes are added. A new node is checked at once. Thread-safe.
 *
 * <p>State changes are logged once, at INFO, with their reason; while a node stays unhealthy a new
 * reason is logged once as well.
 */
public final class HealthChecker implements NodeListener, AutoCloseable {

  /**
   * Most checks at once, so that thousands of nodes that time out cannot take the descriptors that
   * clients need. Beyond this checks come later than their interval says.
   */
  static final int MAX_AT_ONCE = 256;

  /**
   * Share of the interval by which a pause may be shorter or longer, so that checks do not march in
   * step.
   */
  private static final double JITTER = 0.1;

  /**
   * Longest wait for the watches to end; their sockets are closed under them, so they need
   * milliseconds.
   */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final HealthConfig config;
  private final NodeRegistry registry;
  private final RandomGenerator random;
  private final VersionCheck versionCheck;
  private final Semaphore permits = new Semaphore(MAX_AT_ONCE, true);

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final IdentityHashMap<Node, NodeWatch> watches = new IdentityHashMap<>();

  @GuardedBy("lock")
  private boolean closed;

  /**
   * Creates a checker without nodes.
   *
   * @param config how to check
   * @param registry hears of health changes
   * @param random for the jitter; used by one thread at a time
   * @param names looks up the nodes' names; closed by the caller
   * @param via the Via field of checks, by which the balancer knows one that comes back to it
   * @param clock nanoseconds, monotonic
   */
  public HealthChecker(
      HealthConfig config,
      NodeRegistry registry,
      RandomGenerator random,
      NameLookup names,
      String via,
      LongSupplier clock) {
    this.config = config;
    this.registry = registry;
    this.random = random;
    this.versionCheck = new VersionCheck(config, names, via, clock);
  }

  @Override
  public void added(Node node) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      NodeWatch watch =
          new NodeWatch(node, config, registry, versionCheck, permits, this::nextPause);
      watches.put(node, watch);
      watch.begin();
    }
  }

  @Override
  public void removed(Node node) {
    NodeWatch watch;
    synchronized (lock) {
      watch = watches.remove(node);
    }
    if (watch != null) {
      watch.end();
    }
  }

  private Duration nextPause() {
    double factor;
    synchronized (random) {
      factor = random.nextDouble(1 - JITTER, 1 + JITTER);
    }
    return Duration.ofNanos((long) (config.interval().toNanos() * factor));
  }

  /** Ends all checks. Blocks for 5 seconds at most. Further nodes are not checked. */
  @Override
  public void close() {
    List<NodeWatch> ending;
    synchronized (lock) {
      closed = true;
      ending = new ArrayList<>(watches.values());
      watches.clear();
    }
    ending.forEach(NodeWatch::end);
    long deadline = System.nanoTime() + CLOSING.toNanos();
    try {
      for (NodeWatch watch : ending) {
        if (!watch.join(Duration.ofNanos(Math.max(deadline - System.nanoTime(), 1)))) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    versionCheck.close();
  }
}
