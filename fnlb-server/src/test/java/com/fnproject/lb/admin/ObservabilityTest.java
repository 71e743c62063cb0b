package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ObservabilityTest {

  private final RudeNode node = RudeNode.replying(Replies.ok("x"));
  private FnLoadBalancer balancer;

  // One at a time, because the library has one set of meters for a process.
  @BeforeEach
  void start() {
    balancer =
        FnLoadBalancer.start("--listen", "127.0.0.1:0", "--nodes", node.name() + ",127.0.0.1:2");
    await().until(() -> get(balancer, "/1/lb/nodes").text().contains("online\""));
  }

  @AfterEach
  void stop() {
    balancer.stop();
    node.close();
  }

  private static RawAnswer get(FnLoadBalancer from, String target) throws IOException {
    try (RawClient client = RawClient.connect(from.adminPort())) {
      return client.get(target);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /observe/health/live  | `{"name":"live","status":"UP"}`
          /observe/health/ready | `{"name":"ready","status":"UP","data":{"nodesOffline":1,"nodesOnline":1}}`
          """)
  void tellsHealth(String target, String check) throws IOException {
    RawAnswer one = get(balancer, target);
    assertThat(one.status()).isEqualTo(200);
    assertThat(one.head().header("Content-Type")).isEqualTo("application/json");
    assertThat(one.text()).isEqualTo("{\"status\":\"UP\",\"checks\":[" + check + "]}");
    RawAnswer all = get(balancer, "/observe/health");
    assertThat(all.status()).isEqualTo(200);
    assertThat(all.text()).contains(check);
  }

  @Test
  void isReadyWithoutNodes() throws IOException {
    FnLoadBalancer idle = FnLoadBalancer.start("--listen", "127.0.0.1:0");
    try {
      RawAnswer ready = get(idle, "/observe/health/ready");
      assertThat(ready.status()).isEqualTo(200);
      assertThat(ready.text()).contains("\"nodesOnline\":0");
    } finally {
      idle.stop();
    }
  }

  @RepeatedTest(2)
  void countsNodesAndCallsFromTheStartOfTheBalancer() throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(get(balancer, "/t/app/x").status()).isEqualTo(200);
    }
    // A call is counted when it is over, which the client may know first.
    await()
        .untilAsserted(
            () ->
                assertThat(metrics(balancer))
                    .containsEntry("fnlb_nodes{state=\"online\"}", "1.0")
                    .containsEntry("fnlb_nodes{state=\"offline\"}", "1.0")
                    .containsEntry("fnlb_attempts_total{outcome=\"ran\"}", "3.0")
                    .containsEntry("fnlb_attempts_total{outcome=\"unreachable\"}", "0.0")
                    .containsEntry("fnlb_calls_total{status=\"2xx\"}", "3.0")
                    .containsEntry("fnlb_calls_active", "0.0"));
  }

  private static Map<String, String> metrics(FnLoadBalancer from) throws IOException {
    RawAnswer answer = get(from, "/observe/metrics");
    assertThat(answer.status()).isEqualTo(200);
    Map<String, String> metrics = new TreeMap<>();
    answer
        .text()
        .lines()
        .filter(line -> !line.startsWith("#") && line.startsWith("fnlb_"))
        .forEach(
            line -> {
              int blank = line.lastIndexOf(' ');
              // The format allows a comma after the last label, and some have it.
              metrics.put(
                  line.substring(0, blank)
                      .replaceAll(",?scope=\"application\"", "")
                      .replace("{,", "{")
                      .replace(",}", "}")
                      .replace("{}", ""),
                  line.substring(blank + 1));
            });
    return metrics;
  }

  @ParameterizedTest
  @CsvSource({
    "/observe, 404",
    "/observe/, 404",
    "/observe/info, 404",
    "/observe/health/nonesuch, 404",
    "/observe/metrics?name=nonesuch, 404",
    "/health, 200",
    "/metrics, 404",
  })
  void servesNothingElse(String target, int status) throws IOException {
    assertThat(get(balancer, target).status()).isEqualTo(status);
  }
}
