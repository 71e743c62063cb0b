package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.EventQueue;
import com.fnproject.lb.testbed.model.NodeModel;
import com.fnproject.lb.testbed.model.NodeModelConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGeneratorFactory;
import org.HdrHistogram.Histogram;

/**
 * The wall clock of one {@link NodeModel}: whoever works with the model does so between {@link
 * #enter} and {@link #leave}; one virtual thread runs what becomes due in between. Owned by its
 * {@link FnNode}.
 */
final class NodeDriver implements AutoCloseable {
  private static final long MAX_MICROS = 3_600_000_000L;
  private static final Histogram EMPTY = newHistogram();

  private final Map<String, Histogram> latencies = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final EventQueue queue = new EventQueue();
  private final NodeModel model;
  private final double timeScale;
  private final long epochNanos = System.nanoTime();
  private final Thread thread;
  private long wakeNanos = EventQueue.NEVER;
  private boolean closed;

  NodeDriver(String name, NodeModelConfig config, long seed, double timeScale) {
    this.model =
        new NodeModel(config, queue, RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
    this.timeScale = timeScale;
    this.thread = Thread.ofVirtual().name("fn-node-" + name).start(this::run);
  }

  /**
   * Takes the lock, brings the model up to now and answers that time in nanoseconds of the model.
   */
  long enter() {
    lock.lock();
    long now = now();
    queue.runUntil(now);
    return now;
  }

  /** Runs what has become due, wakes the clock when it sleeps for too long, lets the lock go. */
  void leave() {
    try {
      settle();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs what has become due, so that a call that needs no time ends without another thread's help.
   */
  private void settle() {
    queue.runUntil(now());
    if (queue.nextNanos() < wakeNanos) {
      changed.signal();
    }
  }

  /** Waits, lock released, until the model has made this true and signalled it. */
  void await(Condition condition, BooleanSupplier reached) throws InterruptedException {
    settle();
    while (!reached.getAsBoolean()) {
      condition.await();
    }
  }

  /** Adds an ended call to what {@link #latencies} tells; under the lock. */
  void record(String functionId, long nanos) {
    latencies
        .computeIfAbsent(functionId, id -> newHistogram())
        .recordValue(Math.min(nanos / 1_000, MAX_MICROS));
  }

  /** From arrival to end, in microseconds of the model; under the lock. */
  Histogram latencies(String functionId) {
    return latencies.getOrDefault(functionId, EMPTY);
  }

  /** To be used only between {@link #enter} and {@link #leave}. */
  NodeModel model() {
    return model;
  }

  /** A condition under the model's lock. */
  Condition newCondition() {
    return lock.newCondition();
  }

  long now() {
    return (long) ((System.nanoTime() - epochNanos) * timeScale);
  }

  private static Histogram newHistogram() {
    return new Histogram(MAX_MICROS, 2);
  }

  private void run() {
    lock.lock();
    try {
      while (!closed) {
        long now = now();
        queue.runUntil(now);
        wakeNanos = queue.nextNanos();
        if (wakeNanos == EventQueue.NEVER) {
          changed.await();
        } else {
          long unused = changed.awaitNanos((long) Math.ceil((wakeNanos - now) / timeScale));
        }
        wakeNanos = 0;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        throw new IllegalStateException("the node's clock did not stop within 5 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
