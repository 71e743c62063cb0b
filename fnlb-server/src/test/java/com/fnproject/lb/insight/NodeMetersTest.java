package com.fnproject.lb.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.FnNode;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What operators see of nodes in {@code /observe/metrics}. */
@Timeout(60)
class NodeMetersTest {

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(10)).atMost(Duration.ofSeconds(20));
  }

  private static FnLoadBalancer balancer(String... nodes) {
    return FnLoadBalancer.start(
        "--listen=127.0.0.1:0",
        "--hc-interval=50ms",
        "--scrape-min-interval=10ms",
        "--nodes=" + String.join(",", nodes));
  }

  private static String get(FnLoadBalancer balancer, String target) throws IOException {
    try (RawClient client = RawClient.connect(balancer.adminPort())) {
      return client.get(target).text();
    }
  }

  /** The values of one node's gauges by their short names. */
  private static Map<String, String> told(FnLoadBalancer balancer, String node) throws IOException {
    return get(balancer, "/observe/metrics")
        .lines()
        .filter(line -> line.startsWith("fnlb_node_") && line.contains("\"" + node + "\""))
        .collect(
            Collectors.toMap(
                line -> line.substring("fnlb_node_".length(), line.indexOf('{')),
                line -> line.substring(line.lastIndexOf(' ') + 1)));
  }

  @Test
  void tellWhatANodeToldUntilItLeaves() throws IOException {
    try (FnNode node = FnNode.start()) {
      String app = node.database().createApp("app");
      String id = node.database().createFunction(app, "f", Map.of("START_MS", "1"));
      FnLoadBalancer balancer = balancer(node.name());
      try {
        soon().until(() -> told(balancer, node.name()).get("eligible").equals("1.0"));
        try (RawClient client = RawClient.connect(balancer.port())) {
          assertThat(
                  client
                      .exchange(
                          "POST /invoke/"
                              + id
                              + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                      .status())
              .isEqualTo(200);
        }
        soon()
            .untilAsserted(
                () ->
                    assertThat(told(balancer, node.name()))
                        .containsEntry("hot", "1.0")
                        .containsEntry("waiting", "0.0")
                        .containsEntry("in_flight", "0.0")
                        .containsEntry("busy_total", "0.0")
                        .hasEntrySatisfying(
                            "memory_free_bytes",
                            bytes -> assertThat(Double.parseDouble(bytes)).isPositive())
                        .hasEntrySatisfying(
                            "reading_age_seconds",
                            age -> assertThat(Double.parseDouble(age)).isBetween(0.0, 60.0)));
        try (RawClient client = RawClient.connect(balancer.adminPort())) {
          String body = "{\"node\":\"" + node.name() + "\"}";
          assertThat(
                  client
                      .exchange(
                          "DELETE /1/lb/nodes HTTP/1.1\r\nHost: x\r\nContent-Length: "
                              + body.length()
                              + "\r\n\r\n"
                              + body)
                      .status())
              .isEqualTo(200);
        }
        assertThat(get(balancer, "/observe/metrics")).doesNotContain(node.name());
      } finally {
        int unused = balancer.stop();
      }
    }
  }

  @Test
  void tellMinusOneOfANodeThatTellsNothing() throws IOException {
    FnLoadBalancer balancer = balancer("127.0.0.1:1");
    try {
      assertThat(told(balancer, "127.0.0.1:1"))
          .containsAllEntriesOf(
              Map.of(
                  "eligible", "0.0",
                  "in_flight", "0.0",
                  "busy_total", "0.0",
                  "hot", "-1.0",
                  "waiting", "-1.0",
                  "memory_free_bytes", "-1.0",
                  "reading_age_seconds", "-1.0"));
      try (RawClient client = RawClient.connect(balancer.adminPort())) {
        var answer =
            client.exchange(
                "GET /observe/metrics HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("fnlb.node.eligible;node=127.0.0.1:1");
      }
    } finally {
      int unused = balancer.stop();
    }
  }

  @Test
  void countTheAnswersOfAFullNode() throws IOException {
    RudeNode full = RudeNode.replying(Replies.tooBusy());
    FnLoadBalancer balancer = balancer(full.name());
    try {
      soon().until(() -> told(balancer, full.name()).get("eligible").equals("1.0"));
      for (int i = 0; i < 3; i++) {
        try (RawClient client = RawClient.connect(balancer.port())) {
          assertThat(client.get("/t/app/x").status()).isEqualTo(503);
        }
      }
      soon().until(() -> told(balancer, full.name()).get("busy_total").equals("3.0"));
      assertThat(told(balancer, full.name())).containsEntry("hot", "-1.0");
    } finally {
      int unused = balancer.stop();
      full.close();
    }
  }
}
