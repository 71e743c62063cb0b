package com.fnproject.lb.testbed.traffic;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Mixed traffic over real sockets, running: an open loop, in which calls arrive at their times and
 * not when earlier ones have ended, so that a slow cluster shows in the latencies. Each call is
 * sent at most once; nothing is repeated, so what is counted is what the other side did.
 *
 * {@snippet :
 * try (Traffic traffic =
 *     Traffic.start(
 *         TrafficConfig.to("127.0.0.1", balancer.port()),
 *         TrafficTarget.samples(cluster.addSamples()))) {
 *   …
 *   traffic.rows();
 * }
 * }
 *
 * <p>Thread-safe.
 */
public final class Traffic implements AutoCloseable {
  /** A call that is later than this is not sent any more, as after the machine has slept. */
  private static final long MAX_LATE_NANOS = Duration.ofSeconds(1).toNanos();

  private final TrafficConfig config;
  private final List<TrafficTarget> targets;
  private final byte[][] requests;
  private final Tally[] tallyOf;
  private final Map<String, Tally> tallies = new LinkedHashMap<>();
  private final LongAdder notSent = new LongAdder();
  private final LongAdder cut = new LongAdder();
  private final Semaphore slots;
  private final Connections connections;
  private final ExecutorService callers;
  private final Thread pacer;
  private volatile boolean ending;
  private volatile boolean cutting;

  private Traffic(TrafficConfig config, List<TrafficTarget> targets) {
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("targets: none (expected: at least one)");
    }
    this.config = config;
    this.targets = List.copyOf(targets);
    this.requests = new byte[targets.size()][];
    this.tallyOf = new Tally[targets.size()];
    String host = config.host();
    String authority = (host.contains(":") ? "[" + host + "]" : host) + ":" + config.port();
    for (int i = 0; i < requests.length; i++) {
      TrafficTarget target = targets.get(i);
      requests[i] = target.request(authority);
      tallyOf[i] = tallies.computeIfAbsent(target.function(), Tally::new);
    }
    slots = new Semaphore(config.maxOutstanding());
    connections = new Connections(config.host(), config.port(), config.patience());
    callers =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("traffic-call-", 0).factory());
    pacer = Thread.ofVirtual().name("traffic-pacer").unstarted(this::pace);
  }

  /** Starts a traffic; it goes on until it is closed. */
  public static Traffic start(TrafficConfig config, List<TrafficTarget> targets) {
    Traffic traffic = new Traffic(config, targets);
    traffic.pacer.start();
    return traffic;
  }

  /** What became of the calls until now, a row for each function. */
  public List<TrafficRow> rows() {
    return tallies.values().stream().map(Tally::row).toList();
  }

  /** Calls that were due but never sent: too many were under way, or their time had passed. */
  public long notSent() {
    return notSent.sum();
  }

  /** Calls that were under way when the traffic was closed and did not end in time. */
  public long cut() {
    return cut.sum();
  }

  /** Calls under way now. */
  public int outstanding() {
    return config.maxOutstanding() - slots.availablePermits();
  }

  /**
   * No more calls; those under way may finish within {@link TrafficConfig#closeGrace()}, the others
   * are cut. Returns when all connections are closed.
   */
  @Override
  public void close() {
    ending = true;
    LockSupport.unpark(pacer);
    try {
      pacer.join();
      callers.shutdown();
      if (!callers.awaitTermination(config.closeGrace().toNanos(), TimeUnit.NANOSECONDS)) {
        cutting = true;
        // Interrupting a virtual thread closes the socket that it reads from.
        callers.shutdownNow();
        if (!callers.awaitTermination(5, TimeUnit.SECONDS)) {
          throw new IllegalStateException(outstanding() + " calls could not be cut within 5 s");
        }
      }
    } catch (InterruptedException e) {
      cutting = true;
      callers.shutdownNow();
      Thread.currentThread().interrupt();
    }
    connections.close();
  }

  private void pace() {
    Arrivals arrivals =
        new Arrivals(config.seed(), config.callsPerSecond(), targets, System.nanoTime());
    while (true) {
      int target = arrivals.next();
      long dueNanos = arrivals.dueNanos();
      long early = dueNanos - System.nanoTime();
      while (early > 0 && !ending) {
        LockSupport.parkNanos(this, early);
        early = dueNanos - System.nanoTime();
      }
      if (ending) {
        return;
      }
      if (early < -MAX_LATE_NANOS || !slots.tryAcquire()) {
        notSent.increment();
      } else {
        callers.execute(() -> call(target, dueNanos));
      }
    }
  }

  private void call(int target, long dueNanos) {
    try {
      int status = connections.exchange(requests[target]);
      tallyOf[target].answered(status, System.nanoTime() - dueNanos);
    } catch (IOException | RuntimeException e) {
      if (cutting) {
        cut.increment();
      } else {
        tallyOf[target].failed(e.getClass().getSimpleName());
      }
    } finally {
      slots.release();
    }
  }
}
