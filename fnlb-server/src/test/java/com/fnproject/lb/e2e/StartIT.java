package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.command;
import static com.fnproject.lb.testbed.wire.RudeNode.perRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.e2e.RunningBalancer.Ended;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.wire.DeadPort;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the process starts with: nodes in any state, a configuration by file and environment. */
class StartIT {

  @TempDir Path folder;

  @Test
  void servesWithNodesInEveryStateAndTellsOnceWhatIsWrongWithEach() throws Exception {
    try (FnCluster cluster = FnCluster.start(1);
        RudeNode old = RudeNode.start(perRequest(Replies.ok("{\"version\":\"0.0.234\"}")));
        DeadPort dead = DeadPort.open()) {
      cluster.addSamples();
      String good = cluster.names().getFirst();
      String nowhere = "nowhere.invalid:8080";
      String all = String.join(",", old.name(), nowhere, dead.name(), good);
      try (RunningBalancer balancer = RunningBalancer.start("--nodes", all)) {
        balancer.awaitOnline(List.of(good));
        assertThat(balancer.nodes())
            .containsExactlyEntriesOf(
                new TreeMap<>(
                    Map.of(
                        old.name(),
                        "offline",
                        nowhere,
                        "offline",
                        dead.name(),
                        "offline",
                        good,
                        "online")));
        for (int i = 0; i < 10; i++) {
          RawAnswer answer = balancer.call("GET", "/t/demo/hello?i=" + i, "");
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          assertThat(answer.head().header("Test-Node")).isEqualTo(good);
        }

        // Every node has then been checked several times over.
        await().until(() -> old.requests().size() >= 5);
        assertThat(balancer.log("node " + old.name()))
            .singleElement()
            .asString()
            .contains("is unhealthy", "0.0.234", "0.0.235");
        assertThat(balancer.log("node " + nowhere))
            .singleElement()
            .asString()
            .contains("is unhealthy", "nowhere.invalid");
        assertThat(balancer.log("node " + dead.name()))
            .singleElement()
            .asString()
            .contains("is unhealthy", "refused");
        assertThat(balancer.log("node " + good)).singleElement().asString().contains("is healthy");
      }
    }
  }

  @Test
  void startsWithoutNodesAndServesOnceOneIsAdded() throws Exception {
    try (FnCluster cluster = FnCluster.start(1);
        RunningBalancer balancer = RunningBalancer.start()) {
      cluster.addSamples();
      assertThat(balancer.get("/1/lb/nodes").text()).isEqualTo("{\"nodes\":{}}\n");
      RawAnswer none = balancer.call("GET", "/t/demo/hello", "");
      assertThat(none.status()).isEqualTo(503);
      assertThat(none.head().header("Retry-After")).isNotNull();

      String node = cluster.names().getFirst();
      assertThat(balancer.admin("PUT", "/1/lb/nodes", "{\"node\":\"" + node + "\"}").status())
          .isEqualTo(200);
      balancer.awaitOnline(List.of(node));
      assertThat(balancer.call("GET", "/t/demo/hello", "").status()).isEqualTo(200);
    }
  }

  @Test
  void datesEveryAnswerOfItsOwnInGmtWhateverTheLocalZoneIs() throws Exception {
    try (RudeNode undated = RudeNode.start(perRequest(Replies.ok("{\"version\":\"1.0.0\"}")));
        RunningBalancer balancer =
            command("--listen=127.0.0.1:0", "--nodes", undated.name())
                .env("TZ", "Asia/Kathmandu")
                .start()) {
      balancer.awaitOnline(List.of(undated.name()));
      for (RawAnswer answer :
          List.of(
              balancer.get("/version"),
              balancer.get("/metrics"),
              balancer.get("/1/lb/nodes"),
              balancer.get("/observe/health/live"),
              balancer.get("no-path"))) {
        assertThat(answer.head().headers("Date"))
            .as(answer.head().firstLine())
            .singleElement()
            .asString()
            .matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
      }
      // The zone was heard of.
      await().until(() -> balancer.get("/1/lb/stats").text().contains("+05:45"));
    }
  }

  @Test
  void refusesAListOfNodesWithAnEmptyNameAndSaysWhich() {
    Ended ended = command("--nodes", "a,,b").run();
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).startsWith("fnlb: flag --nodes: 'a,,b': name 2 of 3 is empty");
  }

  @Test
  void endsWith1AndOneLineWhenThePortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThat(command("--listen", address).run())
          .isEqualTo(
              new Ended(
                  1, "", "fnlb: cannot start: --listen " + address + ": Address already in use\n"));
    }
  }

  @Test
  void takesFlagsBeforeVariablesBeforeTheFile() throws Exception {
    try (FnCluster cluster = FnCluster.start(2)) {
      String fromFile = cluster.names().get(0);
      String fromEnvironment = cluster.names().get(1);
      Path file =
          write(
              "fnlb.yaml",
              """
              listen: 127.0.0.1:0
              nodes: [%s]
              router: legacy
              hc-interval: 100ms
              hc-path: /nowhere
              """
                  .formatted(fromFile));
      try (RunningBalancer balancer =
          command("--hc-path", "/version")
              .env("FNLB_CONFIG", file.toString())
              .env("FNLB_NODES", fromEnvironment)
              .env("FNLB_HC_PATH", "/elsewhere")
              .env("FNLB_ROUTER", "round-robin")
              .start()) {
        balancer.awaitOnline(List.of(fromEnvironment));
        assertThat(balancer.nodes()).containsOnlyKeys(fromEnvironment);
        assertThat(balancer.log("router round-robin, 1 nodes")).hasSize(1);
      }
    }
  }

  @Test
  void refusesAFileThatIsMissingOrHoldsAnUnknownKey() throws Exception {
    Path unknown = write("fnlb.yaml", "hc-intervall: 3\n");
    assertRefused(unknown, "unknown key 'hc-intervall' (did you mean 'hc-interval'?)");
    assertRefused(folder.resolve("missing.yaml"), "no such file");
  }

  private static void assertRefused(Path file, String why) {
    Ended ended = command("--config", file.toString()).run();
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains(file.toString(), why);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
