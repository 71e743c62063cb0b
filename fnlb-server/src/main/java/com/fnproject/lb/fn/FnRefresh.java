package com.fnproject.lb.fn;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link FunctionTable} up to date: lists all functions and triggers at start and again and
 * again, on a virtual thread of its own. What fails, or breaks off, changes nothing.
 */
public final class FnRefresh implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(FnRefresh.class.getName());

  /**
   * A pause is at least so many times as long as the listing before it took, so that listing costs
   * 2 % of a processor at most, however many functions there are.
   */
  private static final int COST = 50;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  /** Longest pause while listing fails, or there is no API: nodes may be replaced. */
  private static final Duration LONGEST_BACK_OFF = Duration.ofMinutes(1);

  /** How soon after its first node is healthy a cluster is listed. */
  private static final Duration NODE_CHECK = Duration.ofMillis(100);

  /**
   * Share of a pause by which it may be shorter or longer, so that balancers do not march in step.
   */
  private static final double JITTER = 0.1;

  private static final int MOST_DOUBLINGS = 20;

  /** Longest wait for the thread; its socket is closed under it, so it needs milliseconds. */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final FnConfig config;
  private final FnApi api;
  private final FunctionTable functions;
  private final RandomGenerator random;
  private final LongSupplier clock;
  private final Counter whole;
  private final Counter partial;
  private final Counter failed;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("fn-refresh").unstarted(this::run);

  private int failures;
  private @Nullable String told;

  /**
   * Creates a refresher that has not begun.
   *
   * @param config how often
   * @param api what is listed
   * @param functions takes it in
   * @param random for the jitter
   * @param clock nanoseconds, monotonic
   * @param meters where listings are counted
   */
  public FnRefresh(
      FnConfig config,
      FnApi api,
      FunctionTable functions,
      RandomGenerator random,
      LongSupplier clock,
      MeterRegistry meters) {
    this.config = config;
    this.api = api;
    this.functions = functions;
    this.random = random;
    this.clock = clock;
    this.whole = counter(meters, "whole");
    this.partial = counter(meters, "partial");
    this.failed = counter(meters, "failed");
  }

  private static Counter counter(MeterRegistry meters, String result) {
    return meters.getOrCreate(
        Counter.builder("fnlb.function.listings")
            .description("Listings of all triggers and functions, by how they ended")
            .tags(List.of(Tag.create("result", result))));
  }

  /** Starts the thread, unless the API is off. */
  public void begin() {
    if (config.api().place() != ApiAddress.Place.OFF) {
      thread.start();
    }
  }

  private void run() {
    try {
      Duration pause = Duration.ZERO;
      while (!ended.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
        pause = api.isReachable() ? jittered(refresh()) : NODE_CHECK;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration jittered(Duration pause) {
    return Duration.ofNanos((long) (pause.toNanos() * random.nextDouble(1 - JITTER, 1 + JITTER)));
  }

  /** Lists once; returns how long to rest. */
  Duration refresh() throws InterruptedException {
    long began = clock.getAsLong();
    FnListing listing;
    try {
      listing = api.list();
    } catch (FnApiFailure e) {
      failed.increment();
      api.available(false);
      tell(
          e.absent()
              ? "there is no API to list functions with, calls are told apart by path: "
              : "functions and triggers could not be listed, so what is new is not known: ",
          String.valueOf(e.getMessage()));
      Duration doubled = config.refresh().multipliedBy(1L << Math.min(failures++, MOST_DOUBLINGS));
      return e.absent() || doubled.compareTo(LONGEST_BACK_OFF) > 0 ? backOff() : doubled;
    }
    functions.listed(listing);
    (listing.whole() ? whole : partial).increment();
    api.available(true);
    failures = 0;
    tell("functions and triggers are listed", "");
    Duration pause = Duration.ofNanos((clock.getAsLong() - began) * COST);
    if (pause.compareTo(LONGEST_PAUSE) > 0) {
      pause = LONGEST_PAUSE;
    }
    return pause.compareTo(config.refresh()) > 0 ? pause : config.refresh();
  }

  private Duration backOff() {
    return config.refresh().compareTo(LONGEST_BACK_OFF) > 0 ? config.refresh() : LONGEST_BACK_OFF;
  }

  /** Logs what is new; the reason is only told beside it. */
  private void tell(String what, String reason) {
    if (!what.equals(told)) {
      told = what;
      LOGGER.log(Level.INFO, what + reason);
    }
  }

  /** Ends the listing that is under way. Blocks for 5 seconds at most. */
  @Override
  public void close() {
    ended.countDown();
    thread.interrupt();
    try {
      boolean unused = !thread.isAlive() || thread.join(CLOSING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
