package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.Snapshot;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsistentHashPolicyTest extends RoutingPolicyContract {

  private final ConsistentHashPolicy policy = new ConsistentHashPolicy();

  @Override
  protected RoutingPolicyProvider provider() {
    return new ConsistentHashProvider();
  }

  @Override
  protected String name() {
    return "consistent-hash";
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  /** Values that other implementations of the paper agree on. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "42, 57, 43",
    "3735883980, 1, 0",
    "3735883980, 666, 361",
    "256, 1024, 520"
  })
  void jumpsAsPublished(long hash, int nodes, int place) {
    assertThat(ConsistentHashSelector.jump(hash, nodes)).isEqualTo(place);
  }

  @Test
  void sendsAFunctionWhereItsHashJumpsHoweverManyCallsAreUnderWay() {
    List<DrivenNode> nodes = nodes("n", 50);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    for (DrivenFunction function : functions(30)) {
      DrivenNode home = nodes.get(ConsistentHashSelector.jump(function.hash(), 50));
      for (int i = 0; i < 20; i++) {
        assertThat(new ManualCall(function).select(selector)).isSameAs(home);
      }
    }
  }

  @Test
  void movesFunctionsOnlyToANodeThatIsAddedBehindTheOthers() {
    List<DrivenNode> nodes = nodes("n", 11);
    NodeSelector before = policy.newSelector(Snapshot.of(nodes.subList(0, 10)));
    NodeSelector after = policy.newSelector(Snapshot.of(nodes));
    int moved = 0;
    for (DrivenFunction function : functions(2000)) {
      DrivenNode home = new ManualCall(function).select(after);
      if (home != new ManualCall(function).select(before)) {
        assertThat(home).isSameAs(nodes.get(10));
        moved++;
      }
    }
    // Binomial, n = 2,000, p = 1/11: mean 182, deviation 12.9, five of them 64.
    assertThat(moved).isBetween(118, 246);
  }

  @Test
  void spreadsWhatATriedNodeHadOverAllOthers() {
    List<DrivenNode> nodes = nodes("n", 10);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    DrivenNode tried = nodes.get(3);
    int[] counts = new int[10];
    int homes = 0;
    for (DrivenFunction function : functions(20_000)) {
      if (new ManualCall(function).select(selector) == tried) {
        homes++;
        counts[nodes.indexOf(new ManualCall(function).tried(List.of(tried)).select(selector))]++;
      }
    }
    // Binomial, n = 20,000, p = 1/10: deviation 42.4; of those 1/9 each: mean 222, deviation 14.1.
    assertThat(homes).isBetween(2000 - 212, 2000 + 212);
    assertThat(counts[3]).isZero();
    for (int node = 0; node < 10; node++) {
      if (node != 3) {
        assertThat(counts[node]).as("node %d", node).isBetween(128, 316);
      }
    }
  }
}
