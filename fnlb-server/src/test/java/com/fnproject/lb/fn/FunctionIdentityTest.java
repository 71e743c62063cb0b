package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnDatabase;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the calls of one function go, through whole balancers. */
@Timeout(60)
class FunctionIdentityTest {

  private final List<FnLoadBalancer> balancers = new ArrayList<>();

  @AfterEach
  void stopAll() {
    balancers.forEach(FnLoadBalancer::stop);
  }

  private FnLoadBalancer before(int nodes, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--listen", "127.0.0.1:0"));
    all.addAll(List.of(arguments));
    FnLoadBalancer balancer = FnLoadBalancer.start(all.toArray(String[]::new));
    balancers.add(balancer);
    await()
        .until(
            () -> get(balancer, "/1/lb/nodes").text().split("\"online\"", -1).length == nodes + 1);
    return balancer;
  }

  private static RawAnswer get(FnLoadBalancer balancer, String target) throws IOException {
    try (RawClient client = RawClient.connect(balancer.port())) {
      return client.get(target);
    }
  }

  private static String nodeOf(FnLoadBalancer balancer, String path) {
    try (RawClient client = RawClient.connect(balancer.port())) {
      RawAnswer answer =
          client.exchange("POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
      assertThat(answer.status()).as(path).isEqualTo(200);
      // Fn marks a function's own header fields, but for a trigger's.
      String node = answer.head().header("Test-Node");
      return String.valueOf(node != null ? node : answer.head().header("Fn-Http-H-Test-Node"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void allPathsOfAFunctionLeadToItsNodeWhicheverBalancerIsAsked() {
    try (FnCluster cluster = FnCluster.start(4)) {
      FnDatabase database = cluster.database();
      String app = database.createApp("app");
      String nodes = String.join(",", cluster.names());
      FnLoadBalancer one = before(4, "--nodes", nodes);
      FnLoadBalancer two = before(4, "--nodes", nodes);
      for (int i = 0; i < 8; i++) {
        String function = database.createFunction(app, "f" + i, Map.of("WORK_MS", "0"));
        String unused = database.createTrigger(app, function, "a" + i, "/a" + i);
        unused = database.createTrigger(app, function, "b" + i, "/b/" + i);
        Set<String> used = new HashSet<>();
        for (FnLoadBalancer balancer : List.of(one, two)) {
          for (String path : List.of("/t/app/a" + i, "/invoke/" + function, "/t/app/b/" + i)) {
            used.add(nodeOf(balancer, path));
          }
        }
        assertThat(used).as("nodes of function %d", i).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "nodes"})
  void asksTheNodesOnlyIfItMay(String api) throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.ok("ran"))) {
      FnLoadBalancer balancer = before(1, "--nodes", node.name(), "--fn-api", api);
      assertThat(get(balancer, "/t/app/x").status()).isEqualTo(200);
      assertThat(
              node.requests().stream()
                  .anyMatch(request -> request.head().target().startsWith("/v2/")))
          .isEqualTo(api.equals("nodes"));
    }
  }
}
