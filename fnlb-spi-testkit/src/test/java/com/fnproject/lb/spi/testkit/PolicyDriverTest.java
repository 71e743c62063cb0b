package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyDriverTest {

  private static final long MILLIS = 1_000_000L;

  private final VirtualTime time = new VirtualTime();
  private final ScriptedPolicy policy = new ScriptedPolicy();
  private final List<DrivenCall> sent = new ArrayList<>();
  private final List<String> over = new ArrayList<>();
  private final PolicyDriver driver =
      new PolicyDriver(policy, Map.of(), 1, time, (call, node) -> sent.add(call));
  private final DrivenFunction function = driver.function("/t/app/f");

  @Test
  void sendsACallToTheSelectedNodeAndReportsItsAnswerOnce() {
    driver.nodes(List.of("b", "a"));
    DrivenCall call = driver.call(function, this::over);
    DrivenNode a = driver.node("a");
    assertThat(call.node()).isSameAs(a);
    assertThat(a.inFlight()).isOne();
    time.runUntil(30 * MILLIS);
    call.answered(Outcome.RAN, 200, 5);
    assertThat(over).containsExactly("RAN on a after 30 ms, 1 attempt(s)");
    assertThat(policy.results).containsExactly("a RAN 200 30000000 5");
    assertThat(a.inFlight()).isZero();
    assertThat(driver.underWay()).isZero();
  }

  private void over(DrivenCall call) {
    over.add(
        "%s on %s after %d ms, %d attempt(s)"
            .formatted(call.outcome(), call.node(), call.latencyNanos() / MILLIS, call.attempts()));
  }
}
