package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Picks in a steady state: of the calls in flight the oldest ends, and another begins.
 *
 * <p>Functions are called with a frequency of 1/rank (Zipf); each was called once before measuring
 * begins. Time is virtual, at the rate at which every call lasts a tenth of a second.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {

  /** Calls in flight for each node: enough for bounds to bind, few enough for idle containers. */
  static final int IN_FLIGHT_PER_NODE = 2;

  /** The order of calls repeats after as many; a power of two. */
  private static final int CALLS = 1 << 20;

  /** Threads take the time in blocks, so that what they share is no cost. */
  private static final int BLOCK = 64;

  /** For JMH. */
  public PickBenchmark() {}

  /** The policy and its cluster. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // set up by JMH
  public static class Stage {
    /** One of {@link Policies#names()}. */
    @Param(Policies.HARNESS)
    public String policyName;

    /** How many. */
    @Param("1000")
    public int nodes;

    /** How many. */
    @Param("100000")
    public int functions;

    private final AtomicLong clock = new AtomicLong();
    private RoutingPolicy policy;
    private NodeSelector selector;
    private StandInFunction[] called;
    private long stepNanos;

    /** For JMH. */
    public Stage() {}

    /** Builds the selector and calls every function once. */
    @Setup
    public void setUp() {
      Cluster cluster = new Cluster(nodes, functions);
      policy = Policies.create(policyName);
      selector = policy.newSelector(cluster);
      called = calls(cluster.functions);
      stepNanos = Math.max(1, Call.NANOS / inFlight());
      Call call = new Call(called[0]);
      for (StandInFunction function : cluster.functions) {
        long now = clock.getAndAdd(stepNanos);
        call.begin(selector, function, now);
        call.end(policy, now + Call.NANOS);
      }
    }

    private int inFlight() {
      return IN_FLIGHT_PER_NODE * nodes;
    }

    private static StandInFunction[] calls(StandInFunction[] functions) {
      double[] sums = new double[functions.length];
      double sum = 0;
      for (int rank = 0; rank < sums.length; rank++) {
        sum += 1.0 / (rank + 1);
        sums[rank] = sum;
      }
      SplittableRandom random = new SplittableRandom(1);
      StandInFunction[] calls = new StandInFunction[CALLS];
      for (int i = 0; i < CALLS; i++) {
        int found = Arrays.binarySearch(sums, random.nextDouble(sum));
        calls[i] = functions[Math.min(found < 0 ? -found - 1 : found, functions.length - 1)];
      }
      return calls;
    }

    /** Closes the policy. */
    @TearDown
    public void tearDown() {
      policy.close();
    }
  }

  /** A thread's calls in flight. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // set up by JMH
  public static class Caller {
    private Call[] inFlight;
    private int oldest;
    private int next;
    private long nowNanos;

    /** For JMH. */
    public Caller() {}

    /** Begins where no other thread does in the order of calls. */
    @Setup
    public void setUp(Stage stage, ThreadParams thread) {
      inFlight = new Call[Math.max(1, stage.inFlight() / thread.getThreadCount())];
      next = CALLS / thread.getThreadCount() * thread.getThreadIndex();
      Arrays.setAll(inFlight, i -> new Call(stage.called[0]));
    }
  }

  /** Ends a call and begins another. */
  @Benchmark
  public Object resultAndSelect(Stage stage, Caller caller) {
    if (caller.next % BLOCK == 0) {
      caller.nowNanos = stage.clock.getAndAdd(BLOCK * stage.stepNanos);
    }
    caller.nowNanos += stage.stepNanos;
    Call call = caller.inFlight[caller.oldest];
    caller.oldest = caller.oldest + 1 == caller.inFlight.length ? 0 : caller.oldest + 1;
    call.end(stage.policy, caller.nowNanos);
    call.begin(stage.selector, stage.called[caller.next & (CALLS - 1)], caller.nowNanos);
    caller.next++;
    return call;
  }
}
