package com.fnproject.lb.fn;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeListener;
import com.fnproject.lb.upstream.NameLookup;
import com.fnproject.lb.upstream.Upstream;
import com.fnproject.lb.upstream.WebClientUpstream;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.helidon.metrics.api.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Reads the {@code /metrics} of every healthy node at intervals and publishes what they tell; to be
 * made a listener of the registry before nodes are added. A node is read as soon as it is healthy.
 * Its reading is withdrawn at once when it leaves or falls ill, and after two failures in a row;
 * after one, the last reading stands. Nothing here touches a call. Thread-safe.
 */
public final class MetricsScraper implements NodeListener, AutoCloseable {

  /** Most pages that are fetched at once; beyond this they come later than their interval says. */
  static final int MAX_AT_ONCE = 16;

  /**
   * Longest wait for the scrapers to end; their sockets are closed under them, so they need
   * milliseconds.
   */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final ScrapeConfig config;
  private final Readings readings;
  private final RandomGenerator random;
  private final NameLookup names;
  private final String via;
  private final LongSupplier clock;
  private final ScrapeMeters meters;
  private final Duration deadline;
  private final Upstream upstream;
  private final Semaphore permits = new Semaphore(MAX_AT_ONCE, true);

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final IdentityHashMap<Node, NodeScraper> scrapers = new IdentityHashMap<>();

  @GuardedBy("lock")
  private boolean closed;

  private volatile int nodes;

  /**
   * Creates a scraper without nodes.
   *
   * @param config how to read; nothing is read if it is not enabled
   * @param readings where what is read is published
   * @param random for the jitter; thread-safe
   * @param names looks up the nodes' names; closed by the caller
   * @param via the Via field of requests, by which the balancer knows one that comes back to it
   * @param clock nanoseconds, monotonic
   * @param meters where readings are counted
   */
  public MetricsScraper(
      ScrapeConfig config,
      Readings readings,
      RandomGenerator random,
      NameLookup names,
      String via,
      LongSupplier clock,
      MeterRegistry meters) {
    this(config, readings, random, names, via, clock, meters, MetricsScrape.DEADLINE);
  }

  /** Creates a scraper with another time for a whole page. */
  MetricsScraper(
      ScrapeConfig config,
      Readings readings,
      RandomGenerator random,
      NameLookup names,
      String via,
      LongSupplier clock,
      MeterRegistry meters,
      Duration deadline) {
    this.config = config;
    this.readings = readings;
    this.random = random;
    this.names = names;
    this.via = via;
    this.clock = clock;
    this.meters = new ScrapeMeters(meters, readings);
    this.deadline = deadline;
    this.upstream = new WebClientUpstream(MetricsScrape.CONNECTION);
  }

  @Override
  public void added(Node node) {
    synchronized (lock) {
      if (closed || !config.enabled()) {
        return;
      }
      MetricsParser parser = new MetricsParser(config.maxReadings(), random.nextLong());
      NodeScraper scraper =
          new NodeScraper(
              node,
              readings,
              new MetricsScrape(node.address(), upstream, names, via, parser, clock),
              new ScrapePace(config, Runtime.getRuntime().availableProcessors(), random),
              meters,
              permits,
              () -> nodes,
              clock,
              deadline);
      scrapers.put(node, scraper);
      nodes = scrapers.size();
      scraper.begin();
    }
  }

  @Override
  public void healthChanged(Node node, boolean healthy) {
    synchronized (lock) {
      NodeScraper scraper = scrapers.get(node);
      if (scraper == null) {
        return;
      }
      if (healthy) {
        readings.admit(node);
      } else {
        readings.expel(node);
      }
      scraper.wake(healthy);
    }
  }

  @Override
  public void removed(Node node) {
    synchronized (lock) {
      NodeScraper scraper = scrapers.remove(node);
      nodes = scrapers.size();
      if (scraper != null) {
        scraper.end();
      }
      readings.expel(node);
    }
  }

  /** Ends all reading. Blocks for 5 seconds at most. Further nodes are not read. */
  @Override
  public void close() {
    List<NodeScraper> ending;
    synchronized (lock) {
      closed = true;
      ending = new ArrayList<>(scrapers.values());
      scrapers.clear();
      nodes = 0;
    }
    ending.forEach(NodeScraper::end);
    long deadline = System.nanoTime() + CLOSING.toNanos();
    try {
      for (NodeScraper scraper : ending) {
        if (!scraper.join(Duration.ofNanos(Math.max(deadline - System.nanoTime(), 1)))) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
