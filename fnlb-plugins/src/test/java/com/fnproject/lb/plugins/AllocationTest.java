package com.fnproject.lb.plugins;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.SeededContext;
import com.fnproject.lb.spi.testkit.Snapshot;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The budget of the request path: a call of a function that is known allocates nothing. */
class AllocationTest {

  private static final int CALLS = 200;

  static Stream<RoutingPolicyProvider> policies() {
    return ServiceLoader.load(RoutingPolicyProvider.class).stream()
        .map(ServiceLoader.Provider::get);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void neitherSelectNorOnResultAllocatesOnceFunctionsAreKnown(RoutingPolicyProvider provider) {
    for (double lightest : new double[] {1, 0.5}) {
      List<DrivenNode> nodes =
          IntStream.range(0, 50)
              .mapToObj(i -> new DrivenNode("n" + i).weight(i == 0 ? lightest : 1))
              .toList();
      try (RoutingPolicy policy = provider.create(SeededContext.of(1))) {
        NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
        ManualCall[] calls =
            RoutingPolicyContract.functions(CALLS).stream()
                .map(ManualCall::new)
                .toArray(ManualCall[]::new);
        for (ManualCall call : calls) {
          // Makes each a first attempt, which those below are then, too.
          policy.onResult(call, requireNonNull(call.select(selector)), AttemptResult.RAN);
        }
        RoutingNode[] current = new RoutingNode[CALLS];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // The virtual machine itself allocates a little now and then; a call that does shows
        // always.
        for (int round = 0; round < 10; round++) {
          AttemptResult[] results = results(round);
          long before = threads.getCurrentThreadAllocatedBytes();
          round(policy, selector, calls, current, results);
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes of %s calls", 100 * CALLS).isZero();
      }
    }
  }

  /** One every ten milliseconds, round after round. */
  private static AttemptResult[] results(int round) {
    return IntStream.range(0, 100 * CALLS)
        .mapToObj(i -> AttemptResult.RAN.at((round * 100L * CALLS + i) * 10_000_000L))
        .toArray(AttemptResult[]::new);
  }

  /** Each call 100 times, half of all calls being under way at a time. */
  private static void round(
      RoutingPolicy policy,
      NodeSelector selector,
      ManualCall[] calls,
      RoutingNode[] current,
      AttemptResult[] results) {
    for (int i = 0; i < 100 * CALLS; i++) {
      int starting = i % CALLS;
      calls[starting].memo(0);
      calls[starting].note(null);
      calls[starting].at(results[i].nowNanos());
      current[starting] = selector.select(calls[starting]);
      int ending = (i + CALLS / 2) % CALLS;
      if (current[ending] != null) {
        policy.onResult(calls[ending], current[ending], results[i]);
        current[ending] = null;
      }
    }
    for (int i = 0; i < CALLS; i++) {
      if (current[i] != null) {
        policy.onResult(calls[i], current[i], results[results.length - 1]);
        current[i] = null;
      }
    }
  }
}
