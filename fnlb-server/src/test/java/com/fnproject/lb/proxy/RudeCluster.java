package com.fnproject.lb.proxy;

import static com.fnproject.lb.proxy.ForwardingConformance.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawRequest;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A balancer before rude nodes, all of them online and not checked again. What the nodes do is the
 * cluster's affair: the first call that reaches any of them gets the first reply, and so on.
 */
final class RudeCluster implements AutoCloseable {

  /** A call that reached a node. */
  record Arrival(int node, RawRequest request) {}

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final List<RudeNode> nodes = new ArrayList<>();
  private final List<RawClient> clients = new ArrayList<>();
  private final List<Arrival> arrivals = new CopyOnWriteArrayList<>();
  private final FnLoadBalancer balancer;
  private boolean stopped;
  private volatile Reply[] replies = {Replies.ok("fine")};
  private final AtomicInteger next = new AtomicInteger();

  RudeCluster(Function<String[], FnLoadBalancer> starter, int count, String... flags) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      nodes.add(
          RudeNode.replying(
              (connection, request) -> {
                arrivals.add(new Arrival(number, request));
                Reply[] current = replies;
                current[Math.min(next.getAndIncrement(), current.length - 1)].answer(
                    connection, request);
              }));
      names.add(nodes.get(i).name());
    }
    List<String> arguments = new ArrayList<>(List.of("--listen", "127.0.0.1:0"));
    arguments.addAll(List.of("--hc-interval", "1h", "--nodes", String.join(",", names)));
    arguments.addAll(List.of(flags));
    balancer = starter.apply(arguments.toArray(String[]::new));
    soon().atMost(PATIENCE).until(() -> online() == count);
  }

  /** From now on calls get these replies, the last one again and again; what came is forgotten. */
  RudeCluster reply(Reply... to) {
    arrivals.clear();
    replies = to;
    next.set(0);
    return this;
  }

  RudeNode node(int number) {
    return nodes.get(number);
  }

  FnLoadBalancer balancer() {
    return balancer;
  }

  /** A new connection, closed with the cluster at the latest. */
  RawClient client() throws IOException {
    RawClient client = RawClient.connect(balancer.port());
    clients.add(client);
    return client;
  }

  /** One exchange on a connection of its own. */
  RawAnswer exchange(String request) throws IOException {
    try (RawClient client = RawClient.connect(balancer.port())) {
      return client.exchange(request);
    }
  }

  /** What reached the nodes since the last {@link #reply}. */
  List<Arrival> arrivals() {
    return List.copyOf(arrivals);
  }

  List<Integer> nodesCalled() {
    return arrivals.stream().map(Arrival::node).toList();
  }

  /** The one call that reached a node since the last {@link #reply}. */
  RawRequest call() {
    assertThat(arrivals).hasSize(1);
    return arrivals.getFirst().request();
  }

  private int online() throws IOException {
    try (RawClient client = RawClient.connect(balancer.adminPort())) {
      return client.get("/1/lb/nodes").text().split("\"online\"", -1).length - 1;
    }
  }

  /** Waits until no call is under way any more. */
  void awaitQuiet() {
    soon().atMost(PATIENCE).untilAsserted(() -> assertThat(balancer.activeCalls()).isZero());
  }

  /** Stops the balancer before the end. */
  int stop() {
    stopped = true;
    return balancer.stop();
  }

  /** Ends everything; fails if a call is still under way or a connection to a node is left. */
  @Override
  public void close() {
    clients.forEach(RawClient::close);
    try {
      awaitQuiet();
    } finally {
      if (!stopped) {
        balancer.stop();
      }
    }
    try {
      for (RudeNode node : nodes) {
        soon().atMost(PATIENCE).untilAsserted(() -> assertThat(node.openConnections()).isZero());
      }
    } finally {
      nodes.forEach(RudeNode::close);
    }
  }
}
