package com.fnproject.lb.health;

import com.fnproject.lb.health.Verdict.State;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks one node for as long as it is in the cluster, on a virtual thread of its own, one check
 * after the other. Each check runs on a second virtual thread, for which the first one waits as
 * long as a check may take; then it interrupts it, which closes the socket whatever the check is
 * doing: connecting, writing, or reading an answer that dribbles.
 */
final class NodeWatch {

  private static final Logger LOGGER = System.getLogger(NodeWatch.class.getName());

  /**
   * Reasons of one illness that are logged; a node that finds new ones for ever does not fill the
   * log.
   */
  private static final int MAX_REASONS = 8;

  private final Node node;
  private final HealthConfig config;
  private final NodeRegistry registry;
  private final VersionCheck versionCheck;
  private final Semaphore permits;
  private final Supplier<Duration> pause;

  private final Verdict verdict;
  private final Set<String> reasonsTold = new HashSet<>();

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable Thread checking;

  /**
   * Creates a watch that has not begun.
   *
   * @param permits bounds the checks that run at once
   * @param pause how long to rest before the next check
   */
  NodeWatch(
      Node node,
      HealthConfig config,
      NodeRegistry registry,
      VersionCheck versionCheck,
      Semaphore permits,
      Supplier<Duration> pause) {
    this.node = node;
    this.config = config;
    this.registry = registry;
    this.versionCheck = versionCheck;
    this.permits = permits;
    this.pause = pause;
    this.verdict = new Verdict(config.unhealthyAfter(), config.healthyAfter());
    this.thread = Thread.ofVirtual().name("health-" + node.id()).unstarted(this::watch);
  }

  void begin() {
    thread.start();
  }

  /**
   * Makes the watch end soon; does not block. The watching thread itself may be changing the
   * cluster: it is let be.
   */
  void end() {
    ended.countDown();
    Thread running = checking;
    if (running != null) {
      running.interrupt();
    }
  }

  /** Waits for the watch to end; returns whether it has. */
  boolean join(Duration longest) throws InterruptedException {
    return thread.join(longest);
  }

  private void watch() {
    try {
      while (!isEnded()) {
        if (!permits.tryAcquire(1, TimeUnit.SECONDS)) {
          continue;
        }
        CheckResult result;
        try {
          result = check();
        } finally {
          permits.release();
        }
        if (!isEnded()) {
          weigh(result);
        }
        if (ended.await(pause.get().toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isEnded() {
    return ended.getCount() == 0;
  }

  private CheckResult check() throws InterruptedException {
    FutureTask<CheckResult> task = new FutureTask<>(() -> versionCheck.check(node.address()));
    Thread runner = Thread.ofVirtual().name("health-check-" + node.id()).unstarted(task);
    checking = runner;
    if (isEnded()) {
      return CheckResult.failed("the watch has ended");
    }
    runner.start();
    try {
      return task.get(config.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return CheckResult.failed(versionCheck.noAnswer());
    } catch (ExecutionException e) {
      return CheckResult.failed("the check failed: " + e.getCause());
    } finally {
      runner.interrupt();
      runner.join();
      checking = null;
    }
  }

  private void weigh(CheckResult result) {
    State before = verdict.state();
    boolean changed = verdict.observe(result.passed());
    if (changed) {
      registry.apply(new NodeChange.Health(node, result.passed()));
      reasonsTold.clear();
    }
    String failure = result.failure();
    if (failure == null) {
      if (changed) {
        log(" is healthy (was " + before + ")");
      }
    } else if (verdict.state() == State.UNHEALTHY
        && reasonsTold.size() < MAX_REASONS
        && reasonsTold.add(failure)) {
      log(
          changed
              ? " is unhealthy: " + failure + " (was " + before + ")"
              : " is still unhealthy: " + failure);
    }
  }

  private void log(String change) {
    LOGGER.log(Level.INFO, "node " + node.id() + change);
  }
}
