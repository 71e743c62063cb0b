package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.PatientProvider.Patient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract on a policy that holds, and what it says of one that turns calls away. */
class PatientPolicyTest extends RoutingPolicyContract {

  @Override
  protected RoutingPolicyProvider provider() {
    return new PatientProvider();
  }

  @Override
  protected String name() {
    return "patient";
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  @Override
  protected void assertNothingBooked(RoutingPolicy policy, List<DrivenNode> nodes) {
    assertThat(((Patient) policy).holding.get()).isZero();
    assertThat(nodes).allMatch(node -> PatientProvider.load(node).get() == 0);
  }

  @Test
  void isHeldAndWokenInTheChaosOfTheContract() {
    PolicyChaos chaos = new PolicyChaos(provider(), Map.of(), 1, true);
    Patient policy = (Patient) chaos.run().policy();
    assertThat(policy.woken.get()).isGreaterThan(100);
    assertThat(chaos.endings())
        .anyMatch(ending -> ending.endsWith("WOKEN"))
        .anyMatch(ending -> ending.endsWith("EXPIRED"))
        .anyMatch(ending -> ending.endsWith("CLIENT_GONE"));
  }

  @Test
  void findsAPolicyThatTurnsACallAwayThoughANodeIsLeft() {
    RoutingPolicyProvider picky = new Picky();
    assertThatThrownBy(() -> new PolicyChaos(picky, Map.of(), 1, false).run())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("eligible nodes that were not offered");
  }

  /** Never offers the first node. */
  private static final class Picky implements RoutingPolicyProvider, RoutingPolicy {
    @Override
    public String name() {
      return "picky";
    }

    @Override
    public int spiVersion() {
      return SPI_VERSION;
    }

    @Override
    public RoutingPolicy create(PolicyContext context) {
      return this;
    }

    @Override
    public NodeSelector newSelector(NodeSnapshot nodes) {
      return call -> {
        RoutingNode first = ScriptedPolicy.firstUntried(call, nodes);
        return nodes.size() > 0 && first == nodes.node(0) ? null : first;
      };
    }
  }
}
