package com.fnproject.lb.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.insight.CallStats;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The operators' REST interface, byte for byte, over real sockets. */
@Timeout(60)
class AdminApiTest {

  /** Nobody listens on the nodes' ports: reserved for privileged processes, and not used. */
  private static final String NODE = "127.0.0.1:2";

  private static FnLoadBalancer shared;
  private static FnLoadBalancer split;
  private static RudeNode node;

  @BeforeAll
  static void start() throws IOException {
    node = RudeNode.replying(Replies.ok("from the node"));
    shared = FnLoadBalancer.start("--listen", "127.0.0.1:0", "--hc-interval", "1h");
    String admin;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      admin = "127.0.0.1:" + free.getLocalPort();
    }
    split =
        FnLoadBalancer.start(
            "--listen", "127.0.0.1:0", "--mgmt-listen", admin, "--nodes", node.name());
    await().until(() -> get(split.adminPort(), "/1/lb/nodes").text().contains("online\"}"));
  }

  @AfterAll
  static void stop() {
    shared.stop();
    split.stop();
    node.close();
  }

  /** Each test finds a balancer without nodes. */
  @AfterEach
  void removeAll() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      for (String name : names(client.get("/1/lb/nodes").text())) {
        assertThat(send(client, "DELETE", "{\"node\":\"" + name + "\"}").status()).isEqualTo(200);
      }
    }
  }

  private static RawAnswer get(int port, String target) throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      return client.get(target);
    }
  }

  private static RawAnswer send(RawClient client, String method, String body) throws IOException {
    return client.exchange(
        method
            + " /1/lb/nodes HTTP/1.1\r\nHost: t\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static RawAnswer send(String method, String body) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      return send(client, method, body);
    }
  }

  private static List<String> names(String nodes) {
    List<String> names = new ArrayList<>();
    String inner = nodes.substring("{\"nodes\":{".length(), nodes.length() - "}}\n".length());
    if (!inner.isEmpty()) {
      for (String pair : inner.split(",")) {
        names.add(pair.substring(1, pair.indexOf("\":\"")));
      }
    }
    return names;
  }

  private static void assertAnswer(RawAnswer answer, int status, String body) {
    assertThat(answer.text()).isEqualTo(body);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.head().header("Content-Length")).isEqualTo("" + body.length());
    assertThat(answer.body().complete()).isTrue();
  }

  @Test
  void addsShowsAndDeletesNodesAsTheOriginalDid() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      assertAnswer(client.get("/1/lb/nodes"), 200, "{\"nodes\":{}}\n");
      assertAnswer(send(client, "PUT", "{\"node\":\"127.0.0.1:20\"}"), 200, ADDED);
      assertAnswer(client.get("/1/lb/nodes"), 200, "{\"nodes\":{\"127.0.0.1:20\":\"offline\"}}\n");
      assertAnswer(send(client, "PUT", "{\"node\":\"127.0.0.1:20\"}"), 200, ADDED);
      assertAnswer(send(client, "PUT", "{\"Node\":\"http://127.0.0.1:3\"} x"), 200, ADDED);
      assertAnswer(send(client, "PUT", "{\"node\":\"127.0.0.1:100\",\"a\":[]}"), 200, ADDED);
      assertAnswer(
          client.get("/1/lb/nodes?any=thing"),
          200,
          "{\"nodes\":{\"127.0.0.1:100\":\"offline\",\"127.0.0.1:20\":\"offline\","
              + "\"127.0.0.1:3\":\"offline\"}}\n");
      assertAnswer(send(client, "DELETE", "{\"node\":\"127.0.0.1:20\"}"), 200, DELETED);
      assertAnswer(send(client, "DELETE", "{\"node\":\"127.0.0.1:20\"}"), 200, DELETED);
      assertAnswer(send(client, "DELETE", "{\"node\":\"never-added\"}"), 200, DELETED);
      assertThat(names(client.get("/1/lb/nodes").text()))
          .containsExactly("127.0.0.1:100", "127.0.0.1:3");
    }
  }

  private static final String ADDED = "{\"msg\":\"node added\"}\n";
  private static final String DELETED = "{\"msg\":\"node deleted\"}\n";

  @Test
  void showsANodeThatPassedItsCheckOnline() throws IOException {
    assertAnswer(send("PUT", "{\"node\":\"" + node.name() + "\"}"), 200, ADDED);
    String online = "{\"nodes\":{\"" + node.name() + "\":\"online\"}}\n";
    await().until(() -> get(shared.port(), "/1/lb/nodes").text().equals(online));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "DELETE"})
  void needsABodyThatNamesANodeAndKeepsTheConnection(String method) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      String expected = " (expected: {\\\"node\\\":\\\"host:port\\\"})\"}\n";
      assertAnswer(send(client, method, ""), 400, "{\"msg\":\"body: empty" + expected);
      assertAnswer(
          client.exchange(method + " /1/lb/nodes HTTP/1.1\r\nHost: t\r\n\r\n"),
          400,
          "{\"msg\":\"body: empty" + expected);
      assertAnswer(send(client, method, "{}"), 400, "{\"msg\":\"key 'node': missing" + expected);
      assertAnswer(send(client, method, "{"), 400, "{\"msg\":\"body: not JSON" + expected);
      assertThat(send(client, method, "{\"node\":\"not a host!\"}").text())
          .startsWith("{\"msg\":\"key 'node': 'not a host!': ");
      assertAnswer(client.get("/1/lb/nodes"), 200, "{\"nodes\":{}}\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "OPTIONS", "TRACE", "BREW"})
  void answersOtherMethodsWith405(String method) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      RawAnswer nodes = client.exchange(method + " /1/lb/nodes HTTP/1.1\r\nHost: t\r\n\r\n");
      assertAnswer(
          nodes, 405, "{\"msg\":\"method '" + method + "' (expected: GET, HEAD, PUT, DELETE)\"}\n");
      assertThat(nodes.head().header("Allow")).isEqualTo("GET, HEAD, PUT, DELETE");
      RawAnswer stats = client.exchange(method + " /1/lb/stats HTTP/1.1\r\nHost: t\r\n\r\n");
      assertAnswer(stats, 405, "{\"msg\":\"method '" + method + "' (expected: GET, HEAD)\"}\n");
      assertThat(stats.head().header("Allow")).isEqualTo("GET, HEAD");
      assertAnswer(client.get("/1/lb/nodes"), 200, "{\"nodes\":{}}\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/1/lb/nodes", "/1/lb/stats", "/1/lb/none"})
  void answersHeadLikeGetWithoutTheBody(String target) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      RawAnswer get = client.get(target);
      client.send("HEAD " + target + " HTTP/1.1\r\nHost: t\r\n\r\n");
      RawHead head = client.readHead();
      assertThat(head.status()).isEqualTo(get.status());
      assertThat(head.header("Content-Length")).isEqualTo(get.head().header("Content-Length"));
      assertThat(head.header("Content-Type")).isEqualTo("application/json");
      // What would follow a body is the next answer.
      assertThat(client.get("/1/lb/nodes").text()).isEqualTo("{\"nodes\":{}}\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/1/lb",
        "/1/lb/",
        "/1/lb/nodes/",
        "/1/lb/dash",
        "/1/lb/stats/",
        "/1/lb/Nodes",
        "/1/lb/nodes;v=1",
        "/1/lb/%6eodes",
        "/1/lb/x/../nodes",
        "/1/lb//nodes",
      })
  void knowsNoOtherCommand(String target) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      for (String method : List.of("GET", "PUT", "DELETE")) {
        assertAnswer(
            client.exchange(
                method + " " + target + " HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n"),
            404,
            "{\"msg\":\"unknown command\"}\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/1/lbx",
        "/1/l",
        "/1",
        "/",
        "/1/LB/nodes",
        "/invoke/f",
        "/observer",
        // Nodes are sent what was written, so what is written decides.
        "/1/%6cb/nodes",
        "//1/lb/nodes",
        "/1//lb/nodes",
        "/./1/lb/nodes",
        "/x/../1/lb/nodes",
      })
  void leavesOtherPathsToTheNodes(String target) throws IOException {
    assertThat(get(shared.port(), target).status()).isEqualTo(503);
    assertThat(get(split.port(), target).text()).isEqualTo("from the node");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/invoke/f", "/version", "/1/lb/dash", "/1/lbx", "/observer"})
  void servesNothingButCommandsOnAListenerOfItsOwn(String target) throws IOException {
    assertAnswer(get(split.adminPort(), target), 404, "{\"msg\":\"unknown command\"}\n");
    assertThat(get(split.adminPort(), "/1/lb/nodes").text()).contains(node.name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/1/lb/nodes", "/1/lb/stats", "/1/lb/x", "/observe/health/ready"})
  void isOrdinaryTrafficWhereTheListenersAreSplit(String target) throws IOException {
    assertThat(get(split.port(), target).text()).isEqualTo("from the node");
    assertThat(node.calls().getLast().head().target()).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "text/plain;charset=UTF-16",
        "application/json",
        "multipart/form-data",
        "no type at all",
        "application/grpc",
      })
  void ignoresTheContentType(String type) throws IOException {
    String body = "{\"node\":\"" + NODE + "\"}";
    try (RawClient client = RawClient.connect(shared.port())) {
      assertAnswer(
          client.exchange(
              "PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nContent-Type: "
                  + type
                  + "\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body),
          200,
          ADDED);
    }
  }

  @Test
  void refusesACompressedBodyByName() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      assertAnswer(
          client.exchange(
              "PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nContent-Encoding: gzip\r\n"
                  + "Content-Length: 3\r\n\r\nabc"),
          415,
          "{\"msg\":\"header 'Content-Encoding': 'gzip' (expected: none)\"}\n");
    }
  }

  private static final String TOO_LARGE =
      "{\"msg\":\"body: too large (expected: at most 65536 bytes)\"}\n";

  @Test
  void takesABodyOfTheLargestSizeAnnouncedOrInChunks() throws IOException {
    String body = "{\"node\":\"" + NODE + "\"}";
    String largest = body + " ".repeat(65_536 - body.length());
    try (RawClient client = RawClient.connect(shared.port())) {
      assertAnswer(send(client, "PUT", largest), 200, ADDED);
      client.send("PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 65_536; i += 4096) {
        client.send("1000\r\n" + largest.substring(i, i + 4096) + "\r\n");
      }
      assertAnswer(client.send("0\r\n\r\n").readAnswer(), 200, ADDED);
      assertAnswer(client.get("/1/lb/stats"), 200, "{\"stats\":[]}\n");
    }
  }

  @Test
  void refusesALargerBodyAndEndsTheConnection() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      RawAnswer answer = send(client, "PUT", "x".repeat(65_537));
      assertAnswer(answer, 413, TOO_LARGE);
      assertThat(answer.head().header("Connection")).isEqualTo("close");
      assertThat(client.finishSending().readToEnd()).isEmpty();
    }
  }

  // A client that is sending while the connection is closed loses the answer to a reset.
  @ParameterizedTest
  @ValueSource(ints = {70_000, 300_000, 900_000})
  void letsAClientThatIsStillSendingReadTheRefusal(int size) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      RawAnswer answer = send(client, "PUT", "x".repeat(size));
      assertAnswer(answer, 413, TOO_LARGE);
    }
    try (RawClient client = RawClient.connect(shared.port())) {
      client.send("DELETE /1/lb/nodes HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      String piece = "x".repeat(5000);
      for (int sent = 0; sent < size; sent += piece.length()) {
        client.send("1388\r\n" + piece + "\r\n");
      }
      assertAnswer(client.send("0\r\n\r\n").readAnswer(), 413, TOO_LARGE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 70000\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n"})
  void doesNotWaitForeverForTheRestOfABodyThatNobodyWants(String rest) throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      client.send("POST /1/lb/nodes HTTP/1.1\r\nHost: t\r\n" + rest);
      assertThat(client.readAnswer().status()).isEqualTo(405);
      assertThat(client.closedWithin(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void asksForABodyThatWaitsAndRefusesOneThatIsTooLargeWithoutAsking() throws IOException {
    String head = "PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: ";
    String body = "{\"node\":\"" + NODE + "\"}";
    try (RawClient client = RawClient.connect(shared.port())) {
      client.send(head + body.length() + "\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(100);
      assertAnswer(client.send(body).readAnswer(), 200, ADDED);
      client.send(head + "65537\r\n\r\n");
      RawHead refusal = client.readHead();
      assertThat(refusal.status()).isEqualTo(413);
      assertThat(client.readBody(refusal).text()).isEqualTo(TOO_LARGE);
      assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
    }
    try (RawClient client = RawClient.connect(shared.port())) {
      client.send(head.replace("PUT", "POST") + "10\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(405);
    }
  }

  @Test
  void closesAfterABodyThatNobodyWanted() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      RawAnswer answer = send(client, "GET", "x");
      assertAnswer(answer, 200, "{\"nodes\":{}}\n");
      assertThat(answer.head().header("Connection")).isEqualTo("close");
    }
  }

  @Test
  void refusesABodyWhoseChunksAreMalformed() throws IOException {
    try (RawClient client = RawClient.connect(shared.port())) {
      client.send("PUT /1/lb/nodes HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      RawAnswer answer = client.send("xyz\r\n").readAnswer();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text()).startsWith("{\"msg\":\"").endsWith("\"}\n");
      assertThat(client.finishSending().readToEnd()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "since=2020-01-01T00:00:00Z, 200, '{\"stats\":[]}'",
    "x=y, 200, '{\"stats\":[]}'",
    "since=now, 400, '{\"msg\":\"parameter ''since'': ''now'' (expected: once, an RFC 3339"
        + " timestamp such as 2026-11-23T12:00:01Z)\"}'",
  })
  void showsStatisticsSinceAMoment(String query, int status, String body) throws IOException {
    assertAnswer(get(shared.port(), "/1/lb/stats?" + query), status, body + "\n");
  }

  @Test
  void showsTheOriginalsRowsToAnyNumberOfReaders() throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(get(split.port(), "/t/app/a%20b?q=1").status()).isEqualTo(200);
    }
    String rows =
        "\"tp\":[1-3],\"node\":\"" + node.name() + "\",\"func\":\"/t/app/a b\",\"wait\":0\\.0}";
    await()
        .untilAsserted(
            () ->
                assertThat(get(split.adminPort(), "/1/lb/stats").text())
                    .matches(
                        "(?s)\\{\"stats\":\\[.*\\{\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:"
                            + "\\d\\d:\\d\\d\\.000000000(Z|[+-]\\d\\d:\\d\\d)\","
                            + rows
                            + ".*]}\n"));
    String first = get(split.adminPort(), "/1/lb/stats").text();
    String last = first.substring(first.lastIndexOf("\"timestamp\":\"") + 13).split("\"")[0];
    assertThat(get(split.adminPort(), "/1/lb/stats").text()).startsWith(first.replace("]}\n", ""));
    assertThat(get(split.adminPort(), "/1/lb/stats?since=" + last).text()).doesNotContain(last);
  }

  @Test
  void refusesMoreNodesThanABalancerTakes() throws Exception {
    try (NodeRegistry registry = Registries.unconnected(nodes -> call -> null, () -> 0)) {
      MeterRegistry meters = MeterRegistry.create(MetricsConfig.create());
      AdminService service = new AdminService(registry, "1", "none", 1, meters);
      for (int i = 1; i <= NodeRegistry.MAX_NODES; i++) {
        assertThat(registry.apply(new NodeChange.Add(NodeAddress.parse("n:" + i)))).isTrue();
      }
      AdminApi api = new AdminApi(service, new CallStats(Clock.systemUTC()), 1024, meters);
      WebServer server =
          WebServer.builder()
              .shutdownHook(false)
              .host("127.0.0.1")
              .routing(
                  routing ->
                      routing.any(
                          (request, response) ->
                              api.handle(
                                  request.prologue().uriPath().rawPath(), request, response)))
              .build()
              .start();
      try (RawClient client = RawClient.connect(server.port())) {
        assertAnswer(
            send(client, "PUT", "{\"node\":\"one-more\"}"),
            409,
            "{\"msg\":\"node 'one-more:8080': there are 10000 nodes, which is the most\"}\n");
        assertAnswer(send(client, "PUT", "{\"node\":\"n:10000\"}"), 200, ADDED);
        assertAnswer(send(client, "DELETE", "{\"node\":\"n:10000\"}"), 200, DELETED);
        assertAnswer(send(client, "PUT", "{\"node\":\"one-more\"}"), 200, ADDED);
      } finally {
        server.stop();
      }
    }
  }

  /**
   * Each of many threads adds and deletes nodes of its own and looks for what it just did; in the
   * end the nodes are those that a set would hold.
   */
  @Test
  void losesNoChangeOfManyWriters() throws Exception {
    TreeSet<String> model = new TreeSet<>();
    CountDownLatch go = new CountDownLatch(1);
    List<FutureTask<Set<String>>> writers = new ArrayList<>();
    for (int w = 0; w < 8; w++) {
      int writer = w;
      FutureTask<Set<String>> task =
          new FutureTask<>(
              () -> {
                go.await();
                return writeAtRandom(writer);
              });
      writers.add(task);
      Thread unused = Thread.ofVirtual().start(task);
    }
    go.countDown();
    for (FutureTask<Set<String>> writer : writers) {
      model.addAll(writer.get(30, TimeUnit.SECONDS));
    }
    assertThat(names(get(shared.port(), "/1/lb/nodes").text())).containsExactlyElementsOf(model);
  }

  private static Set<String> writeAtRandom(int writer) throws IOException {
    Random random = new Random(writer);
    TreeSet<String> mine = new TreeSet<>();
    try (RawClient client = RawClient.connect(shared.port())) {
      for (int i = 0; i < 60; i++) {
        String name = "127.0.0.1:" + (10 * writer + random.nextInt(10) + 10);
        boolean add = random.nextBoolean();
        assertThat(send(client, add ? "PUT" : "DELETE", "{\"node\":\"" + name + "\"}").text())
            .isEqualTo(add ? ADDED : DELETED);
        boolean changed = add ? mine.add(name) : mine.remove(name);
        assertThat(names(client.get("/1/lb/nodes").text()).contains(name))
            .as("%s, which was %s", name, changed)
            .isEqualTo(add);
      }
    }
    return mine;
  }

  private static final String[] SEEDS = {
    "{\"node\":\"127.0.0.1:10\"}",
    "{\"Node\":\"http://127.0.0.1:11/\",\"x\":[1,{\"y\":null}]}",
    "{\"a\":{\"b\":[[\"c\"]]},\"node\":\"[::1]:12\"} and more",
    "{\"node\":\"\\u0031\\u0032\\u0037.0.0.1\"}",
  };

  /** 10,000 bodies, most of them spoilt in a few bytes, some of them noise, none of which harms. */
  @Test
  void survivesRandomBodies() throws Exception {
    TreeSet<String> model = new TreeSet<>();
    Random random = new Random(20261124);
    RawClient client = RawClient.connect(shared.port());
    try {
      for (int i = 0; i < 10_000; i++) {
        String method =
            List.of("PUT", "PUT", "DELETE", "POST", "GET", "HEAD").get(random.nextInt(6));
        String body = randomBody(random);
        RawAnswer answer = send(client, method, body);
        assertThat(answer.status()).as(body).isIn(200, 400, 405);
        if (answer.status() == 200 && method.equals("PUT")) {
          model.add(NodeBody.parse(body.getBytes(ISO_8859_1)).toString());
        } else if (answer.status() == 200 && method.equals("DELETE")) {
          model.remove(NodeBody.parse(body.getBytes(ISO_8859_1)).toString());
        }
        if ("close".equals(answer.head().header("Connection"))) {
          client.close();
          client = RawClient.connect(shared.port());
        }
      }
      assertThat(names(client.get("/1/lb/nodes").text())).containsExactlyElementsOf(model);
      assertThat(model).contains("[::1]:12").hasSizeGreaterThan(5);
    } finally {
      client.close();
    }
  }

  private static String randomBody(Random random) {
    StringBuilder body = new StringBuilder(SEEDS[random.nextInt(SEEDS.length)]);
    if (random.nextInt(10) == 0) {
      body.setLength(0);
      for (int i = random.nextInt(200); i > 0; i--) {
        body.append((char) random.nextInt(256));
      }
    }
    for (int i = random.nextInt(4); i > 0 && !body.isEmpty(); i--) {
      int at = random.nextInt(body.length());
      switch (random.nextInt(4)) {
        case 0 -> body.setCharAt(at, (char) random.nextInt(256));
        case 1 -> body.deleteCharAt(at);
        case 2 -> body.insert(at, "{}[]\",:\\0 \u0000\u00ff".charAt(random.nextInt(12)));
        default -> body.setLength(at);
      }
    }
    return body.toString();
  }
}
