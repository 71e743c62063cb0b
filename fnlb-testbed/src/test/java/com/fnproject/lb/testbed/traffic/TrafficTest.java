package com.fnproject.lb.testbed.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnNodeConfig;
import com.fnproject.lb.testbed.FunctionRow;
import com.fnproject.lb.testbed.SampleFunction;
import com.fnproject.lb.testbed.wire.DeadPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class TrafficTest {
  private static final List<TrafficTarget> NOWHERE =
      List.of(new TrafficTarget("nowhere", 1, "GET", "/nowhere", ""));

  @Test
  void callsEveryFunctionThroughItsTriggerAndByItsId() {
    try (FnCluster cluster = FnCluster.start(1, FnNodeConfig.create().timeScale(20))) {
      Map<SampleFunction, String> ids = cluster.addSamples();
      Traffic traffic =
          Traffic.start(
              TrafficConfig.to("127.0.0.1", cluster.node(0).port())
                  .callsPerSecond(500)
                  .closeGrace(Duration.ofSeconds(10)),
              TrafficTarget.samples(ids));
      try (traffic) {
        Awaitility.await().until(() -> traffic.rows().stream().allMatch(row -> row.calls() >= 10));
      }
      assertThat(traffic.cut()).isZero();
      assertThat(traffic.outstanding()).isZero();
      Map<String, Long> arrived = new HashMap<>();
      for (FunctionRow row : cluster.rows()) {
        arrived.put(row.functionId(), row.calls());
      }
      assertThat(traffic.rows())
          .extracting(TrafficRow::function)
          .containsExactly("hello", "thumbnail", "report", "nightly");
      ids.forEach(
          (function, id) -> {
            TrafficRow row = row(traffic, function.name());
            assertThat(row.errors()).isEmpty();
            assertThat(row.calls()).isEqualTo(arrived.get(id));
            assertThat(row.latencies().getTotalCount()).isEqualTo(row.calls());
          });
    }
  }

  @Test
  void comesAtTheSameTimesForTheSameSeedInTheSharesOfTheWeights() {
    List<TrafficTarget> targets =
        List.of(
            new TrafficTarget("a", 3, "GET", "/a", ""), new TrafficTarget("b", 1, "GET", "/b", ""));
    Arrivals one = new Arrivals(7, 1_000, targets, 0);
    Arrivals same = new Arrivals(7, 1_000, targets, 0);
    Arrivals other = new Arrivals(8, 1_000, targets, 0);
    Set<Long> times = new HashSet<>();
    int a = 0;
    for (int i = 0; i < 10_000; i++) {
      int target = one.next();
      a += target == 0 ? 1 : 0;
      times.add(one.dueNanos());
      assertThat(same.next()).isEqualTo(target);
      assertThat(same.dueNanos()).isEqualTo(one.dueNanos());
      int unused = other.next();
      times.remove(other.dueNanos());
    }
    assertThat(times).hasSizeGreaterThan(9_000);
    // Five standard deviations: 5 * sqrt(10,000 * 0.75 * 0.25) calls, 5 * sqrt(10,000) gaps of 1
    // ms.
    assertThat(a).isCloseTo(7_500, within(217));
    assertThat(one.dueNanos()).isCloseTo(10_000_000_000L, within(500_000_000L));
  }

  @Test
  void countsErrorsByStatusAndByException() throws Exception {
    try (FnCluster cluster = FnCluster.start(1);
        Traffic traffic =
            Traffic.start(TrafficConfig.to("127.0.0.1", cluster.node(0).port()), NOWHERE)) {
      Awaitility.await().until(() -> row(traffic, "nowhere").errorCount() >= 3);
      TrafficRow row = row(traffic, "nowhere");
      assertThat(row.errors()).containsOnlyKeys("404").containsEntry("404", row.calls());
      assertThat(row.latencies().getTotalCount()).isZero();
    }
    try (DeadPort port = DeadPort.open();
        Traffic traffic = Traffic.start(TrafficConfig.to("127.0.0.1", port.port()), NOWHERE)) {
      Awaitility.await().until(() -> row(traffic, "nowhere").errorCount() >= 3);
      assertThat(row(traffic, "nowhere").errors()).containsOnlyKeys("ConnectException");
    }
  }

  @Test
  void sendsNoMoreAtOnceThanAllowedAndCutsThatAtTheEnd() throws Exception {
    try (ServerSocket mute = mute()) {
      Traffic traffic =
          Traffic.start(
              TrafficConfig.to("127.0.0.1", mute.getLocalPort())
                  .callsPerSecond(1_000)
                  .maxOutstanding(2)
                  .closeGrace(Duration.ZERO),
              NOWHERE);
      try (traffic) {
        Awaitility.await().until(() -> traffic.notSent() >= 20 && traffic.outstanding() == 2);
      }
      assertThat(traffic.cut()).isEqualTo(2);
      assertThat(traffic.outstanding()).isZero();
      assertThat(row(traffic, "nowhere").calls()).isZero();
    }
  }

  @Test
  void givesUpACallAfterItsPatience() throws Exception {
    try (ServerSocket mute = mute();
        Traffic traffic =
            Traffic.start(
                TrafficConfig.to("127.0.0.1", mute.getLocalPort()).patience(Duration.ofMillis(50)),
                NOWHERE)) {
      Awaitility.await().until(() -> row(traffic, "nowhere").errorCount() >= 3);
      assertThat(row(traffic, "nowhere").errors()).containsOnlyKeys("SocketTimeoutException");
    }
  }

  @Test
  void refusesWhatIsNoTraffic() {
    TrafficConfig config = TrafficConfig.to("127.0.0.1", 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.callsPerSecond(0))
        .withMessage("callsPerSecond: 0.0 (expected: above 0, at most 100000)");
    assertThatIllegalArgumentException().isThrownBy(() -> config.maxOutstanding(0));
    assertThatIllegalArgumentException().isThrownBy(() -> config.patience(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> Traffic.start(config, List.of()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrafficTarget("a", Double.NaN, "GET", "/", ""));
  }

  /** Takes connections, as far as the kernel does, and never answers. */
  private static ServerSocket mute() throws IOException {
    return new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
  }

  private static TrafficRow row(Traffic traffic, String function) {
    return traffic.rows().stream()
        .filter(row -> row.function().equals(function))
        .findFirst()
        .orElseThrow();
  }
}
