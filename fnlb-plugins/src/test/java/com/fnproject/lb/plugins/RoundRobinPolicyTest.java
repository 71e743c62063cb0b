package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.SeededContext;
import com.fnproject.lb.spi.testkit.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundRobinPolicyTest extends RoutingPolicyContract {

  private final DrivenNode a = new DrivenNode("a:8080");
  private final DrivenNode b = new DrivenNode("b:8080");
  private final DrivenNode c = new DrivenNode("c:8080");
  private final DrivenFunction function = new DrivenFunction("/t/app/f");

  @Override
  protected RoutingPolicyProvider provider() {
    return new RoundRobinProvider();
  }

  @Override
  protected String name() {
    return "round-robin";
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  @Test
  void takesTheNodesInTurn() {
    NodeSelector selector = startingAt(0).newSelector(Snapshot.of(a, b, c));
    assertThat(picks(selector, 7)).containsExactly(a, b, c, a, b, c, a);
  }

  @ParameterizedTest
  @ValueSource(longs = {Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void goesOnPastTheEndOfItsCounter(long start) {
    NodeSelector selector = startingAt(start - 1).newSelector(Snapshot.of(a, b, c));
    // Where the counter wraps one turn may be short, so each node comes up at least twice in 9.
    assertThat(picks(selector, 9)).contains(a, b, c).doesNotContainNull();
    assertThat(picks(selector, 3)).containsExactlyInAnyOrder(a, b, c);
  }

  @Test
  void passesOverNodesThatWereTried() {
    NodeSelector selector = startingAt(0).newSelector(Snapshot.of(a, b, c));
    assertThat(new ManualCall(function).tried(List.of(a, b)).select(selector)).isSameAs(c);
  }

  @Test
  void goesOnWhereItWasWhenTheNodesChange() {
    RoutingPolicy policy = startingAt(0);
    assertThat(picks(policy.newSelector(Snapshot.of(a, b, c)), 1)).containsExactly(a);
    assertThat(picks(policy.newSelector(Snapshot.of(a, b, c)), 1)).containsExactly(b);
  }

  @Test
  void startsAtAnyNode() {
    List<DrivenNode> first = new ArrayList<>();
    for (long seed = 0; seed < 50; seed++) {
      RoutingPolicy policy = provider().create(SeededContext.of(seed));
      first.addAll(picks(policy.newSelector(Snapshot.of(a, b, c)), 1));
    }
    assertThat(first).contains(a, b, c);
  }

  @Test
  void sharesCallsOfManyThreadsEvenly() throws Exception {
    NodeSelector selector = startingAt(0).newSelector(Snapshot.of(a, b, c));
    Map<DrivenNode, LongAdder> counts = new ConcurrentHashMap<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        done.add(
            threads.submit(
                () ->
                    picks(selector, 3000)
                        .forEach(
                            node ->
                                counts.computeIfAbsent(node, n -> new LongAdder()).increment())));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    assertThat(counts.values()).extracting(LongAdder::sum).containsExactly(4000L, 4000L, 4000L);
  }

  private static RoutingPolicy startingAt(long start) {
    RandomGenerator random = () -> start;
    return new RoundRobinPolicy(random);
  }

  private List<DrivenNode> picks(NodeSelector selector, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new ManualCall(function).select(selector))
        .toList();
  }
}
