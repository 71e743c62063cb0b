package com.fnproject.lb.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.e2e.SteadyTraffic.Failure;
import com.fnproject.lb.testbed.FnDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that end under load and come back, as processes of their own. What may be lost is decided
 * by what the client can know: a GET or HEAD whose answer has not begun never, a POST only when it
 * may have run, which its 502 says; no POST runs twice.
 */
class NodeKilledIT {

  private static final int NODES = 3;
  private static final int FUNCTIONS = 6;
  private static final int CLIENTS = 12;

  @TempDir private static Path folder;

  private static final List<NodeProcess> NODE_PROCESSES = new ArrayList<>();
  private static final List<String> NAMES = new ArrayList<>();
  private static final List<String> TRIGGERS = new ArrayList<>();
  private static final List<String> FUNCTION_IDS = new ArrayList<>();
  private static Path executions;
  private static RunningBalancer balancer;

  @BeforeAll
  static void start() throws IOException {
    Path file = folder.resolve("database.json");
    executions = folder.resolve("executions");
    FnDatabase database = FnDatabase.file(file);
    String app = database.createApp("app");
    for (int i = 0; i < FUNCTIONS; i++) {
      Map<String, String> config = Map.of("START_MS", "1", "RUN_MS", "10");
      String function = database.createFunction(app, "f" + i, config);
      database.createTrigger(app, function, "t" + i, "/t" + i);
      FUNCTION_IDS.add(function);
      TRIGGERS.add("/t/app/t" + i);
    }
    for (int i = 0; i < NODES; i++) {
      NodeProcess node =
          new NodeProcess("--database", file.toString(), "--executions", executions.toString());
      NODE_PROCESSES.add(node);
      NAMES.add(node.name());
    }
    balancer =
        RunningBalancer.command(
                "--listen=127.0.0.1:0", "--hc-interval=100ms", "--nodes", String.join(",", NAMES))
            .jvm("-Xmx256m")
            .start();
    balancer.awaitOnline(NAMES);
  }

  @AfterAll
  static void stop() {
    if (balancer != null) {
      balancer.close();
    }
    NODE_PROCESSES.forEach(NodeProcess::close);
  }

  /** How a node ends. */
  @FunctionalInterface
  private interface End {
    void of(NodeProcess node) throws InterruptedException;
  }

  /** Ends one node after the other under load and starts it again; returns the calls lost. */
  private static List<Failure> underLoad(String title, int restarts, End end) throws Exception {
    SteadyTraffic traffic =
        new SteadyTraffic(title, balancer.port(), CLIENTS, TRIGGERS, FUNCTION_IDS);
    try (traffic) {
      traffic.awaitCalls(300);
      for (int i = 0; i < restarts; i++) {
        NodeProcess node = NODE_PROCESSES.get(i % NODES);
        end.of(node);
        traffic.awaitCalls(200);
        node.restart();
        balancer.awaitOnline(NAMES);
        traffic.awaitCalls(200);
      }
    }
    Map<String, Integer> counts = executed();
    System.out.println(title + ": " + restarts + " restarts, " + traffic.figures());
    for (Failure lost : traffic.failures()) {
      System.out.println("executed " + counts.getOrDefault(lost.id(), 0) + " times: " + lost);
    }
    assertThat(traffic.servedPosts())
        .as("served POSTs ran once")
        .isNotEmpty()
        .allSatisfy(id -> assertThat(counts).containsEntry(id, 1));
    assertThat(traffic.failures())
        .filteredOn(Failure::isPost)
        .as("lost POSTs ran at most once")
        .allSatisfy(lost -> assertThat(counts.getOrDefault(lost.id(), 0)).isLessThanOrEqualTo(1));
    assertThat(traffic.failures())
        .as("only what was under way")
        .hasSizeLessThanOrEqualTo(restarts * CLIENTS);
    return traffic.failures();
  }

  private static Map<String, Integer> executed() throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    for (String id : Files.readAllLines(executions)) {
      counts.merge(id, 1, Integer::sum);
    }
    return counts;
  }

  @Test
  void losesOnlyPostsThatMayHaveRunWhenNodesAreKilled() throws Exception {
    List<Failure> lost = underLoad("kill", 4, NodeProcess::kill);
    assertThat(lost)
        .allSatisfy(
            call -> {
              assertThat(call.isPost() || call.cut()).as("a POST, or cut in its answer").isTrue();
              if (!call.cut()) {
                assertThat(call.status()).isEqualTo(502);
                assertThat(call.text()).containsAnyOf("may have run", "cut its answer short");
              }
            });
  }

  @Test
  void losesOnlyPostsThatNeverRanWhenNodesAreRestartedInOrder() throws Exception {
    List<Failure> lost = underLoad("term", 3, NodeProcess::terminate);
    Map<String, Integer> counts = executed();
    // Where a POST crosses the close of an idle connection nobody can tell whether it runs, and a
    // body that came in chunks is gone when the node says that it is too busy.
    assertThat(lost)
        .allSatisfy(
            call -> {
              assertThat(call.isPost()).isTrue();
              assertThat(counts).doesNotContainKey(call.id());
              if (call.status() == 503) {
                assertThat(call.kind()).isEqualTo("POST chunked");
                assertThat(call.text()).contains("server too busy");
              } else {
                assertThat(call.status()).isEqualTo(502);
                assertThat(call.text()).contains("may have run");
              }
            });
  }
}
