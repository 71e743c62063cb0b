package com.fnproject.lb.testbed.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The containers of one {@link FunctionSpec} on one node, and the calls that wait for them. */
public final class FunctionPool {
  private final NodeModel node;
  private final FunctionSpec spec;
  private final FunctionSeries series;
  private final Launcher launcher;

  private @Nullable Container idleTop;
  private @Nullable Container idleBottom;
  private int idle;
  private int busy;
  private int starting;

  private @Nullable Call[] waiters = new @Nullable Call[8];
  private int waiting;

  FunctionPool(NodeModel node, FunctionSpec spec, FunctionSeries series) {
    this.node = node;
    this.spec = spec;
    this.series = series;
    this.launcher = new Launcher(node, this);
  }

  public FunctionSpec spec() {
    return spec;
  }

  public FunctionSeries series() {
    return series;
  }

  /** Containers that could serve a call without a start: idle, paused and busy ones. */
  public int hot() {
    return idle + busy;
  }

  public int waitingCalls() {
    return waiting;
  }

  /** How many containers are in this state now. */
  public int containers(ContainerState state, long nowNanos) {
    return switch (state) {
      case WAIT -> launcher.waiting() ? 1 : 0;
      case START -> starting;
      case BUSY -> busy;
      case PAUSED -> paused(nowNanos);
      case IDLE -> idle - paused(nowNanos);
    };
  }

  boolean unused() {
    return idle + busy + starting + waiting == 0 && !launcher.waiting();
  }

  void submit(Call call, long nowNanos) {
    series.calls++;
    Container free = idleTop;
    if (free != null) {
      unlinkIdle(free, nowNanos);
      serve(free, call, nowNanos);
      return;
    }
    wait(call);
    boolean first = launcher.firstUse();
    if (first) {
      launcher.check(call, nowNanos);
    }
    poll(call, nowNanos);
  }

  /**
   * A waiting call asks for a container, now and again every {@link NodeModelConfig#pollNanos()}.
   */
  void poll(Call call, long nowNanos) {
    if (!call.waiting()) {
      return;
    }
    node.queue.schedule(call, nowNanos + node.config().pollNanos());
    launcher.signal(call, nowNanos);
  }

  /**
   * One start for every waiting call that no idle or starting container is there for (fn {@code
   * api/agent/slots.go}, {@code isNewContainerNeeded}).
   */
  boolean startNeeded() {
    return waiting - idle > starting;
  }

  void start(@Nullable Call cause, long nowNanos) {
    Container container = node.create(this, cause, nowNanos);
    series.starts++;
    starting++;
    long pulledNanos = node.pull(container, nowNanos);
    if (pulledNanos > nowNanos) {
      node.queue.schedule(container, pulledNanos);
      return;
    }
    pulled(container, nowNanos);
  }

  void pulled(Container container, long nowNanos) {
    if (container.failure != CallEnd.ANSWERED) {
      fail(container, container.failure, nowNanos);
      return;
    }
    container.phase = Container.Phase.START;
    double nanos = spec.startNanos() * node.slowness();
    if (nanos > node.config().startTimeoutNanos() || node.sharesCores()) {
      // Fn notices a start that is too slow a little late: 5.2 s after a limit of 5 s (FN-NODES.md,
      // part 3).
      long limit = node.config().startTimeoutNanos();
      node.queue.schedule(container.deadline, nowNanos + limit + limit / 25);
    }
    node.work(container, nanos, nowNanos);
  }

  void startDone(Container container, long nowNanos) {
    node.queue.cancel(container.deadline);
    if (spec.startEnd() == CallEnd.START_FAILED) {
      fail(container, CallEnd.START_FAILED, nowNanos);
      return;
    }
    starting--;
    record(ContainerState.START, container, nowNanos);
    container.call = null;
    free(container, nowNanos);
  }

  private void fail(Container container, CallEnd end, long nowNanos) {
    Call cause = container.call;
    starting--;
    record(ContainerState.START, container, nowNanos);
    container.call = null;
    node.destroy(container, nowNanos);
    if (cause != null && cause.pool == this && cause.waiting()) {
      end(cause, end, nowNanos);
    }
  }

  private void free(Container container, long nowNanos) {
    if (waiting > 0) {
      Call next = waiters[node.random.nextInt(waiting)];
      if (next != null) {
        unwait(next);
        serve(container, next, nowNanos);
        return;
      }
    }
    container.phase = Container.Phase.IDLE;
    container.phaseSinceNanos = nowNanos;
    container.below = idleTop;
    if (idleTop != null) {
      idleTop.above = container;
    } else {
      idleBottom = container;
    }
    idleTop = container;
    idle++;
    node.queue.schedule(container, nowNanos + spec.idleTimeoutNanos());
  }

  private void serve(Container container, Call call, long nowNanos) {
    boolean paused =
        container.phase == Container.Phase.IDLE
            && nowNanos - container.phaseSinceNanos >= node.config().pauseNanos();
    boolean cold = !container.used;
    container.used = true;
    container.phase = Container.Phase.BUSY;
    container.phaseSinceNanos = nowNanos;
    container.call = call;
    call.container = container;
    call.startedNanos = nowNanos;
    busy++;
    node.running++;
    node.queue.cancel(container);
    call.started(container, cold, nowNanos);
    if (call.runNanos == NodeModel.UNTIL_TOLD) {
      node.queue.schedule(container.deadline, nowNanos + spec.timeoutNanos());
      return;
    }
    run(container, call.runNanos + (paused ? node.config().resumeNanos() : 0), nowNanos);
  }

  void run(Container container, long nanos, long nowNanos) {
    double work = nanos * node.slowness();
    if (work > spec.timeoutNanos() || node.sharesCores()) {
      node.queue.schedule(container.deadline, container.phaseSinceNanos + spec.timeoutNanos());
    }
    node.work(container, work, nowNanos);
  }

  void runDone(Container container, long nowNanos) {
    Call call = container.call;
    CallEnd end = call == null ? CallEnd.CANCELLED : call.plannedEnd();
    finish(container, end, nowNanos);
  }

  /** Fn frees the container before it writes the answer, so the next waiting call starts first. */
  void finish(Container container, CallEnd end, long nowNanos) {
    Call call = container.call;
    node.queue.cancel(container.deadline);
    node.stopWork(container, nowNanos);
    record(ContainerState.BUSY, container, nowNanos);
    container.call = null;
    busy--;
    node.running--;
    if (end == CallEnd.TIMED_OUT || end == CallEnd.DIED || end == CallEnd.CANCELLED) {
      node.destroy(container, nowNanos);
    } else {
      free(container, nowNanos);
    }
    if (call != null) {
      end(call, end, nowNanos);
    }
  }

  void overdue(Container container, long nowNanos) {
    switch (container.phase) {
      case START -> {
        node.stopWork(container, nowNanos);
        fail(container, CallEnd.START_TIMED_OUT, nowNanos);
      }
      case BUSY -> finish(container, CallEnd.TIMED_OUT, nowNanos);
      case PULL, IDLE, EVICTED, GONE -> {}
    }
  }

  /** The end of an idle container's time, or of its eviction. */
  void remove(Container container, long nowNanos) {
    if (container.phase == Container.Phase.IDLE) {
      unlinkIdle(container, nowNanos);
    }
    node.destroy(container, nowNanos);
  }

  void evict(Container container, long nowNanos) {
    unlinkIdle(container, nowNanos);
    series.evictions++;
    container.phase = Container.Phase.EVICTED;
    node.queue.schedule(container, nowNanos + node.config().evictionNanos());
  }

  void refuse(Call call, long nowNanos) {
    if (call.pool == this && call.waiting()) {
      end(call, CallEnd.BUSY, nowNanos);
    }
  }

  /** Ends every waiting call. */
  void endWaiting(CallEnd end, long nowNanos) {
    while (waiting > 0) {
      Call call = waiters[waiting - 1];
      if (call == null) {
        return;
      }
      end(call, end, nowNanos);
    }
  }

  void end(Call call, CallEnd end, long nowNanos) {
    if (call.waiting()) {
      unwait(call);
    }
    if (end == CallEnd.BUSY) {
      series.refused++;
    }
    call.pool = null;
    call.container = null;
    node.count(end);
    call.ended(end, nowNanos);
  }

  private void wait(Call call) {
    if (waiting == waiters.length) {
      waiters = Arrays.copyOf(waiters, waiting * 2);
    }
    call.waiterIndex = waiting;
    waiters[waiting++] = call;
    node.queued++;
  }

  private void unwait(Call call) {
    node.queue.cancel(call);
    int index = call.waiterIndex;
    call.waiterIndex = Call.NOT_WAITING;
    Call last = waiters[--waiting];
    waiters[waiting] = null;
    node.queued--;
    if (last != null && last != call) {
      waiters[index] = last;
      last.waiterIndex = index;
    }
  }

  private void unlinkIdle(Container container, long nowNanos) {
    Container above = container.above;
    Container below = container.below;
    if (above != null) {
      above.below = below;
    } else {
      idleTop = below;
    }
    if (below != null) {
      below.above = above;
    } else {
      idleBottom = above;
    }
    container.above = null;
    container.below = null;
    idle--;
    long nanos = nowNanos - container.phaseSinceNanos;
    long pause = node.config().pauseNanos();
    series.durations(ContainerState.IDLE).record(Math.min(nanos, pause));
    if (nanos > pause) {
      series.durations(ContainerState.PAUSED).record(nanos - pause);
    }
  }

  /** The stack is ordered by its members' last use, so the paused ones lie at its bottom. */
  private int paused(long nowNanos) {
    int count = 0;
    for (Container c = idleBottom; c != null; c = c.above) {
      if (nowNanos - c.phaseSinceNanos < node.config().pauseNanos()) {
        break;
      }
      count++;
    }
    return count;
  }

  private void record(ContainerState state, Container container, long nowNanos) {
    series.durations(state).record(nowNanos - container.phaseSinceNanos);
  }
}
