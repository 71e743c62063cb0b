package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the process ends, seen from outside: docs/operations.md, "Stop and drain", "Signals". */
class ShutdownIT {

  private static final String CALL = request("GET", "/t/app/slow", "");

  private final Semaphore signal = new Semaphore(0);
  private final RudeNode node = RudeNode.replying(Replies.slowHead(signal, "done"));

  @AfterEach
  void closeNode() {
    node.close();
  }

  private RunningBalancer start(String... flags) {
    String[] all = new String[flags.length + 1];
    System.arraycopy(flags, 0, all, 0, flags.length);
    all[flags.length] = "--nodes=" + node.name();
    RunningBalancer balancer = RunningBalancer.start(all);
    balancer.awaitOnline(List.of(node.name()));
    return balancer;
  }

  /** Sends a call that hangs at the node. */
  private RawClient callUnderWay(RunningBalancer balancer) throws IOException {
    int before = node.calls().size();
    RawClient client = balancer.connect().send(CALL);
    await().until(() -> node.calls().size() > before);
    return client;
  }

  /** A listener that could not accept is gone for good; the process must not outlive it. */
  @Test
  void endsWith1WhenItHasRunOutOfDescriptorsToTakeConnections() throws Exception {
    RunningBalancer.Command command =
        RunningBalancer.command("--listen=127.0.0.1:0", "--max-connections=1000").descriptors(200);
    List<RawClient> clients = new ArrayList<>();
    try (RunningBalancer balancer = command.start()) {
      try {
        while (clients.size() < 300) {
          clients.add(balancer.connect());
        }
      } catch (IOException e) {
        assertThat(e).isInstanceOf(ConnectException.class);
      }
      balancer.awaitLog("no connections are taken any more, see above; ending");
      assertThat(balancer.awaitEnd()).isEqualTo(1);
    } finally {
      clients.forEach(RawClient::close);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void finishesTheCallUnderWayAndEndsWith0(String name) throws Exception {
    try (RunningBalancer balancer = start();
        RawClient idle = balancer.connect();
        RawClient client = callUnderWay(balancer)) {
      assertThat(idle.exchange(request("GET", "/version", "")).status()).isEqualTo(200);
      assumeThat(name.equals("INT") && ignoresInterrupts(balancer))
          .as("INT is ignored, as in the background of a shell")
          .isFalse();
      balancer.signal(name);
      balancer.awaitLog("stopping: 1 calls under way");
      await().until(() -> refusesConnections(balancer));
      assertThat(balancer.isAlive()).isTrue();
      assertThat(idle.closedWithin(Duration.ofSeconds(5))).as("idle connection closed").isTrue();

      signal.release();
      RawAnswer answer = client.readAnswer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("done");
      assertThat(answer.head().header("Connection")).isEqualTo("close");
      assertThat(balancer.awaitEnd()).isZero();
      assertThat(balancer.err()).endsWith("stopped\n");
      assertThat(balancer.out()).isEmpty();
    }
  }

  // Bit 2 of the mask of ignored signals is INT; a process inherits it from whoever started it.
  private static boolean ignoresInterrupts(RunningBalancer balancer) throws IOException {
    Path status = Path.of("/proc", Long.toString(balancer.handle().pid()), "status");
    if (!Files.exists(status)) {
      return false;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0;
      }
    }
    return false;
  }

  private static boolean refusesConnections(RunningBalancer balancer) throws IOException {
    try (RawClient client = balancer.connect()) {
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }

  @Test
  void cutsCallsAfterTheShutdownTimeoutAndEndsWith1() throws Exception {
    try (RunningBalancer balancer = start("--shutdown-timeout=300ms");
        RawClient client = callUnderWay(balancer)) {
      balancer.signal("TERM");
      assertThat(balancer.awaitEnd()).isEqualTo(1);
      assertThat(balancer.log("stopped: 1 calls were cut")).hasSize(1);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void goesOnServingDuringTheDrainDelayWhileReadinessIsDown() throws Exception {
    signal.release(2);
    try (RunningBalancer balancer =
            start(
                "--mgmt-listen=127.0.0.1:" + RunningBalancer.freePort(),
                "--drain-delay=1h",
                "--shutdown-timeout=5s");
        RawClient kept = balancer.connect()) {
      assertThat(balancer.get("/observe/health/ready").status()).isEqualTo(200);
      assertThat(kept.exchange(CALL).status()).isEqualTo(200);

      balancer.signal("TERM");
      await().until(() -> balancer.get("/observe/health/ready").status() == 503);
      assertThat(balancer.get("/observe/health/live").status()).isEqualTo(200);
      RawAnswer answer = kept.exchange(CALL);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.head().header("Connection")).isEqualTo("close");
      assertThat(balancer.call("GET", "/version", "").status()).as("new connection").isEqualTo(200);
      assertThat(balancer.get("/1/lb/nodes").status()).isEqualTo(200);

      balancer.signal("TERM");
      assertThat(balancer.call("GET", "/version", "").status())
          .as("after a second TERM")
          .isEqualTo(200);
      assertThat(balancer.log("stopping")).hasSize(1);
    }
  }

  @Test
  void endsWith0WhenAFurtherTermComesWhileACallFinishes() throws Exception {
    try (RunningBalancer balancer = start("--drain-delay=200ms");
        RawClient client = callUnderWay(balancer)) {
      balancer.signal("TERM");
      balancer.awaitLog("stopping");
      balancer.signal("TERM");
      await().until(() -> refusesConnections(balancer));
      balancer.signal("TERM");
      assertThat(balancer.isAlive()).isTrue();
      signal.release();
      assertThat(client.readAnswer().text()).isEqualTo("done");
      assertThat(balancer.awaitEnd()).isZero();
    }
  }

  @Test
  void printsAThreadDumpOnQuitAndNothingEnds() throws Exception {
    try (RunningBalancer balancer = start();
        RawClient client = callUnderWay(balancer)) {
      balancer.signal("QUIT");
      await().until(() -> balancer.out().contains("Full thread dump"));
      signal.release();
      RawHead head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(client.readBody(head).text()).isEqualTo("done");
      assertThat(client.exchange(request("GET", "/version", "")).status()).isEqualTo(200);
      assertThat(balancer.log("stopping")).isEmpty();
    }
  }
}
