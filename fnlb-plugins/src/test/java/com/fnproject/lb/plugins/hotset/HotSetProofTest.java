package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.PolicyDriver;
import com.fnproject.lb.spi.testkit.VirtualTime;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@code hot-set} takes for proof that a container is there, and what it does not. */
class HotSetProofTest {

  private static final long MILLIS = 1_000_000L;

  private final VirtualTime time = new VirtualTime();
  private final PolicyDriver driver =
      new PolicyDriver(new HotSetProvider(), Map.of(), 1, time, (call, node) -> {});

  @Test
  void sendsToAHealthyNodeWhileThereIsOneThoughTheFunctionsOwnCannotBeReached() {
    driver.nodes(IntStream.range(0, 17).mapToObj(i -> "n" + i + ":1").toList());
    long dead = time.nowNanos() + 1000 * MILLIS;
    DrivenNode last = null;
    for (int i = 0; i < 200; i++) {
      String key = "f" + i;
      if (i == 0) {
        last = driver.nodes().get(16);
        for (DrivenNode node : driver.nodes()) {
          if (node != last) {
            node.state(HotNode::new).deadUntilNanos = dead;
          }
        }
      }
      assertThat(driver.explain(driver.function(key)).node()).isSameAs(last);
    }
  }
}
