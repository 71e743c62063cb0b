package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few calls through real balancers and sockets. */
class LiveRunTest {
  @TempDir Path folder;

  @Test
  void findsWhatTheNodesDid() throws Exception {
    StringBuilder text =
        new StringBuilder(
            """
            fnlb-workload 1
            name live
            end 42
            warm-up 2
            node a memory=1024
            node b memory=1024
            function f memory=128 start=1000 idle=10
            calls
            0 f 100
            14 f 100
            """);
    // The second finds the first one's container gone, and takes a second to start. Each finds its
    // container idle, but for the last: 14 s of idleness are more than 10.
    for (int second = 17; second < 27; second++) {
      text.append(second).append(" f 100\n");
    }
    text.append("40 f 100\n");
    Figures figures = run(text.toString());
    assertThat(figures.calls()).isEqualTo(12);
    assertThat(figures.rejectedPercent()).isZero();
    assertThat(figures.coldPercent()).isEqualTo(200.0 / 12);
    assertThat(figures.launches()).isEqualTo(2_000.0 / 12);
    assertThat(figures.p50Slowdown()).isBetween(1.0, 10.0);
    assertThat(figures.p99Slowdown()).isBetween(11.0, 50.0);
    assertThat(figures.imbalance()).isEqualTo(2);
  }

  @Test
  void aKilledNodeCostsItsCallsOnlyAndNewOnesAreUsed() throws Exception {
    StringBuilder text =
        new StringBuilder(
            """
            fnlb-workload 1
            name killed
            end 12
            node a memory=1024
            node b memory=1024
            node c memory=1024
            function f memory=128 start=100
            event 3 added c
            event 5 lost a
            event 9 added a
            calls
            """);
    for (int i = 0; i < 110; i++) {
      text.append(i / 10).append('.').append(i % 10).append(" f 10\n");
    }
    Figures figures = run(text.toString());
    assertThat(figures.calls()).isEqualTo(110);
    assertThat(figures.rejectedPercent()).as("at most two were there").isLessThan(2.5);
    assertThat(figures.coldPercent()).isPositive();
  }

  private Figures run(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("workload"), text);
    RoutingPolicyProvider boundedLoad =
        ServiceLoader.load(RoutingPolicyProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.name().equals("bounded-load"))
            .findFirst()
            .orElseThrow();
    Contender contender = new Contender("bounded-load", boundedLoad, Map.of());
    return new LiveRun(WorkloadFile.read(file), contender, 2, 10, List.of(), 1).run();
  }
}
