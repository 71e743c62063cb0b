package com.fnproject.lb.fn;

import com.fnproject.lb.fn.FnListing.Stamps;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks triggers up while their calls wait, each on a virtual thread, at most one for a path and a
 * bounded number at once. Thread-safe.
 */
final class TriggerLookups implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(TriggerLookups.class.getName());

  /** Knows triggers; may take its time. */
  interface Source {

    /** Whether there is any hope of an answer. */
    boolean available();

    /**
     * Asks for a trigger. Blocks.
     *
     * @return null if there is none
     * @throws FnApiFailure if that could not be found out
     * @throws InterruptedException if the thread is interrupted
     */
    @Nullable Found find(TriggerPath trigger) throws InterruptedException;
  }

  /**
   * A trigger that exists.
   *
   * @param functionId the function that it calls
   * @param stamps when that was last changed, as far as it was told
   * @param askedNanos when it was asked for
   */
  record Found(String functionId, Stamps stamps, long askedNanos) {}

  /** Hears how look-ups end, before the calls that wait for them go on. */
  interface Listener {

    /**
     * A look-up has ended.
     *
     * @param path the trigger's path
     * @param end how
     * @param found what was found, not null if and only if something was
     */
    void ended(String path, End end, @Nullable Found found);
  }

  /** How a look-up ended. */
  enum End {
    FOUND,
    ABSENT,
    FAILED
  }

  /**
   * How long to wait for the threads, which are interrupted; that closes their sockets, so they
   * need milliseconds.
   */
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final class LookUp implements Runnable {
    final String path;
    final TriggerPath trigger;
    final long untilNanos = clock.getAsLong() + waitNanos;
    final CountDownLatch ended = new CountDownLatch(1);
    final Thread thread;

    LookUp(String path, TriggerPath trigger) {
      this.path = path;
      this.trigger = trigger;
      thread = Thread.ofVirtual().name("trigger-lookup").unstarted(this);
    }

    @Override
    public void run() {
      Found found = null;
      End end = End.FAILED;
      try {
        found = source.find(trigger);
        end = found == null ? End.ABSENT : End.FOUND;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (FnApiFailure e) {
        LOGGER.log(Level.DEBUG, "trigger {0} was not looked up: {1}", path, e.getMessage());
      } finally {
        try {
          counter(end).increment();
          listener.ended(path, end, found);
        } finally {
          underWay.remove(path, this);
          permits.release();
          ended.countDown();
        }
      }
    }
  }

  private final Source source;
  private final LongSupplier clock;
  private final long waitNanos;
  private final Listener listener;
  private final Semaphore permits;
  private final Map<String, LookUp> underWay = new ConcurrentHashMap<>();
  private final Counter found;
  private final Counter absent;
  private final Counter failed;
  private final Counter skipped;
  private final Counter limit;
  private volatile boolean closed;

  /**
   * Creates a place without look-ups.
   *
   * @param clock nanoseconds, monotonic
   */
  TriggerLookups(
      Source source, FnConfig config, LongSupplier clock, MeterRegistry meters, Listener listener) {
    this.source = source;
    this.clock = clock;
    this.waitNanos = config.triggerWait().toNanos();
    this.listener = listener;
    this.permits = new Semaphore(config.maxLookups());
    this.found = counter(meters, "found");
    this.absent = counter(meters, "absent");
    this.failed = counter(meters, "failed");
    this.skipped = counter(meters, "skipped");
    this.limit = FunctionTable.limit(meters, "max-lookups");
  }

  private static Counter counter(MeterRegistry meters, String result) {
    return meters.getOrCreate(
        Counter.builder("fnlb.trigger.lookups")
            .description("Triggers looked up for a call on an unknown path, by how that ended")
            .tags(List.of(Tag.create("result", result))));
  }

  private Counter counter(End end) {
    return switch (end) {
      case FOUND -> found;
      case ABSENT -> absent;
      case FAILED -> failed;
    };
  }

  /**
   * Looks a trigger up, or joins the look-up that is under way, and waits a moment for its end.
   *
   * @param path its path
   * @return whether the calling thread should look at what is known now
   */
  boolean await(String path) {
    if (!source.available()) {
      return false;
    }
    LookUp lookUp = underWay.get(path);
    if (lookUp == null) {
      TriggerPath trigger = TriggerPath.parse(path);
      if (trigger == null || closed) {
        return false;
      }
      lookUp = begin(path, trigger);
      if (lookUp == null) {
        skipped.increment();
        limit.increment();
        return false;
      }
    }
    long nanos = lookUp.untilNanos - clock.getAsLong();
    try {
      return nanos > 0 && lookUp.ended.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Null if there are too many. */
  private @Nullable LookUp begin(String path, TriggerPath trigger) {
    if (!permits.tryAcquire()) {
      return null;
    }
    LookUp lookUp = new LookUp(path, trigger);
    LookUp other = underWay.putIfAbsent(path, lookUp);
    if (other != null) {
      permits.release();
      return other;
    }
    lookUp.thread.start();
    if (closed) {
      lookUp.thread.interrupt();
    }
    return lookUp;
  }

  /** Ends all look-ups. Blocks for 5 seconds at most. */
  @Override
  public void close() {
    closed = true;
    List<LookUp> ending = List.copyOf(underWay.values());
    ending.forEach(lookUp -> lookUp.thread.interrupt());
    long deadline = System.nanoTime() + CLOSING.toNanos();
    try {
      for (LookUp lookUp : ending) {
        if (!lookUp.thread.join(Duration.ofNanos(Math.max(deadline - System.nanoTime(), 1)))) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
