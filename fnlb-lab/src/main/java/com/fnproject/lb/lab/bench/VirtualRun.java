package com.fnproject.lb.lab.bench;

import static com.fnproject.lb.lab.bench.Workload.SECOND;

import com.fnproject.lb.lab.bench.Workload.Change;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.Agenda;
import com.fnproject.lb.spi.testkit.CallHead;
import com.fnproject.lb.spi.testkit.Cluster;
import com.fnproject.lb.spi.testkit.Containers;
import com.fnproject.lb.spi.testkit.DrivenCall;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.PolicyDriver;
import com.fnproject.lb.spi.testkit.Reading;
import com.fnproject.lb.testbed.model.Call;
import com.fnproject.lb.testbed.model.CallEnd;
import com.fnproject.lb.testbed.model.Container;
import com.fnproject.lb.testbed.model.ContainerState;
import com.fnproject.lb.testbed.model.Event;
import com.fnproject.lb.testbed.model.EventQueue;
import com.fnproject.lb.testbed.model.FunctionPool;
import com.fnproject.lb.testbed.model.FunctionSeries;
import com.fnproject.lb.testbed.model.FunctionSpec;
import com.fnproject.lb.testbed.model.NodeModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One run in virtual time: balancers that share nothing but the nodes, each driving a policy of its
 * own through the SPI, before the testbed's container model. The same arguments give the same
 * figures. Belongs to one thread.
 */
final class VirtualRun implements Agenda, Cluster {
  /** From a balancer to a node, and back. */
  static final long WIRE_NANOS = 500_000L;

  /**
   * When balancers take a lost node out: with the server's defaults, two checks in a row 3 s apart
   * must fail.
   */
  static final long NOTICED_NANOS = 5 * SECOND;

  /** Fn's constant. */
  private static final long RETRY_AFTER_NANOS = 15 * SECOND;

  private final Workload workload;
  private final EventQueue queue = new EventQueue();
  private final RunLog log;
  private final List<VirtualNode> nodes = new ArrayList<>();
  private final Map<String, VirtualNode> nodesByName = new HashMap<>();
  private final Map<String, Integer> functionIndex = new HashMap<>();
  private final FunctionSpec[] specs;
  private final List<PolicyDriver> balancers = new ArrayList<>();
  private final DrivenFunction[][] functions;
  private final Deque<Trip> spare = new ArrayDeque<>();
  private final SplittableRandom random;
  private long now;
  private boolean warm;
  private int over;

  /**
   * Plans a run.
   *
   * @param options the policy's
   * @param balancersCount how many balancers; each call goes to any of them
   * @param readingsNanos how often each balancer reads each node; 0 = never
   */
  VirtualRun(
      Workload workload,
      RoutingPolicyProvider provider,
      Map<String, String> options,
      int balancersCount,
      long readingsNanos,
      long seed) {
    this.workload = workload;
    this.log = new RunLog(workload);
    SplittableRandom seeds = new SplittableRandom(seed);
    this.random = seeds.split();
    this.specs = new FunctionSpec[workload.functions().size()];
    for (int f = 0; f < specs.length; f++) {
      specs[f] = workload.functions().get(f).spec();
      functionIndex.put(specs[f].functionId(), f);
    }
    List<String> first = new ArrayList<>();
    for (int n = 0; n < workload.nodes().size(); n++) {
      VirtualNode node = new VirtualNode(n, seeds.nextLong());
      nodes.add(node);
      nodesByName.put(node.name, node);
      if (workload.thereAtFirst(n)) {
        node.model = node.boot();
        first.add(node.name);
      }
    }
    this.functions = new DrivenFunction[balancersCount][specs.length];
    for (int b = 0; b < balancersCount; b++) {
      PolicyDriver balancer = new PolicyDriver(provider, options, seeds.nextLong(), this, this);
      balancers.add(balancer);
      balancer.nodes(first);
      balancer.nodes().forEach(this::attach);
      for (int f = 0; f < specs.length; f++) {
        functions[b][f] = balancer.function("/invoke/" + specs[f].functionId());
      }
    }
    plan(readingsNanos, seeds);
  }

  private void plan(long readingsNanos, SplittableRandom seeds) {
    at(workload.warmUpNanos(), this::endWarmUp);
    workload.changes().forEach(change -> at(change.atNanos(), () -> happen(change)));
    if (readingsNanos > 0) {
      for (PolicyDriver balancer : balancers) {
        for (VirtualNode node : nodes) {
          new Scrape(balancer, node, readingsNanos, seeds.nextLong(readingsNanos)).plan();
        }
      }
    }
    queue.schedule(new Arrivals(), workload.calls().at(0));
  }

  /** Makes all calls; to be called once. */
  Figures run() {
    long horizon = workload.endNanos() + RunLog.PATIENCE_NANOS;
    while (over < workload.calls().size() && queue.nextNanos() <= horizon) {
      long unused = queue.runNext();
    }
    if (!warm) {
      endWarmUp();
    }
    balancers.forEach(PolicyDriver::close);
    for (VirtualNode node : nodes) {
      node.countStarts(1);
      for (int f = 0; f < specs.length; f++) {
        log.started(node.index, f, node.starts[f]);
      }
    }
    return log.figures();
  }

  /** What became of each call; complete after {@link #run}. */
  RunLog log() {
    return log;
  }

  @Override
  public long nowNanos() {
    return now;
  }

  @Override
  public void at(long nanos, Runnable task) {
    queue.schedule(
        new Event() {
          @Override
          protected void fire(long nowNanos) {
            now = nowNanos;
            task.run();
          }
        },
        Math.max(now, nanos));
  }

  @Override
  public void send(DrivenCall call, DrivenNode node) {
    if (!(call.attachment() instanceof Trip trip)
        || !(node.attachment() instanceof VirtualNode to)) {
      throw new IllegalStateException("a call or a node of another run");
    }
    log.sent(trip.index, to.index);
    trip.depart(call, to);
  }

  private void endWarmUp() {
    warm = true;
    nodes.forEach(node -> node.countStarts(-1));
  }

  private void happen(Change change) {
    VirtualNode node = nodes.get(change.node());
    switch (change.kind()) {
      case LOST -> {
        NodeModel model = node.model;
        if (model != null) {
          node.countStarts(warm ? 1 : 0);
          node.model = null;
          model.crash(now);
        }
        at(now + NOTICED_NANOS, () -> noticeLost(node));
      }
      case ADDED -> {
        node.model = node.boot();
        for (PolicyDriver balancer : balancers) {
          attach(balancer.node(node.name)).eligible(true);
        }
      }
      case SLOWED -> {
        if (node.model != null) {
          node.model.slowness(change.slowness());
        }
      }
    }
  }

  private void noticeLost(VirtualNode node) {
    if (node.model == null) {
      balancers.forEach(balancer -> balancer.node(node.name).eligible(false));
    }
  }

  /** Lets what a balancer knows of a node lead to the node. */
  private DrivenNode attach(DrivenNode seen) {
    seen.attach(nodesByName.get(seen.id()));
    return seen;
  }

  /** A node, whether it lives or not. */
  private final class VirtualNode {
    final int index;
    final String name;
    final long seed;
    final long[] starts = new long[specs.length];
    final FunctionPool[] pools = new FunctionPool[specs.length];

    /** Null while it is not there. */
    @Nullable NodeModel model;

    /** Whether balancers were ever told of it. */
    boolean known;

    VirtualNode(int index, long seed) {
      this.index = index;
      this.seed = seed;
      this.name = workload.nodes().get(index).name();
    }

    /** Cold, and in the health that the workload gives it. */
    NodeModel boot() {
      Workload.Node spec = workload.nodes().get(index);
      known = true;
      Arrays.fill(pools, null);
      return new NodeModel(spec.model(), queue, new SplittableRandom(seed));
    }

    FunctionPool pool(NodeModel in, int function) {
      FunctionPool pool = pools[function];
      if (pool == null) {
        pool = in.pool(specs[function]);
        pools[function] = pool;
      }
      return pool;
    }

    void countStarts(int sign) {
      if (model != null) {
        for (FunctionSeries series : model.functions()) {
          starts[functionIndex.getOrDefault(series.functionId(), 0)] += sign * series.starts();
        }
      }
    }
  }

  /** Makes the calls when they are due. */
  private final class Arrivals extends Event {
    private int next;

    @Override
    protected void fire(long nowNanos) {
      now = nowNanos;
      int call = next++;
      if (next < workload.calls().size()) {
        queue.schedule(this, workload.calls().at(next));
      }
      int b = balancers.size() == 1 ? 0 : random.nextInt(balancers.size());
      Trip trip = spare.isEmpty() ? new Trip() : spare.pop();
      trip.index = call;
      DrivenCall unused =
          balancers
              .get(b)
              .call(
                  functions[b][workload.calls().function(call)],
                  CallHead.PLAIN,
                  trip,
                  VirtualRun.this::over);
    }
  }

  private void over(DrivenCall call) {
    if (call.attachment() instanceof Trip trip) {
      if (call.outcome() == Outcome.RAN && call.status() == 200) {
        log.answered(trip.index, now - workload.calls().at(trip.index));
      }
      over++;
      spare.push(trip);
    }
  }

  /** A call on its way to a node, there, and on its way back. */
  private final class Trip extends Call {
    int index;
    private @Nullable DrivenCall call;
    private @Nullable VirtualNode to;
    private Outcome outcome = Outcome.NOT_SENT;
    private int status;
    private boolean back;

    private final Event wire =
        new Event() {
          @Override
          protected void fire(long nowNanos) {
            now = nowNanos;
            if (back) {
              arriveBack();
            } else {
              arrive();
            }
          }
        };

    void depart(DrivenCall sent, VirtualNode node) {
      call = sent;
      to = node;
      back = false;
      queue.schedule(wire, now + WIRE_NANOS);
    }

    private void arrive() {
      VirtualNode node = to;
      NodeModel model = node == null ? null : node.model;
      if (node == null || model == null) {
        answer(Outcome.UNREACHABLE, 0);
        return;
      }
      FunctionPool pool = node.pool(model, workload.calls().function(index));
      model.submit(this, pool, workload.calls().work(index), now);
    }

    @Override
    protected void started(Container container, boolean cold, long nowNanos) {
      log.ran(index, cold);
    }

    /** Fn's answers mean to a balancer what {@code fn.FnAnswer} reads from them. */
    @Override
    protected void ended(CallEnd end, long nowNanos) {
      now = nowNanos;
      switch (end) {
        case ANSWERED -> answer(Outcome.RAN, 200);
        case TIMED_OUT -> answer(Outcome.RAN, 504);
        case DIED -> answer(Outcome.RAN, 502);
        case TOO_BIG -> answer(Outcome.BUSY, 400);
        case BUSY -> answer(Outcome.BUSY, 503);
        case START_FAILED -> answer(Outcome.NOT_RUN, 502);
        case IMAGE_MISSING -> answer(Outcome.NOT_RUN, 404);
        case START_TIMED_OUT, PULL_TIMED_OUT -> answer(Outcome.NOT_RUN, 504);
        case CANCELLED -> answer(Outcome.BROKEN, 0);
      }
    }

    private void answer(Outcome what, int code) {
      outcome = what;
      status = code;
      back = true;
      queue.schedule(wire, now + WIRE_NANOS);
    }

    private void arriveBack() {
      DrivenCall answered = call;
      if (answered != null
          && answered.headArrived(outcome, status, -1, status == 503 ? RETRY_AFTER_NANOS : -1)) {
        answered.bodyEnded();
      }
    }
  }

  /** One balancer's reading of one node's metrics, again and again. */
  private final class Scrape extends Event {
    private final PolicyDriver balancer;
    private final VirtualNode node;
    private final long intervalNanos;
    private final long firstNanos;

    Scrape(PolicyDriver balancer, VirtualNode node, long intervalNanos, long firstNanos) {
      this.balancer = balancer;
      this.node = node;
      this.intervalNanos = intervalNanos;
      this.firstNanos = firstNanos;
    }

    void plan() {
      queue.schedule(this, firstNanos);
    }

    @Override
    protected void fire(long nowNanos) {
      now = nowNanos;
      queue.schedule(this, nowNanos + intervalNanos);
      NodeModel model = node.model;
      if (model == null) {
        if (node.known) {
          balancer.reading(balancer.node(node.name), null, Map.of());
        }
        return;
      }
      int containers = 0;
      int b = balancers.indexOf(balancer);
      Map<DrivenFunction, Containers> told = new LinkedHashMap<>();
      for (FunctionSeries series : model.functions()) {
        int busy = series.containers(ContainerState.BUSY, nowNanos);
        int idle = series.hot() - busy;
        int starting = series.containers(ContainerState.START, nowNanos);
        int waiting = series.containers(ContainerState.WAIT, nowNanos);
        if (busy + idle + starting + waiting > 0) {
          containers += busy + idle + starting;
          told.put(
              functions[b][functionIndex.getOrDefault(series.functionId(), 0)],
              new Containers(idle, busy, starting, waiting));
        }
      }
      balancer.reading(
          balancer.node(node.name),
          new Reading(
              nowNanos, intervalNanos, model.memoryUsed(), model.memoryAvailable(), containers),
          told);
    }
  }
}
