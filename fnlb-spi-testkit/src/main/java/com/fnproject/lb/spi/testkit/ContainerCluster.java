package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.Outcome;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * A simple cluster: each call takes the container of its function that became idle last, or waits
 * for one of its own to start; a container that was idle too long is gone. Calls beyond the cores
 * of a node slow the newest of them down by their share. Nodes of one id are one node, whichever
 * driver they belong to. Belongs to one thread.
 */
public final class ContainerCluster implements Cluster {

  private final Agenda agenda;
  private final long startUpNanos;
  private final long idleNanos;
  private final int cores;
  private final ToLongFunction<DrivenCall> work;
  private final Map<String, Machine> machines = new HashMap<>();
  private long started;

  /**
   * A cluster of equal nodes, which are there as soon as a call is sent to them.
   *
   * @param agenda the time
   * @param startUpNanos how long a container takes to start
   * @param idleNanos how long an idle container lives
   * @param cores calls that a node runs at full speed
   * @param work how long a call runs at full speed, in nanoseconds
   */
  public ContainerCluster(
      Agenda agenda,
      long startUpNanos,
      long idleNanos,
      int cores,
      ToLongFunction<DrivenCall> work) {
    this.agenda = agenda;
    this.startUpNanos = startUpNanos;
    this.idleNanos = idleNanos;
    this.cores = cores;
    this.work = work;
  }

  @Override
  public void send(DrivenCall call, DrivenNode node) {
    Machine machine = machines.computeIfAbsent(node.id(), id -> new Machine());
    Pool pool = machine.pools.computeIfAbsent(call.function().key(), key -> new Pool());
    pool.expire(agenda.nowNanos() - idleNanos);
    if (pool.idleSince.pollFirst() != null) {
      run(call, machine, pool, 0);
      return;
    }
    started++;
    pool.starting++;
    agenda.at(
        agenda.nowNanos() + startUpNanos,
        () -> {
          pool.starting--;
          run(call, machine, pool, startUpNanos);
        });
  }

  private void run(DrivenCall call, Machine machine, Pool pool, long waitNanos) {
    machine.running++;
    pool.busy++;
    double share = Math.max(1, (double) machine.running / cores);
    agenda.at(
        agenda.nowNanos() + (long) (work.applyAsLong(call) * share),
        () -> {
          machine.running--;
          pool.busy--;
          pool.idleSince.addFirst(agenda.nowNanos());
          call.answered(Outcome.RAN, 200, waitNanos);
        });
  }

  /**
   * Lets a node tell its state to a driver, as the server reads it from {@code /metrics}.
   *
   * @param node the node that tells
   * @param driver the driver to which {@code node} belongs
   * @param intervalNanos when the next reading is to come
   */
  public void tell(DrivenNode node, PolicyDriver driver, long intervalNanos) {
    long now = agenda.nowNanos();
    int all = 0;
    Map<DrivenFunction, Containers> told = new HashMap<>();
    Machine machine = machines.computeIfAbsent(node.id(), id -> new Machine());
    for (Map.Entry<String, Pool> each : machine.pools.entrySet()) {
      Pool pool = each.getValue();
      pool.expire(now - idleNanos);
      int idle = pool.idleSince.size();
      if (idle + pool.busy + pool.starting > 0) {
        all += idle + pool.busy + pool.starting;
        told.put(
            driver.function(each.getKey()),
            new Containers(idle, pool.busy, pool.starting, pool.starting));
      }
    }
    driver.reading(node, new Reading(now, intervalNanos, -1, -1, all), told);
  }

  /**
   * Containers that were started, one for each call that found none idle.
   *
   * @return 0 or more
   */
  public long started() {
    return started;
  }

  private static final class Machine {
    final Map<String, Pool> pools = new HashMap<>();
    int running;
  }

  private static final class Pool {
    /** Newest first. */
    final Deque<Long> idleSince = new ArrayDeque<>();

    int busy;
    int starting;

    void expire(long lastUse) {
      while (!idleSince.isEmpty() && idleSince.getLast() <= lastUse) {
        idleSince.removeLast();
      }
    }
  }
}
