package com.fnproject.lb.fn;

import com.fnproject.lb.fn.MetricsScrape.Fetched;
import com.fnproject.lb.node.Node;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads one node's {@code /metrics} for as long as it is in the cluster and healthy, on a virtual
 * thread of its own. Each page is fetched on a second one, for which the first one waits as long as
 * a page may take; then it interrupts it, which closes the connection whatever it is doing.
 */
final class NodeScraper {

  private static final Logger LOGGER = System.getLogger(NodeScraper.class.getName());

  /** Failures in a row after which the last reading is taken back. */
  private static final int LOST_AFTER = 2;

  private final Node node;
  private final Readings readings;
  private final MetricsScrape scrape;
  private final ScrapePace pace;
  private final ScrapeMeters meters;
  private final Semaphore permits;
  private final IntSupplier nodes;
  private final LongSupplier clock;
  private final Duration deadline;

  private final Semaphore woken = new Semaphore(0);
  private final Thread thread;
  private volatile boolean healthy;
  private volatile boolean ended;
  private volatile @Nullable Thread fetching;

  private long lastScraped;
  private boolean scrapedBefore;
  private boolean toldRead;
  private boolean toldLost;

  /**
   * Creates a scraper that has not begun.
   *
   * @param scrape fetches the page; closed by the scraper
   * @param permits bounds the pages that are fetched at once
   * @param nodes how many nodes are read
   * @param deadline longest time for a whole page
   */
  NodeScraper(
      Node node,
      Readings readings,
      MetricsScrape scrape,
      ScrapePace pace,
      ScrapeMeters meters,
      Semaphore permits,
      IntSupplier nodes,
      LongSupplier clock,
      Duration deadline) {
    this.node = node;
    this.readings = readings;
    this.scrape = scrape;
    this.pace = pace;
    this.meters = meters;
    this.permits = permits;
    this.nodes = nodes;
    this.clock = clock;
    this.deadline = deadline;
    this.thread = Thread.ofVirtual().name("metrics-" + node.id()).unstarted(this::readUntilEnd);
  }

  void begin() {
    thread.start();
  }

  /** The node's health has changed. Does not block. */
  void wake(boolean isHealthy) {
    healthy = isHealthy;
    woken.release();
  }

  /** Makes the scraper end soon; does not block. */
  void end() {
    ended = true;
    woken.release();
    Thread running = fetching;
    if (running != null) {
      running.interrupt();
    }
  }

  /** Waits for the scraper to end; returns whether it has. */
  boolean join(Duration longest) throws InterruptedException {
    return thread.join(longest);
  }

  private void readUntilEnd() {
    try {
      while (!ended) {
        if (!healthy) {
          woken.acquire();
        } else if (permits.tryAcquire(1, TimeUnit.SECONDS)) {
          long pause;
          try {
            pause = read();
          } finally {
            permits.release();
          }
          boolean unused = woken.tryAcquire(pause, TimeUnit.NANOSECONDS);
        }
        int unused = woken.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      scrape.close();
    }
  }

  /** Reads once; returns the pause until the next time. */
  private long read() throws InterruptedException {
    long began = clock.getAsLong();
    Fetched fetched;
    try {
      fetched = fetch();
    } catch (ScrapeFailure e) {
      return failed(e);
    }
    meters.count(ScrapeResult.READ);
    meters.skipped(fetched.page().skipped());
    long took = clock.getAsLong() - began;
    long pause = pace.read(took, fetched.workedNanos(), nodes.getAsInt());
    long scraped = fetched.scrapedNanos();
    if (scrapedBefore && scraped - lastScraped <= 0) {
      scraped = lastScraped + 1;
    }
    lastScraped = scraped;
    scrapedBefore = true;
    readings.publish(
        node, fetched.page(), MetricsReading.of(fetched.page(), scraped, pause + took));
    if (!toldRead) {
      toldRead = true;
      // That a node can be read is worth a line only to who was told that it cannot.
      Level level = toldLost ? Level.INFO : Level.DEBUG;
      toldLost = false;
      LOGGER.log(level, "/metrics of " + node.id() + " tells where functions are hot");
    }
    return pause;
  }

  private long failed(ScrapeFailure failure) {
    long pause = pace.failed();
    if (ended) {
      return pause;
    }
    meters.count(failure.result());
    if (pace.failures() >= LOST_AFTER) {
      readings.drop(node);
      if (!toldLost) {
        toldLost = true;
        toldRead = false;
        LOGGER.log(
            Level.INFO,
            "/metrics of "
                + node.id()
                + " does not tell where functions are hot: "
                + failure.reason());
      }
    }
    return pause;
  }

  private Fetched fetch() throws InterruptedException {
    FutureTask<Fetched> task = new FutureTask<>(scrape::fetch);
    Thread runner = Thread.ofVirtual().name("metrics-fetch-" + node.id()).unstarted(task);
    fetching = runner;
    if (ended) {
      throw new ScrapeFailure(ScrapeResult.BROKEN, "the reading has ended");
    }
    runner.start();
    try {
      return task.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ScrapeFailure(
          ScrapeResult.TIMED_OUT, "no whole page within " + deadline.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ScrapeFailure failure
          ? failure
          : new ScrapeFailure(ScrapeResult.BROKEN, "the reading failed: " + e.getCause());
    } finally {
      runner.interrupt();
      runner.join();
      fetching = null;
    }
  }
}
