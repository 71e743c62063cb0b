package com.fnproject.lb.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnDatabase;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that the operator drains, enables, removes and adds while clients call without a pause. */
@Timeout(60)
class NodeDrainedTest {

  private static String admin(int port, String method, String target, String body)
      throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      return client.exchange(RunningBalancer.request(method, target, body)).text();
    }
  }

  @Test
  void costsNoCall() throws IOException {
    try (FnCluster cluster = FnCluster.start(3)) {
      FnDatabase database = cluster.database();
      String app = database.createApp("app");
      Map<String, String> config = Map.of("START_MS", "1", "RUN_MS", "5");
      String function = database.createFunction(app, "f", config);
      database.createTrigger(app, function, "t", "/t");
      List<String> names = cluster.names();
      FnLoadBalancer balancer =
          FnLoadBalancer.start(
              "--listen",
              "127.0.0.1:0",
              "--hc-interval",
              "100ms",
              "--router",
              "round-robin",
              "--nodes",
              String.join(",", names));
      int port = balancer.port();
      try {
        for (String name : names) {
          awaitEligible(port, name);
        }
        SteadyTraffic traffic =
            new SteadyTraffic("drained", port, 8, List.of("/t/app/t"), List.of(function));
        try (traffic) {
          traffic.awaitCalls(100);
          for (int i = 0; i < 6; i++) {
            String name = names.get(i % names.size());
            String path = "/1/lb/nodes/" + name;
            assertThat(admin(port, "PATCH", path, "{\"state\":\"draining\"}"))
                .contains("\"eligible\":false");
            await().until(() -> admin(port, "GET", path, "").contains("\"inFlight\":0,"));
            traffic.awaitCalls(50);
            assertThat(admin(port, "GET", path, ""))
                .as("empty, stays empty, and is checked all the while")
                .contains("\"inFlight\":0,", "\"health\":\"online\"");
            if (i % 2 == 0) {
              assertThat(admin(port, "PATCH", path, "{\"state\":\"enabled\"}"))
                  .contains("\"eligible\":true");
            }
            String body = "{\"node\":\"" + name + "\"}";
            assertThat(admin(port, "DELETE", "/1/lb/nodes", body)).contains("node deleted");
            traffic.awaitCalls(50);
            assertThat(admin(port, "PUT", "/1/lb/nodes", body)).contains("node added");
            awaitEligible(port, name);
          }
        }
        assertThat(traffic.failures()).isEmpty();
        assertThat(traffic.calls()).isGreaterThan(600);
      } finally {
        int unused = balancer.stop();
      }
    }
  }

  private static void awaitEligible(int port, String name) {
    await()
        .until(() -> admin(port, "GET", "/1/lb/nodes/" + name, "").contains("\"eligible\":true"));
  }
}
