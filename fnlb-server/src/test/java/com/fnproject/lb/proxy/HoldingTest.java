package com.fnproject.lb.proxy;

import static com.fnproject.lb.proxy.ForwardingConformance.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.node.ForeignNode;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Held calls, full nodes and broken policies, through real sockets. */
@Timeout(60)
class HoldingTest {

  private static final long LONG = TimeUnit.SECONDS.toNanos(30);

  /** Holds the calls that ask for it; each answer wakes the next. */
  private static RoutingNode holding(RoutingCall call, NodeSnapshot nodes) {
    return call.header("X-Hold") != null && call.mayHold()
        ? call.hold(LONG)
        : ScriptedPolicy.first(call, nodes);
  }

  private final ScriptedPolicy policy = new ScriptedPolicy(HoldingTest::holding);

  private static RudeCluster cluster(RoutingPolicy policy, int nodes, String... flags) {
    return new RudeCluster(arguments -> ScriptedPolicy.start(policy, arguments), nodes, flags);
  }

  private static String call(String path, String... fields) {
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: t\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  private static void awaitHeld(RudeCluster cluster, int calls) {
    soon().untilAsserted(() -> assertThat(metrics(cluster)).contains("fnlb_calls_held " + calls));
  }

  /** Every metric's name, label but the scope, and value. */
  private static List<String> metrics(RudeCluster cluster) throws IOException {
    try (RawClient client = RawClient.connect(cluster.balancer().adminPort())) {
      return client
          .get("/observe/metrics")
          .text()
          .lines()
          .map(
              line -> line.replaceAll("\\{scope=\"application\",?}|\\{|,?scope=\"[a-z]+\",?|}", ""))
          .map(line -> line.replaceAll("\\.0$", ""))
          .toList();
    }
  }

  /** A client that waits for leave to send its body gets it when the call is sent, not before. */
  @ParameterizedTest
  @ValueSource(ints = {10, 1 << 20})
  void theBodyOfAHeldCallIsNotAskedForUntilItIsSent(int length) throws Exception {
    try (RudeCluster cluster = cluster(policy, 1, "--max-hold", "30s")) {
      String path = "/t/body/" + length;
      RawClient client = cluster.client();
      client.send(call(path, "X-Hold: y", "Expect: 100-continue", "Content-Length: " + length));
      awaitHeld(cluster, 1);
      assertThat(cluster.arrivals()).isEmpty();
      assertThat(client.silentFor(Duration.ofMillis(20))).isTrue();
      assertThat(cluster.exchange(call(path)).status()).isEqualTo(200);
      assertThat(client.readHead().status()).isEqualTo(100);
      client.send(new byte[length]);
      assertThat(client.readAnswer().status()).isEqualTo(200);
      assertThat(cluster.arrivals().getLast().request().body().bytes()).hasSize(length);
      assertThat(policy.ends).containsExactly(HoldEnd.WOKEN);
      assertThat(policy.results).containsExactly("RAN 1", "RAN 1");
    }
  }

  @Test
  void aThousandCallsAreHeldAtOnceAndAllAreServed() throws Exception {
    int calls = 1_000;
    int functions = 20;
    try (RudeCluster cluster = cluster(policy, 1, "--max-hold", "30s")) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        clients.add(cluster.client().send(call("/t/many/" + i % functions, "X-Hold: y")));
      }
      awaitHeld(cluster, calls);
      assertThat(cluster.balancer().activeCalls()).isEqualTo(calls);
      // The last place is taken: this one is sent at once.
      assertThat(cluster.exchange(call("/t/many/x", "X-Hold: y")).status()).isEqualTo(200);
      for (int i = 0; i < functions; i++) {
        assertThat(cluster.exchange(call("/t/many/" + i)).status()).isEqualTo(200);
      }
      for (RawClient client : clients) {
        assertThat(client.readAnswer().status()).isEqualTo(200);
      }
      assertThat(policy.ends).hasSize(calls).containsOnly(HoldEnd.WOKEN);
      assertThat(metrics(cluster)).contains("fnlb_calls_held 0");
    }
  }

  @Test
  void aHeldCallWhoseTimeIsOverIsSent() throws Exception {
    try (RudeCluster cluster = cluster(policy, 1, "--max-hold", "1ms")) {
      assertThat(cluster.exchange(call("/t/a/b", "X-Hold: y")).status()).isEqualTo(200);
      assertThat(policy.ends).containsExactly(HoldEnd.EXPIRED);
      // Latency is the node's, from the selection after the hold.
      assertThat(policy.selectedNanos - policy.endedNanos).isNotNegative();
    }
  }

  /** An orderly end waits for held calls as for all others. */
  @Test
  void aHeldCallMayStillBeSentWhileTheBalancerStops() throws Exception {
    try (RudeCluster cluster = cluster(policy, 1, "--max-hold", "500ms")) {
      RawClient client = cluster.client().send(call("/t/a/b", "X-Hold: y"));
      awaitHeld(cluster, 1);
      assertThat(cluster.stop()).isZero();
      assertThat(client.readAnswer().status()).isEqualTo(200);
      assertThat(policy.ends).containsExactly(HoldEnd.EXPIRED);
    }
  }

  @Test
  void aCallThatIsStillHeldWhenTheBalancerEndsIsToldSo() throws Exception {
    try (RudeCluster cluster =
        cluster(policy, 1, "--max-hold", "30s", "--shutdown-timeout", "50ms")) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(cluster.client().send(call("/t/a/b", "X-Hold: y")));
      }
      awaitHeld(cluster, clients.size());
      assertThat(cluster.stop()).isEqualTo(1);
      for (RawClient client : clients) {
        RawAnswer answer = client.readAnswer();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.head().header("Retry-After")).isEqualTo("1");
        assertThat(answer.text()).contains("the balancer stops");
      }
      assertThat(policy.ends).hasSize(clients.size()).containsOnly(HoldEnd.CLOSING);
      assertThat(cluster.arrivals()).isEmpty();
      assertThat(policy.results).isEmpty();
    }
  }

  @Test
  void aFullNodeSendsTheCallToAnotherAndAFullClusterSaysSo() throws Exception {
    Semaphore go = new Semaphore(0);
    try (RudeCluster cluster = cluster(policy, 2, "--node-in-flight", "1", "--max-attempts", "1")) {
      cluster.reply(Replies.slowHead(go, "slow"));
      RawClient first = cluster.client().send(call("/t/a/b"));
      soon().until(() -> cluster.nodesCalled().size() == 1);
      RawClient second = cluster.client().send(call("/t/a/b"));
      soon().until(() -> cluster.nodesCalled().size() == 2);
      assertThat(cluster.nodesCalled()).containsExactlyInAnyOrder(0, 1);
      for (String path : List.of("/t/a/b", "/v2/apps")) {
        RawAnswer full = cluster.exchange(call(path));
        assertThat(full.status()).isEqualTo(503);
        assertThat(full.head().header("Retry-After")).isEqualTo("1");
        assertThat(full.text()).contains("every node has as many calls as it may");
      }
      assertThat(policy.results).containsExactly("NOT_SENT 1", "NOT_SENT 1", "NOT_SENT 1");
      go.release(2);
      assertThat(first.readAnswer().status()).isEqualTo(200);
      assertThat(second.readAnswer().status()).isEqualTo(200);
      cluster.awaitQuiet();
      cluster.reply(Replies.ok("fine"));
      assertThat(cluster.exchange(call("/t/a/b")).status()).isEqualTo(200);
    }
  }

  /** What a broken plug-in does when it is asked for a node. */
  private record Fault(String name, BiFunction<RoutingCall, NodeSnapshot, RoutingNode> select) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Fault> faults() {
    return List.of(
        new Fault(
            "throws",
            (call, nodes) -> {
              throw new IllegalStateException("bug");
            }),
        new Fault(
            "asserts",
            (call, nodes) -> {
              throw new AssertionError("bug");
            }),
        new Fault(
            "was built against another version",
            (call, nodes) -> {
              throw new NoSuchMethodError("bug");
            }),
        new Fault("recurs without end", (call, nodes) -> overflow(call, 1)),
        new Fault("offers nothing", (call, nodes) -> null),
        new Fault("invents a node", (call, nodes) -> new ForeignNode()),
        new Fault("offers what was tried", (call, nodes) -> nodes.node(0)),
        new Fault(
            "holds and chooses",
            (call, nodes) -> {
              RoutingNode unused = call.mayHold() ? call.hold(LONG) : null;
              return ScriptedPolicy.first(call, nodes);
            }),
        new Fault(
            "holds and throws",
            (call, nodes) -> {
              RoutingNode unused = call.hold(LONG);
              throw new IllegalStateException("bug");
            }),
        new Fault("holds for no time", (call, nodes) -> call.hold(-1)),
        new Fault("holds again and again", (call, nodes) -> call.hold(1)),
        new Fault(
            "wakes while it chooses",
            (call, nodes) -> {
              RoutingNode first = ScriptedPolicy.first(call, nodes);
              return call.wake(first) ? first : null;
            }));
  }

  private static RoutingNode overflow(RoutingCall call, long depth) {
    return depth == 0 ? null : overflow(call, depth + 1);
  }

  /** The first node refuses every call, so that every call needs a second choice. */
  @ParameterizedTest
  @MethodSource("faults")
  void aBrokenPolicyNeverFailsACall(Fault fault) throws Exception {
    try (RudeCluster cluster = cluster(new ScriptedPolicy(fault.select()), 3);
        RawClient client = RawClient.connect(cluster.balancer().port())) {
      cluster.reply(Replies.tooBusy(), Replies.ok("fine"));
      for (int i = 0; i < 20; i++) {
        if (i % 5 == 0) {
          cluster.reply(Replies.tooBusy(), Replies.ok("fine"));
        }
        assertThat(client.exchange(call("/t/a/b")).text()).isEqualTo("fine");
      }
      if (!fault.name().equals("holds and chooses")) {
        assertThat(metrics(cluster))
            .anyMatch(line -> line.matches("fnlb_policy_faults_total [1-9][0-9]*"));
      }
    }
  }

  @Test
  void aSlowPolicyIsLeftAndItsCallsAreLateNotLost() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    ScriptedPolicy slow =
        new ScriptedPolicy(
            (call, nodes) -> {
              asked.incrementAndGet();
              long began = System.nanoTime();
              while (System.nanoTime() - began <= 11_000_000) {
                Thread.onSpinWait();
              }
              return ScriptedPolicy.first(call, nodes);
            });
    try (RudeCluster cluster = cluster(slow, 3);
        RawClient client = RawClient.connect(cluster.balancer().port())) {
      for (int i = 0; i < 30; i++) {
        assertThat(client.exchange(call("/t/a/b")).status()).isEqualTo(200);
      }
      assertThat(asked).hasValue(5);
      assertThat(cluster.nodesCalled()).contains(0, 1, 2);
      assertThat(metrics(cluster)).contains("fnlb_policy_left 1", "fnlb_policy_slow_total 1");
    }
  }
}
