package com.fnproject.lb.lab.bench;

import static com.fnproject.lb.lab.bench.Workload.MEBIBYTE;
import static com.fnproject.lb.lab.bench.Workload.SECOND;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.lab.bench.Workload.Change;
import com.fnproject.lb.testbed.Executions;
import com.fnproject.lb.testbed.FnDatabase;
import com.fnproject.lb.testbed.FnNode;
import com.fnproject.lb.testbed.FnNodeConfig;
import com.fnproject.lb.testbed.FunctionRow;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One run through real sockets: real balancers in this process, before the testbed's nodes, whose
 * time passes faster than the clock's. Calls are sent when they are due, whatever became of earlier
 * ones, and their latency counts from then. Times in the figures are the workload's.
 */
final class LiveRun {
  /** A call that is sent later than this, by the wall clock, counts as late. */
  private static final long LATE_NANOS = 10 * Workload.MILLISECOND;

  /** Calls under way at once; what comes on top is not sent, and so rejected and late. */
  private static final int MOST_UNDER_WAY = 5_000;

  private static final Duration READY = Duration.ofSeconds(20);
  private static final String HOT_SET = "hot-set";
  private static final String HOT_WINDOW = "hot-window";
  private static final double DEFAULT_CHECK_SECONDS = 3;

  private final Workload workload;
  private final Contender contender;
  private final int balancersCount;
  private final double timeScale;
  private final List<String> balancerFlags;
  private final SplittableRandom seeds;
  private final RunLog log;
  private final FnDatabase database = new FnDatabase();
  private final Map<String, Integer> functionIndex = new HashMap<>();
  private final String[] functionIds;
  private final @Nullable FnNode[] nodes;
  private final Map<String, Integer> nodeIndex = new ConcurrentHashMap<>();
  private final long[][] starts;
  private final Set<String> usedContainers = ConcurrentHashMap.newKeySet();
  private final List<FnLoadBalancer> balancers = new ArrayList<>();
  private final List<Deque<RawClient>> connections = new ArrayList<>();
  private final Semaphore slots = new Semaphore(MOST_UNDER_WAY);
  private boolean warm;
  private long beganNanos;

  /**
   * Plans a run.
   *
   * @param timeScale how many times faster the workload's time passes than the clock's
   * @param balancerFlags flags for every balancer, after those of the bench
   */
  LiveRun(
      Workload workload,
      Contender contender,
      int balancersCount,
      double timeScale,
      List<String> balancerFlags,
      long seed) {
    this.workload = workload;
    this.contender = contender;
    this.balancersCount = balancersCount;
    this.timeScale = timeScale;
    this.balancerFlags = balancerFlags;
    this.seeds = new SplittableRandom(seed);
    this.log = new RunLog(workload);
    this.functionIds = new String[workload.functions().size()];
    this.nodes = new @Nullable FnNode[workload.nodes().size()];
    this.starts = new long[nodes.length][functionIds.length];
  }

  /**
   * Makes all calls; to be called once. Blocks for as long as the workload takes.
   *
   * @throws IllegalStateException if the balancers find no node
   */
  Figures run() throws InterruptedException {
    addFunctions();
    try (Executions executions = new Executions()) {
      try {
        for (int n = 0; n < nodes.length; n++) {
          if (workload.thereAtFirst(n)) {
            boot(n, executions);
          }
        }
        for (int b = 0; b < balancersCount; b++) {
          balancers.add(FnLoadBalancer.start(arguments()));
          connections.add(new ConcurrentLinkedDeque<>());
        }
        awaitReady();
        beganNanos = System.nanoTime();
        Thread changes =
            Thread.ofVirtual().name("bench-changes").start(() -> makeChanges(executions));
        makeCalls();
        changes.interrupt();
        changes.join();
        return figures();
      } finally {
        stop();
      }
    }
  }

  private void addFunctions() {
    String app = database.createApp("bench");
    for (int f = 0; f < functionIds.length; f++) {
      Workload.Function function = workload.functions().get(f);
      functionIds[f] =
          database.createFunction(
              app,
              "f" + f,
              (int) (function.memoryBytes() / MEBIBYTE),
              wholeSeconds(function.timeoutNanos()),
              wholeSeconds(function.idleNanos()),
              Map.of(
                  "START_MS", millis(function.startNanos()),
                  "PULL_MS", millis(function.pullNanos())));
      functionIndex.put(functionIds[f], f);
    }
  }

  private void boot(int n, Executions executions) {
    FnNode old = nodes[n];
    FnNodeConfig config =
        FnNodeConfig.create()
            .port(old == null ? 0 : old.port())
            .model(workload.nodes().get(n).model())
            .timeScale(timeScale)
            .lookupCache(Duration.ofMinutes(10))
            .seed(seeds.nextLong());
    FnNode node = FnNode.start(config, database, executions);
    usedContainers.removeIf(used -> used.startsWith(node.name() + "#"));
    nodes[n] = node;
    nodeIndex.put(node.name(), n);
  }

  private String[] arguments() {
    List<String> all = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (FnNode node : nodes) {
      if (node != null) {
        names.add(node.name());
      }
    }
    all.addAll(List.of("--listen", "127.0.0.1:0", "--nodes", String.join(",", names)));
    all.addAll(List.of("--router", contender.provider().name()));
    Map<String, String> options = new TreeMap<>(contender.options());
    if (contender.provider().name().equals(HOT_SET)) {
      // The one policy that is told how long containers live: they live shorter by the clock.
      options.putIfAbsent(HOT_WINDOW, Long.toString(Math.max(1, Math.round(idleSeconds()))));
    }
    options.forEach((key, value) -> all.addAll(List.of("--router-option", key + "=" + value)));
    long check = Math.max(10, Math.round(1_000 * DEFAULT_CHECK_SECONDS / timeScale));
    all.addAll(List.of("--hc-interval", check + "ms", "--shutdown-timeout", "1s"));
    all.addAll(balancerFlags);
    return all.toArray(String[]::new);
  }

  /** The middle one of the functions' idle time-outs, by the clock. */
  private double idleSeconds() {
    List<Long> all = workload.functions().stream().map(Workload.Function::idleNanos).toList();
    long middle = all.stream().sorted().toList().get(all.size() / 2);
    return (double) middle / SECOND / timeScale;
  }

  private void awaitReady() throws InterruptedException {
    long until = System.nanoTime() + READY.toNanos();
    for (FnLoadBalancer balancer : balancers) {
      while (status(balancer) != 200) {
        if (System.nanoTime() > until) {
          throw new IllegalStateException("a balancer found no node within " + READY);
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    // Every node is checked at once at the start; whoever was first must not get all calls.
    TimeUnit.MILLISECONDS.sleep(500);
  }

  private static int status(FnLoadBalancer balancer) {
    try (RawClient client = RawClient.connect(balancer.port())) {
      return client.get("/version").status();
    } catch (IOException e) {
      return 0;
    }
  }

  /** When that is, on the clock of {@link System#nanoTime()}. */
  private long clock(long workloadNanos) {
    return beganNanos + (long) (workloadNanos / timeScale);
  }

  private record Planned(long atNanos, Runnable what) {}

  private void makeChanges(Executions executions) {
    List<Planned> plan = new ArrayList<>();
    plan.add(new Planned(workload.warmUpNanos(), this::endWarmUp));
    for (Change change : workload.changes()) {
      plan.add(new Planned(change.atNanos(), () -> happen(change, executions)));
    }
    plan.sort(Comparator.comparingLong(Planned::atNanos));
    for (Planned next : plan) {
      long early = clock(next.atNanos) - System.nanoTime();
      while (early > 0) {
        LockSupport.parkNanos(early);
        if (Thread.interrupted()) {
          return;
        }
        early = clock(next.atNanos) - System.nanoTime();
      }
      next.what.run();
    }
  }

  private synchronized void endWarmUp() {
    warm = true;
    for (int n = 0; n < nodes.length; n++) {
      countStarts(n, -1);
    }
  }

  /** By the node's own record. */
  private void countStarts(int n, int sign) {
    FnNode node = nodes[n];
    if (node != null) {
      for (FunctionRow row : node.rows()) {
        starts[n][functionIndex.getOrDefault(row.functionId(), 0)] += sign * row.coldStarts();
      }
    }
  }

  private synchronized void happen(Change change, Executions executions) {
    int n = change.node();
    FnNode node = nodes[n];
    switch (change.kind()) {
      case LOST -> {
        if (node != null) {
          countStarts(n, warm ? 1 : 0);
          node.close();
        }
      }
      case ADDED -> {
        boot(n, executions);
        FnNode added = nodes[n];
        if (node == null && added != null) {
          balancers.forEach(balancer -> add(balancer, added.name()));
        }
      }
      case SLOWED -> {
        if (node != null) {
          node.slowness(change.slowness());
        }
      }
    }
  }

  private static void add(FnLoadBalancer balancer, String node) {
    String body = "{\"node\":\"" + node + "\"}";
    try (RawClient client = RawClient.connect(balancer.adminPort())) {
      RawAnswer answer =
          client.exchange(
              "PUT /1/lb/nodes HTTP/1.1\r\nHost: fnlb\r\nContent-Type: application/json\r\n"
                  + "Content-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body);
      if (answer.status() != 200) {
        throw new IllegalStateException("the balancer does not take " + node + ": " + answer);
      }
    } catch (IOException e) {
      throw new IllegalStateException("the balancer does not take " + node, e);
    }
  }

  private void makeCalls() throws InterruptedException {
    Workload.Calls calls = workload.calls();
    SplittableRandom choice = seeds.split();
    ExecutorService callers =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("bench-call-", 0).factory());
    try {
      for (int call = 0; call < calls.size(); call++) {
        long due = clock(calls.at(call));
        for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
          LockSupport.parkNanos(early);
          if (Thread.interrupted()) {
            throw new InterruptedException();
          }
        }
        int balancer = choice.nextInt(balancersCount);
        int number = call;
        if (slots.tryAcquire()) {
          callers.execute(() -> make(number, balancer, due));
        } else {
          log.late(number);
        }
      }
      callers.shutdown();
      long left = clock(workload.endNanos() + RunLog.PATIENCE_NANOS) - System.nanoTime();
      boolean unused = callers.awaitTermination(Math.max(0, left), TimeUnit.NANOSECONDS);
    } finally {
      // Interrupting a virtual thread closes the socket that it reads from.
      callers.shutdownNow();
    }
    if (!callers.awaitTermination(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("calls could not be cut within 10 s");
    }
  }

  private void make(int call, int balancer, long dueNanos) {
    Deque<RawClient> idle = connections.get(balancer);
    RawClient client = null;
    try {
      client = idle.pollFirst();
      if (client == null) {
        client = RawClient.connect(balancers.get(balancer).port()).patience(patience());
      }
      if (System.nanoTime() - dueNanos > LATE_NANOS) {
        log.late(call);
      }
      String request =
          "POST /invoke/"
              + functionIds[workload.calls().function(call)]
              + " HTTP/1.1\r\nHost: fnlb\r\nContent-Length: 0\r\nTest-Run-Ms: "
              + millis(workload.calls().work(call))
              + "\r\n\r\n";
      RawAnswer answer = client.exchange(request);
      if (answer.status() == 200) {
        note(call, answer, (long) ((System.nanoTime() - dueNanos) * timeScale));
      }
      if (answer.body().complete()
          && !"close".equalsIgnoreCase(answer.head().header("Connection"))) {
        idle.addFirst(client);
        client = null;
      }
    } catch (IOException e) {
      // Not answered, which is what the log says of a call until it is told otherwise.
    } finally {
      if (client != null) {
        client.close();
      }
      slots.release();
    }
  }

  private Duration patience() {
    return Duration.ofNanos((long) ((workload.endNanos() + RunLog.PATIENCE_NANOS) / timeScale));
  }

  private void note(int call, RawAnswer answer, long latencyNanos) {
    String node = answer.head().header("Fn-Http-H-Test-Node");
    String container = answer.head().header("Fn-Http-H-Test-Container");
    Integer index = node == null ? null : nodeIndex.get(node);
    if (index == null) {
      return;
    }
    log.sent(call, index);
    log.ran(call, usedContainers.add(node + "#" + container));
    log.answered(call, latencyNanos);
  }

  private synchronized Figures figures() {
    if (!warm) {
      endWarmUp();
    }
    for (int n = 0; n < nodes.length; n++) {
      if (!lost(n)) {
        countStarts(n, 1);
      }
      for (int f = 0; f < functionIds.length; f++) {
        log.started(n, f, starts[n][f]);
      }
    }
    return log.figures();
  }

  /** Whether the node was lost for good: then its starts were counted when it was. */
  private boolean lost(int n) {
    boolean lost = false;
    for (Change change : workload.changes()) {
      if (change.node() == n && change.kind() != Change.Kind.SLOWED) {
        lost = change.kind() == Change.Kind.LOST;
      }
    }
    return lost;
  }

  private void stop() {
    connections.forEach(idle -> idle.forEach(RawClient::close));
    for (FnLoadBalancer balancer : balancers) {
      int unused = balancer.stop();
    }
    for (FnNode node : nodes) {
      if (node != null) {
        node.close();
      }
    }
  }

  private static int wholeSeconds(long nanos) {
    return (int) Math.max(1, Math.ceilDiv(nanos, SECOND));
  }

  private static String millis(long nanos) {
    return BigDecimal.valueOf(nanos, 6).stripTrailingZeros().toPlainString();
  }
}
