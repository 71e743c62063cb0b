package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of a balancer, from its start to the last of its threads. */
@Timeout(60)
class FnLoadBalancerTest {

  private static final String CALL = "POST /invoke/f HTTP/1.1\r\nHost: t\r\n\r\n";

  private final List<FnLoadBalancer> started = new ArrayList<>();
  private final List<RudeNode> nodes = new ArrayList<>();

  @AfterEach
  void stopAll() {
    started.forEach(FnLoadBalancer::stop);
    nodes.forEach(RudeNode::close);
  }

  private FnLoadBalancer start(String... more) {
    List<String> arguments = new ArrayList<>(List.of("--listen", "127.0.0.1:0"));
    arguments.addAll(List.of(more));
    FnLoadBalancer loadBalancer = FnLoadBalancer.start(arguments.toArray(String[]::new));
    started.add(loadBalancer);
    return loadBalancer;
  }

  private RudeNode node(RudeNode.Reply... replies) {
    RudeNode node = RudeNode.replying(replies);
    nodes.add(node);
    return node;
  }

  /** A balancer in front of one node that is online. */
  private FnLoadBalancer startBefore(RudeNode node, String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--nodes", node.name()));
    FnLoadBalancer loadBalancer = start(arguments.toArray(String[]::new));
    await().until(() -> get(loadBalancer.adminPort(), "/1/lb/nodes").contains("online\"}"));
    return loadBalancer;
  }

  private static String freeAddress() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + probe.getLocalPort();
    }
  }

  private static String get(int port, String target) throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      return client.get(target).text();
    }
  }

  private static int status(int port, String target) throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      return client.get(target).status();
    }
  }

  private static <T> FutureTask<T> inBackground(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread unused = Thread.ofVirtual().start(task);
    return task;
  }

  /** Sends a call and waits until it has come to the node. */
  private static RawClient callUnderWay(FnLoadBalancer loadBalancer, RudeNode node)
      throws IOException {
    int before = node.calls().size();
    RawClient client = RawClient.connect(loadBalancer.port()).send(CALL);
    await().until(() -> node.calls().size() > before);
    return client;
  }

  private static void awaitRefusal(int port) {
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> RawClient.connect(port).close())
                    .isInstanceOf(ConnectException.class));
  }

  /**
   * Checks of itself would come back from a healthy node, and calls go round until none is left.
   */
  @Test
  void findsItselfOfflineWhenItIsMadeANodeOfItself() throws Exception {
    RudeNode node = node(Replies.ok("x"));
    FnLoadBalancer loadBalancer = startBefore(node, "--hc-interval", "20ms");
    int port = loadBalancer.port();
    try (CapturedLog log = CapturedLog.of(Class.forName("com.fnproject.lb.health.NodeWatch"));
        RawClient client = RawClient.connect(port)) {
      String body = "{\"node\":\"localhost:" + port + "\"}";
      client.exchange(
          "PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      await()
          .untilAsserted(
              () ->
                  assertThat(log.lines())
                      .contains(
                          "INFO node localhost:"
                              + port
                              + " is unhealthy: status 508: it is this balancer, or leads back to it"
                              + " (was unknown)"));
    }
    // Checks go on meanwhile, some of the node's and some of its own.
    int before = node.connections();
    await().until(() -> node.connections() > before + 10);
    assertThat(get(port, "/1/lb/nodes"))
        .contains("\"localhost:" + port + "\":\"offline\"")
        .contains("\"" + node.name() + "\":\"online\"");
    try (RawClient client = RawClient.connect(port)) {
      assertThat(client.exchange(CALL).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--listen", "--mgmt-listen"})
  void saysWhichAddressIsTakenAndLeavesNothingRunning(String flag, @TempDir Path folder)
      throws Exception {
    RudeNode node = node(Replies.ok("x"));
    Set<String> before = threads(folder);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThatThrownBy(() -> start("--nodes", node.name(), flag, address))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessage(flag + " " + address + ": Address already in use");
    }
    assertThat(newThreads(before, folder)).isEmpty();
    assertThat(node.connections()).isZero();
  }

  @Test
  void refusesArgumentsThatTheCommandLineWouldRefuse() {
    assertThatThrownBy(() -> start("--nodes", "a,,b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("fnlb: flag --nodes: 'a,,b': name 2 of 3 is empty");
    assertThatThrownBy(() -> start("--router", "nonesuch"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'nonesuch'");
  }

  @Test
  void hasOneListenerWhenBothAddressesAreTheSame() throws Exception {
    String address = freeAddress();
    FnLoadBalancer loadBalancer = start("--listen", address, "--mgmt-listen", address);
    assertThat(address).endsWith(":" + loadBalancer.port());
    assertThat(loadBalancer.adminPort()).isEqualTo(loadBalancer.port());
    assertThat(get(loadBalancer.port(), "/1/lb/nodes")).isEqualTo("{\"nodes\":{}}\n");
    assertThat(status(loadBalancer.port(), "/anything")).isEqualTo(503);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopsInOrder(boolean split) throws Exception {
    Semaphore answer = new Semaphore(0);
    RudeNode node = node(Replies.slowHead(answer, "late"), Replies.ok("prompt"));
    FnLoadBalancer loadBalancer =
        startBefore(node, "--mgmt-listen", split ? freeAddress() : "", "--drain-delay", "2s");
    int port = loadBalancer.port();
    try (RawClient idle = RawClient.connect(port);
        RawClient operator = RawClient.connect(loadBalancer.adminPort());
        RawClient slow = callUnderWay(loadBalancer, node)) {
      assertThat(idle.get("/1/lb/none").head().header("Connection")).isNotEqualTo("close");
      assertThat(operator.get("/observe/health/ready").status()).isEqualTo(200);

      FutureTask<Integer> exitCode = inBackground(loadBalancer::stop);
      await().until(() -> operator.get("/observe/health/ready").status() == 503);
      assertThat(operator.get("/observe/health/live").status()).isEqualTo(200);
      try (RawClient late = RawClient.connect(port)) {
        assertThat(late.exchange(CALL).text()).isEqualTo("prompt");
      }

      awaitRefusal(port);
      assertThat(idle.closedWithin(Duration.ofSeconds(10))).isTrue();
      assertThat(exitCode.isDone()).isFalse();
      answer.release();
      assertThat(slow.readAnswer().text()).isEqualTo("late");
      assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
      awaitRefusal(loadBalancer.adminPort());
    }
  }

  @Test
  void cutsCallsThatOutlastTheTimeOutAndSaysSo() throws Exception {
    RudeNode node = node(Replies.never());
    FnLoadBalancer loadBalancer = startBefore(node, "--shutdown-timeout", "200ms");
    try (CapturedLog log = CapturedLog.of(FnLoadBalancer.class);
        RawClient slow = callUnderWay(loadBalancer, node)) {
      assertThat(loadBalancer.stop()).isEqualTo(1);
      assertThat(log.lines())
          .containsExactly(
              "INFO stopping: 1 calls under way",
              "WARNING stopped: 1 calls were cut, being under way after 200ms");
      assertThat(slow.readToEnd()).doesNotContain("200");
    }
    await().until(() -> node.openConnections() == 0);
  }

  @Test
  void doesNotMissAConnectionOnWhichNoCallIsUnderWay() throws Exception {
    FnLoadBalancer loadBalancer = start("--shutdown-timeout", "200ms");
    try (RawClient half = RawClient.connect(loadBalancer.port())) {
      // So that it is not accepted in the very moment of the stop, when Helidon forgets it.
      assertThat(half.get("/1/lb/nodes").status()).isEqualTo(200);
      half.send("GET /invoke/f HTTP/1.1\r\nHost: ");
      assertThat(loadBalancer.stop()).isZero();
      assertThat(half.readToEnd()).isEmpty();
    }
  }

  @Test
  void waitsForEverWhenTheTimeOutIs0() throws Exception {
    Semaphore answer = new Semaphore(0);
    RudeNode node = node(Replies.slowHead(answer, "late"));
    FnLoadBalancer loadBalancer = startBefore(node, "--shutdown-timeout", "0");
    try (RawClient slow = callUnderWay(loadBalancer, node)) {
      FutureTask<Integer> exitCode = inBackground(loadBalancer::stop);
      awaitRefusal(loadBalancer.port());
      await().during(Duration.ofMillis(300)).until(() -> !exitCode.isDone());
      answer.release();
      assertThat(slow.readAnswer().text()).isEqualTo("late");
      assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void tellsEveryCallerOfStopTheSame() throws Exception {
    RudeNode node = node(Replies.never());
    FnLoadBalancer loadBalancer = startBefore(node, "--shutdown-timeout", "200ms");
    try (CapturedLog log = CapturedLog.of(FnLoadBalancer.class);
        RawClient unused = callUnderWay(loadBalancer, node)) {
      List<FutureTask<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(inBackground(loadBalancer::stop));
      }
      for (FutureTask<Integer> caller : callers) {
        assertThat(caller.get(30, TimeUnit.SECONDS)).isEqualTo(1);
      }
      assertThat(loadBalancer.stop()).isEqualTo(1);
      assertThat(log.lines("stopping")).hasSize(1);
      assertThat(log.lines("stopped")).hasSize(1);
    }
  }

  @Test
  void stopsAlthoughTheOneWhoWaitsIsInterrupted() {
    FnLoadBalancer loadBalancer = start();
    Thread.currentThread().interrupt();
    assertThatThrownBy(loadBalancer::stop).isInstanceOf(IllegalStateException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(loadBalancer.stop()).isZero();
    awaitRefusal(loadBalancer.port());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leavesNoThreadBehind(boolean split, @TempDir Path folder) throws Exception {
    RudeNode node = node(Replies.ok("x"));
    Set<String> before = threads(folder);
    FnLoadBalancer loadBalancer =
        startBefore(
            node,
            "--mgmt-listen",
            split ? freeAddress() : "",
            "--hc-interval",
            "10ms",
            "--nodes",
            "localhost:1");
    try (RawClient client = RawClient.connect(loadBalancer.port())) {
      assertThat(client.exchange(CALL).status()).isEqualTo(200);
      assertThat(newThreads(before, folder))
          .anyMatch(name -> name.startsWith("health-"))
          .anyMatch(name -> name.startsWith("pool-sweeper-"))
          .anyMatch(name -> name.startsWith("server-"));
      assertThat(loadBalancer.stop()).isZero();
    }
    node.close();
    await().untilAsserted(() -> assertThat(newThreads(before, folder)).isEmpty());
  }

  @Test
  void isAliveWhenAllConnectionsAreTaken() throws Exception {
    FnLoadBalancer loadBalancer = start("--mgmt-listen", freeAddress(), "--max-connections", "2");
    int port = loadBalancer.port();
    try (RawClient first = RawClient.connect(port);
        RawClient second = RawClient.connect(port);
        RawClient third = RawClient.connect(port);
        RawClient operator = RawClient.connect(loadBalancer.adminPort())) {
      assertThat(first.get("/").status()).isEqualTo(503);
      assertThat(second.get("/").status()).isEqualTo(503);
      third.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
      for (int i = 0; i < 10; i++) {
        assertThat(operator.get("/observe/health/live").status()).isEqualTo(200);
      }
      first.close();
      assertThat(third.readAnswer().status()).isEqualTo(503);
      assertThat(second.get("/").status()).isEqualTo(503);
    }
  }

  // "#31 "name" virtual", or the same without the last word, begins what is told of a thread.
  private static final Pattern THREAD = Pattern.compile("(?m)^#(\\d+) \"([^\"]*)\"");

  /** The JDK's, the test's, and a daemon that Helidon leaves behind for each server. */
  private static final List<String> NOT_OURS =
      List.of(
          "ForkJoinPool-",
          "VirtualThread-unparker",
          "MasterPoller",
          "Read-Poller",
          "Write-Poller",
          "rude-node-",
          "awaitility",
          "helidon-idle-connection-timer");

  /** All threads, virtual ones included, as {@code id name}. */
  private static Set<String> threads(Path folder) throws IOException {
    Path file = folder.resolve("threads");
    Files.deleteIfExists(file);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(file.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
    Set<String> threads = new HashSet<>();
    Matcher matcher = THREAD.matcher(Files.readString(file));
    while (matcher.find()) {
      threads.add(matcher.group(1) + " " + matcher.group(2));
    }
    return threads;
  }

  /** Names of the threads that were not there before. */
  private static List<String> newThreads(Set<String> before, Path folder) throws IOException {
    return threads(folder).stream()
        .filter(thread -> !before.contains(thread))
        .map(thread -> thread.substring(thread.indexOf(' ') + 1))
        .filter(name -> NOT_OURS.stream().noneMatch(name::startsWith))
        .toList();
  }
}
