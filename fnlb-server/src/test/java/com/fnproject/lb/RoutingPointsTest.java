package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnNodeConfig;
import com.fnproject.lb.testbed.FunctionRow;
import com.fnproject.lb.testbed.WaitHeader;
import com.fnproject.lb.testbed.model.NodeModelConfig;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where {@code hot-set} sends calls, through real sockets: a few calls for each of its claims. */
@Timeout(60)
class RoutingPointsTest {

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<FnLoadBalancer> balancers = new ArrayList<>();
  private final List<RudeNode> rudeNodes = new ArrayList<>();
  private FnCluster cluster;
  private String app;

  @AfterEach
  void stopAll() {
    balancers.forEach(FnLoadBalancer::stop);
    rudeNodes.forEach(RudeNode::close);
    if (cluster != null) {
      cluster.close();
    }
    client.close();
  }

  @Test
  void callsOfOneFunctionOneAfterTheOtherStayOnOneNode() throws Exception {
    startCluster(8, roomy());
    FnLoadBalancer balancer = startBalancer();
    String function = function("f", 1);
    for (int i = 0; i < 50; i++) {
      assertThat(call(balancer, function)).isEqualTo(200);
    }
    assertThat(nodesOf(function)).hasSize(1);
  }

  @Test
  void twoBalancersThatKnowNothingOfEachOtherSendTheFirstCallOfAFunctionToTheSameNode()
      throws Exception {
    startCluster(8, roomy());
    FnLoadBalancer one = startBalancer();
    FnLoadBalancer other = startBalancer();
    List<String> functions = functions(200);
    for (String function : functions) {
      assertThat(call(one, function)).isEqualTo(200);
      assertThat(call(other, function)).isEqualTo(200);
    }
    Map<String, Set<String>> nodes = nodesByFunction();
    assertThat(functions)
        .filteredOn(function -> nodes.get(function).size() == 1)
        .hasSizeGreaterThanOrEqualTo(199);
  }

  @Test
  void eightCallsAtOnceStayOnTwoNodesOfEightCores() throws Exception {
    startCluster(8, FnNodeConfig.create().model(NodeModelConfig.ofMemory(4L << 30).cores(8)));
    FnLoadBalancer balancer = startBalancer();
    String function = function("f", 100);
    assertThat(atOnce(8, () -> call(balancer, function))).containsOnly(200);
    assertThat(nodesOf(function)).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void aNodeThatRefusesNewFunctionsKeepsServingTheHotOnesAndNoClientSeesTheRefusal()
      throws Exception {
    Map<String, Set<RudeNode>> served = new ConcurrentHashMap<>();
    List<AtomicBoolean> full = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      AtomicBoolean nodeIsFull = new AtomicBoolean();
      full.add(nodeIsFull);
      RudeNode[] self = new RudeNode[1];
      self[0] =
          RudeNode.replying(
              (connection, request) -> {
                String target = request.head().target();
                Set<RudeNode> nodes =
                    served.computeIfAbsent(target, t -> ConcurrentHashMap.newKeySet());
                if (nodeIsFull.get() && !nodes.contains(self[0])) {
                  Replies.tooBusy().answer(connection, request);
                  return;
                }
                nodes.add(self[0]);
                Replies.ok("{}").answer(connection, request);
              });
      rudeNodes.add(self[0]);
    }
    FnLoadBalancer balancer = startBalancerBefore(rudeNodes.stream().map(RudeNode::name).toList());
    for (int i = 0; i < 40; i++) {
      assertThat(call(balancer, "hot" + i)).isEqualTo(200);
    }
    full.getFirst().set(true);
    for (int i = 0; i < 40; i++) {
      assertThat(call(balancer, "new" + i)).isEqualTo(200);
      assertThat(call(balancer, "hot" + i)).isEqualTo(200);
      assertThat(served.get("/invoke/hot" + i)).hasSize(1);
    }
    assertThat(served.values())
        .anySatisfy(nodes -> assertThat(nodes).contains(rudeNodes.getFirst()));
  }

  @Test
  void aCallThatEveryNodeWouldRefuseWaitsForOneOfItsFunctionInstead() throws Exception {
    Semaphore end = new Semaphore(0);
    AtomicInteger busyNodes = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      AtomicBoolean busy = new AtomicBoolean();
      rudeNodes.add(
          RudeNode.replying(
              (connection, request) -> {
                if (!busy.compareAndSet(false, true)) {
                  Replies.tooBusy().answer(connection, request);
                  return;
                }
                busyNodes.incrementAndGet();
                end.acquireUninterruptibly();
                busyNodes.decrementAndGet();
                busy.set(false);
                Replies.ok("{}").answer(connection, request);
              }));
    }
    FnLoadBalancer balancer =
        startBalancerBefore(rudeNodes.stream().map(RudeNode::name).toList(), "--scrape-metrics=0");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> served = new ArrayList<>();
      for (int i = 1; i <= 2; i++) {
        int busy = i;
        served.add(threads.submit(() -> call(balancer, "f")));
        await().until(() -> busyNodes.get() == busy);
      }
      // A refusal counts for a second, which may pass between two steps on a slow machine.
      for (int i = 0; i < 10 && served.size() < 3; i++) {
        Future<Integer> next = threads.submit(() -> call(balancer, "f"));
        await().until(() -> next.isDone() || isOneHeld(balancer));
        if (!next.isDone()) {
          served.add(next);
        }
      }
      end.release(3);
      assertThat(served).hasSize(3);
      for (Future<Integer> each : served) {
        assertThat(each.get()).isEqualTo(200);
      }
    }
  }

  @Test
  void onlyTheFunctionsOfARemovedNodeMove() throws Exception {
    startCluster(20, roomy());
    FnLoadBalancer balancer = startBalancer();
    List<String> functions = functions(500);
    for (String function : functions) {
      assertThat(call(balancer, function)).isEqualTo(200);
    }
    Map<String, Set<String>> before = nodesByFunction();
    String removed = cluster.node(7).name();
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(uri(balancer, "/1/lb/nodes"))
                .method(
                    "DELETE", HttpRequest.BodyPublishers.ofString("{\"node\":\"" + removed + "\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    for (String function : functions) {
      assertThat(call(balancer, function)).isEqualTo(200);
    }
    Map<String, Set<String>> after = nodesByFunction();
    assertThat(functions)
        .filteredOn(function -> !after.get(function).equals(before.get(function)))
        .hasSizeBetween(1, 39)
        .allSatisfy(function -> assertThat(before.get(function)).containsExactly(removed));
  }

  @Test
  void aBalancerThatStartsAnewFindsFunctionsWhereTheyAreHot() throws Exception {
    startCluster(8, roomy());
    FnLoadBalancer first = startBalancer();
    List<String> functions = functions(200);
    for (String function : functions) {
      assertThat(call(first, function)).isEqualTo(200);
    }
    first.stop();
    balancers.remove(first);
    long starts = starts();
    FnLoadBalancer second = startBalancer();
    for (String function : functions) {
      assertThat(call(second, function)).isEqualTo(200);
    }
    assertThat(starts() - starts).isLessThan(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2562047h", "-5s", "garbage", "9e99s", "0s", "1h"})
  void aNodeThatLiesAboutItsWaitingIsRoutedToAsOneThatTellsNothing(String lie) throws Exception {
    startCluster(4, FnNodeConfig.create().waitHeader(WaitHeader.fixed(lie)));
    FnLoadBalancer balancer = startBalancer();
    String function = function("f", 1);
    for (int i = 0; i < 50; i++) {
      assertThat(call(balancer, function)).isEqualTo(200);
    }
    assertThat(nodesOf(function)).hasSize(1);
  }

  private void startCluster(int nodes, FnNodeConfig config) {
    cluster = FnCluster.start(nodes, config);
    app = cluster.database().createApp("points");
  }

  /** Nodes on which no container is ever evicted. */
  private static FnNodeConfig roomy() {
    return FnNodeConfig.create().model(NodeModelConfig.ofMemory(1L << 40));
  }

  private FnLoadBalancer startBalancer(String... more) {
    return startBalancerBefore(cluster.names(), more);
  }

  private FnLoadBalancer startBalancerBefore(List<String> nodes, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--listen", "127.0.0.1:0", "--router", "hot-set", "--nodes"));
    arguments.add(String.join(",", nodes));
    arguments.addAll(List.of(more));
    FnLoadBalancer balancer = FnLoadBalancer.start(arguments.toArray(String[]::new));
    balancers.add(balancer);
    await()
        .until(
            () -> get(balancer, "/1/lb/nodes").split("\"online\"", -1).length == nodes.size() + 1);
    return balancer;
  }

  private String function(String name, int runMillis) {
    return cluster
        .database()
        .createFunction(app, name, Map.of("RUN_MS", Integer.toString(runMillis), "START_MS", "2"));
  }

  private List<String> functions(int count) {
    List<String> functions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      functions.add(function("f" + i, 0));
    }
    return functions;
  }

  private Set<String> nodesOf(String function) {
    return nodesByFunction().get(function);
  }

  private Map<String, Set<String>> nodesByFunction() {
    Map<String, Set<String>> nodes = new HashMap<>();
    for (FunctionRow row : cluster.rows()) {
      if (row.calls() > 0) {
        nodes.computeIfAbsent(row.functionId(), id -> new HashSet<>()).add(row.node());
      }
    }
    return nodes;
  }

  private long starts() {
    return cluster.rows().stream().mapToLong(FunctionRow::coldStarts).sum();
  }

  private int call(FnLoadBalancer balancer, String function) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(uri(balancer, "/invoke/" + function))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private boolean isOneHeld(FnLoadBalancer balancer) throws Exception {
    String metrics = get(balancer, "/observe/metrics");
    return metrics.matches("(?s).*\nfnlb_calls_held\\S* 1\\.0\n.*");
  }

  private String get(FnLoadBalancer balancer, String path) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(uri(balancer, path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static URI uri(FnLoadBalancer balancer, String path) {
    return URI.create("http://127.0.0.1:" + balancer.port() + path);
  }

  private static List<Integer> atOnce(int calls, Callable<Integer> call) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> started = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        started.add(threads.submit(call));
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> one : started) {
        statuses.add(one.get());
      }
      return statuses;
    }
  }
}
