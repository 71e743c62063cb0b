package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.command;
import static com.fnproject.lb.e2e.RunningBalancer.json;
import static com.fnproject.lb.e2e.RunningBalancer.request;
import static com.fnproject.lb.testbed.wire.RudeNode.perRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.e2e.RunningBalancer.Ended;
import com.fnproject.lb.testbed.wire.DeadPort;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.RawRequest;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What scripts written for the original see: what is kept and what is changed on purpose, by the
 * built jar. One balancer with one node serves all tests but those of the command line. Shutdown is
 * in {@link ShutdownIT}, the fn command line in {@link FnCliIT}.
 */
class CompatibilityIT {

  private static final String HEALTHY = "{\"version\":\"0.3.753\"}\n";
  private static final String ADDED = "{\"msg\":\"node added\"}\n";
  private static final String DELETED = "{\"msg\":\"node deleted\"}\n";
  private static final String UNKNOWN = "{\"msg\":\"unknown command\"}\n";

  private static RudeNode.Reply reply = Replies.ok("hello");
  private static RudeNode node;
  private static RunningBalancer balancer;

  @BeforeAll
  static void start() {
    node = RudeNode.replying((connection, request) -> reply.answer(connection, request));
    balancer = RunningBalancer.start("--nodes", node.name());
    balancer.awaitOnline(List.of(node.name()));
  }

  @AfterAll
  static void stop() {
    balancer.close();
    node.close();
  }

  @AfterEach
  void onlyTheFirstNodeIsLeft() throws IOException {
    reply = Replies.ok("hello");
    for (String name : balancer.nodes().keySet()) {
      if (!name.equals(node.name())) {
        delete(name);
      }
    }
  }

  private static RawAnswer put(String body) throws IOException {
    return balancer.admin("PUT", "/1/lb/nodes", body);
  }

  private static void add(String name) throws IOException {
    assertThat(put("{\"node\":\"" + name + "\"}").text()).isEqualTo(ADDED);
  }

  private static void delete(String name) throws IOException {
    String body = "{\"node\":\"" + name + "\"}";
    assertThat(balancer.admin("DELETE", "/1/lb/nodes", body).text()).isEqualTo(DELETED);
  }

  /** The last call that came to the node. */
  private static RawRequest lastCall() {
    return node.calls().getLast();
  }

  @Nested
  class CommandLine {

    @Test
    void takesFlagsInGosFourSpellings() throws IOException {
      try (RunningBalancer other =
          command(
                  "-listen",
                  "127.0.0.1:0",
                  "-hc-interval=0.1",
                  "--nodes",
                  node.name(),
                  "--router=round-robin")
              .start()) {
        other.awaitOnline(List.of(node.name()));
        assertThat(other.log("router round-robin, 1 nodes")).hasSize(1);
        assertThat(other.adminPort()).as("-mgmt-listen follows -listen").isEqualTo(other.port());
      }
    }

    @Test
    void endsWith2AndAWordOnStderrAtAnUnknownFlag() {
      Ended ended = command("-nodez", "a").run();
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err())
          .isEqualTo(
              "fnlb: unknown flag '-nodez' (did you mean '--nodes'?)\nfnlb: see fnlb --help\n");
    }

    @Test
    void refusesByNameTheFlagsWhosePartsComeLater() {
      Ended ended =
          command(
                  "-db=k8s",
                  "-zipkin=http://zipkin:9411/api/v1/spans",
                  "-namespace=fn",
                  "-label-selector=app=fn",
                  "-target-port=80")
              .run();
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err().lines())
          .satisfiesExactly(
              line -> assertThat(line).contains("flag --db: 'k8s'", "not supported yet"),
              line -> assertThat(line).contains("flag --zipkin: 'http://", "not supported yet"),
              line -> assertThat(line).contains("flag --namespace: 'fn'", "not supported yet"),
              line -> assertThat(line).contains("flag --label-selector: 'app=fn'"),
              line -> assertThat(line).contains("flag --target-port: '80'"),
              line -> assertThat(line).isEqualTo("fnlb: see fnlb --help"));
    }

    @Test
    void listsEveryFlagOfTheOriginalWithItsDefaultAtMinusH() {
      Ended ended = command("-h").run();
      assertThat(ended.code()).isZero();
      assertThat(ended.err()).isEmpty();
      String help = ended.out().replaceAll("\\s+", " ");
      Map.ofEntries(
              Map.entry("nodes", ""),
              Map.entry("min-api-version", "0.0.235"),
              Map.entry("db", "sqlite3://:memory:"),
              Map.entry("listen", ":8081"),
              Map.entry("mgmt-listen", ""),
              Map.entry("shutdown-timeout", "30s"),
              Map.entry("hc-interval", "3s"),
              Map.entry("hc-path", "/version"),
              Map.entry("hc-unhealthy", "2"),
              Map.entry("hc-healthy", "1"),
              Map.entry("hc-timeout", "5s"),
              Map.entry("zipkin", ""),
              Map.entry("namespace", ""),
              Map.entry("label-selector", ""),
              Map.entry("target-port", "8080"))
          .forEach(
              (flag, byDefault) -> {
                int at = help.indexOf(" --" + flag + "=");
                assertThat(at).as(flag).isNotNegative();
                int next = help.indexOf(" --", at + 3);
                assertThat(help.substring(at, next))
                    .contains(byDefault.isEmpty() ? "" : "(default " + byDefault + ")");
              });
    }

    @Test
    void printsItsVersionAndThatOfItsPlatform() {
      Ended ended = command("--version").run();
      assertThat(ended.code()).isZero();
      assertThat(ended.err()).isEmpty();
      assertThat(ended.out())
          .matches("fnlb \\d+\\.\\d+\\.\\d+\\S* \\(Java 2\\S+, Helidon \\S+\\)\n");
    }

    @Test
    void logsWhatLogLevelSays() throws Exception {
      int free = RunningBalancer.freePort();
      try (RunningBalancer quiet =
              command("-listen=127.0.0.1:" + free).env("LOG_LEVEL", "ERROR").launch();
          RunningBalancer chatty =
              command("-listen=127.0.0.1:0", "-nodes", node.name())
                  .env("LOG_LEVEL", "nonsense, which means info")
                  .start()) {
        chatty.awaitLog("info  node " + node.name() + " is healthy");
        await()
            .atMost(RunningBalancer.PATIENCE)
            .ignoreException(ConnectException.class)
            .until(
                () -> {
                  try (RawClient client = RawClient.connect(free)) {
                    return client.get("/1/lb/nodes").status() == 200;
                  }
                });
        assertThat(quiet.err()).isEmpty();
      }
    }
  }

  @Nested
  class NodesApi {

    @Test
    void addsListsAndDeletesNodesAtOnceInSortedOrder() throws IOException {
      try (DeadPort dead = DeadPort.open()) {
        add(dead.name());
        add("127.0.0.10:1");
        add("127.0.0.1:1");
        add("127.0.0.1:1");
        TreeMap<String, String> expected = new TreeMap<>();
        expected.put(node.name(), "online");
        expected.put(dead.name(), "offline");
        expected.put("127.0.0.1:1", "offline");
        expected.put("127.0.0.10:1", "offline");
        assertThat(balancer.nodes()).containsExactlyEntriesOf(expected);

        delete("127.0.0.10:1");
        delete("127.0.0.1:1");
        delete("127.0.0.1:1");
        RawAnswer answer = balancer.get("/1/lb/nodes");
        assertThat(json(answer.text()).getJsonObject("nodes").keySet())
            .containsExactlyInAnyOrder(node.name(), dead.name());
        assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.text()).startsWith("{\"nodes\":{\"127.0.0.1:").endsWith("\"}}\n");
      }
    }

    @Test
    void servesByANewNodeAndNoMoreByADeletedOneAtOnce() throws IOException {
      delete(node.name());
      RawAnswer answer = balancer.call("GET", "/t/app/hello", "");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.head().header("Retry-After")).isEqualTo("1");
      assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
      assertThat(json(answer.text()).getString("msg")).contains("no node is able to serve");

      add(node.name());
      balancer.awaitOnline(List.of(node.name()));
      assertThat(balancer.call("GET", "/t/app/hello", "").text()).isEqualTo("hello");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "{\"node\":\"127.0.0.1:1\"}                          | 127.0.0.1:1",
          "{\"Node\":\"127.0.0.1:2\"}                          | 127.0.0.1:2",
          "{\"x\":[{}],\"NODE\":\"127.0.0.1:3\",\"y\":null}    | 127.0.0.1:3",
          "{\"node\":\"127.0.0.1:4\"} rubbish                  | 127.0.0.1:4",
          "{\"node\":\"127.0.0.1\"}                            | 127.0.0.1:8080",
          "{\"node\":\"http://127.0.0.1:5/\"}                  | 127.0.0.1:5",
          "{\"node\":\"[::1]:6\"}                              | [::1]:6",
        })
    void takesANodeHoweverItIsWritten(String body, String shown) throws IOException {
      RawAnswer answer =
          balancer.admin(
              "PUT", "/1/lb/nodes", body, "Content-Type: application/x-www-form-urlencoded");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo(ADDED);
      assertThat(balancer.nodes()).containsOnlyKeys(node.name(), shown);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "{}                           | key 'node': missing",
          "null                         | body: null",
          "''                           | body: empty",
          "{                            | body: not JSON",
          "[1]                          | body: an array",
          "7                            | body: '7'",
          "{\"node\":7}                 | key 'node': '7'",
          "{\"node\":\"\"}              | key 'node': '': the name is empty",
          "{\"node\":\"not a host!\"}   | key 'node': 'not a host!'",
          "{\"node\":\"https://a:1\"}   | key 'node': 'https://a:1'",
          "{\"node\":\"a:99999\"}       | key 'node': 'a:99999'",
        })
    void refusesWhatNamesNoNodeAndSaysWhy(String body, String fault) throws IOException {
      for (String method : List.of("PUT", "DELETE")) {
        RawAnswer answer = balancer.admin(method, "/1/lb/nodes", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.text()).endsWith("\n");
        assertThat(json(answer.text()).getString("msg")).startsWith(fault);
      }
      assertThat(balancer.nodes()).containsOnlyKeys(node.name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH", "OPTIONS"})
    void refusesOtherMethodsAndNamesThoseAllowed(String method) throws IOException {
      RawAnswer answer = balancer.admin(method, "/1/lb/nodes", "");
      assertThat(answer.status()).isEqualTo(405);
      assertThat(answer.head().header("Allow")).isEqualTo("GET, HEAD, PUT, DELETE");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"/1/lb/nodes/", "/1/lb/nope", "/1/lb/", "/1/lb", "/1/lb/dash", "/1/lb/%zz"})
    void keepsItsPrefixForItself(String path) throws IOException {
      int before = node.calls().size();
      RawAnswer answer = balancer.get(path);
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.text()).isEqualTo(UNKNOWN);
      assertThat(node.calls()).hasSize(before);
    }

    @Test
    void losesNoneOfManyNodesAddedAtOnce() throws Exception {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> adding = new ArrayList<>();
        for (int port = 1; port <= 40; port++) {
          String name = "127.0.0.2:" + port;
          adding.add(
              threads.submit(
                  () -> {
                    add(name);
                    return null;
                  }));
        }
        for (Future<?> one : adding) {
          one.get();
        }
      }
      assertThat(balancer.nodes()).hasSize(41);
    }

    @Test
    void showsStatisticsInTheOriginalsRowsToWhoeverAsks() throws IOException {
      reply = Replies.raw("HTTP/1.1 200 OK\r\nXXX-FXLB-WAIT: 1.5s\r\nContent-Length: 2\r\n\r\nok");
      String path = "/t/app/stats" + System.nanoTime();
      for (int i = 0; i < 3; i++) {
        RawAnswer answer = balancer.call("GET", path + "?i=" + i, "");
        assertThat(answer.text()).isEqualTo("ok");
        assertThat(answer.head().header("XXX-FXLB-WAIT")).as("wait header").isNull();
      }
      // A row appears when its second is over.
      await().until(() -> balancer.get("/1/lb/stats").text().contains(path));
      for (int reader = 0; reader < 2; reader++) {
        JsonArray rows = json(balancer.get("/1/lb/stats").text()).getJsonArray("stats");
        int calls = 0;
        for (JsonObject row : rows.getValuesAs(JsonObject.class)) {
          assertThat(row.keySet()).containsExactly("timestamp", "tp", "node", "func", "wait");
          if (row.getString("func").equals(path)) {
            calls += row.getInt("tp");
            assertThat(row.getString("node")).isEqualTo(node.name());
            assertThat(row.getJsonNumber("wait").doubleValue()).isEqualTo(1.5);
            assertThat(OffsetDateTime.parse(row.getString("timestamp")).toInstant())
                .isAfter(Instant.now().minusSeconds(60));
          }
        }
        assertThat(calls).isEqualTo(3);
      }
      assertThat(balancer.get("/1/lb/stats?since=2100-01-01T00:00:00Z").text())
          .isEqualTo("{\"stats\":[]}\n");
    }

    @Test
    void servesOperatorsAndTrafficApartWhenAsked() throws IOException {
      try (RunningBalancer split =
          RunningBalancer.start(
              "-mgmt-listen=127.0.0.1:" + RunningBalancer.freePort(),
              "-nodes",
              node.name(),
              "--expose-node-internals")) {
        assertThat(split.adminPort()).isNotEqualTo(split.port());
        split.awaitOnline(List.of(node.name()));
        RawAnswer elsewhere = split.get("/t/app/hello");
        assertThat(elsewhere.status()).isEqualTo(404);
        assertThat(elsewhere.text()).isEqualTo(UNKNOWN);
        assertThat(split.get("/observe/health/ready").status()).isEqualTo(200);
        for (String path :
            List.of("/1/lb/nodes", "/1/lb/", "/observe/metrics", "/metrics", "/debug/pprof/heap")) {
          assertThat(split.call("GET", path, "").text()).isEqualTo("hello");
          assertThat(lastCall().head().target()).isEqualTo(path);
        }
      }
    }
  }

  @Nested
  class Health {

    /** One check each: a dot passes, anything else fails. Then all pass. */
    private RudeNode checked(String checks) {
      AtomicInteger count = new AtomicInteger();
      return RudeNode.start(
          perRequest(
              (connection, request) -> {
                int check = count.getAndIncrement();
                boolean passes = check >= checks.length() || checks.charAt(check) == '.';
                (passes
                        ? Replies.ok("text/plain", HEALTHY)
                        : Replies.raw(
                            "HTTP/1.1 500 Broken\r\nContent-Length: "
                                + HEALTHY.length()
                                + "\r\n\r\n"
                                + HEALTHY))
                    .answer(connection, request);
              }));
    }

    @Test
    void judgesByTheFirstCheckThenByConsecutiveOnes() throws IOException {
      String checks = ".xx.xxx..x...";
      try (RudeNode watched = checked(checks);
          RunningBalancer strict =
              RunningBalancer.start(
                  "-hc-unhealthy=3",
                  "-hc-healthy=3",
                  "-hc-interval=20ms",
                  "-hc-path=/up?x=1",
                  "-fn-api=off",
                  "-scrape-metrics=false")) {
        String body = "{\"node\":\"" + watched.name() + "\"}";
        assertThat(strict.admin("PUT", "/1/lb/nodes", body).status()).isEqualTo(200);
        await().until(() -> watched.requests().size() > checks.length() + 2);
        assertThat(strict.log("node " + watched.name()))
            .satisfiesExactly(
                line -> assertThat(line).endsWith("is healthy (was unknown)"),
                line -> assertThat(line).contains("is unhealthy", "500", "(was healthy)"),
                line -> assertThat(line).endsWith("is healthy (was unhealthy)"));
        assertThat(watched.requests())
            .allSatisfy(
                request ->
                    assertThat(request.head().firstLine()).isEqualTo("GET /up?x=1 HTTP/1.1"));
      }
    }

    @ParameterizedTest
    @CsvSource({
      "{\"version\":\"0.0.234\"}, false",
      "{\"version\":\"0.0.235-rc.1\"}, false",
      "{\"version\":\"0.0.235\"}, true",
      "{\"version\":\"0.0.236-rc.1\"}, true",
      "{\"version\":\"0.235\"}, false",
      "{\"Version\":1}, false",
      "0.0.235, false",
    })
    void wantsAVersionThatIsNewEnough(String version, boolean online) throws IOException {
      try (RudeNode watched = RudeNode.start(perRequest(Replies.ok(version)))) {
        add(watched.name());
        balancer.awaitLog("node " + watched.name() + " is " + (online ? "healthy" : "unhealthy"));
        assertThat(balancer.nodes()).containsEntry(watched.name(), online ? "online" : "offline");
      }
    }
  }

  @Nested
  class Forwarding {

    @Test
    void passesTargetHostAndBodyAsTheyAreAndAppendsTheClientsAddress() throws IOException {
      String target = "/t/app/a%2Fb/../c//d;e?q=%C3%A9&&=+%20";
      String body = "\u0000\u0001\u00ff{}\r\n\r\n";
      RawAnswer answer =
          balancer.call(
              "POST",
              target,
              body,
              "X-Forwarded-For: 192.0.2.7",
              "Content-Type: application/octet-stream",
              "X-Twice: 1",
              "X-Twice: 2");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      RawHead head = lastCall().head();
      assertThat(head.firstLine()).isEqualTo("POST " + target + " HTTP/1.1");
      assertThat(head.headers("Host")).containsExactly("balancer.test");
      assertThat(head.header("X-Forwarded-For")).isEqualTo("192.0.2.7, 127.0.0.1");
      assertThat(String.join(",", head.headers("X-Twice")).replace(" ", "")).isEqualTo("1,2");
      assertThat(head.header("Content-Length")).isEqualTo(Integer.toString(body.length()));
      assertThat(lastCall().body().text()).isEqualTo(body);
    }

    @Test
    void removesWhatSpeaksOfOneConnectionOnly() throws IOException {
      reply =
          Replies.raw(
              "HTTP/1.1 200 OK\r\nConnection: x-node\r\nX-Node: 1\r\nKeep-Alive: timeout=9\r\n"
                  + "X-Kept: yes\r\nContent-Length: 2\r\n\r\nok");
      RawAnswer answer =
          balancer.call(
              "GET",
              "/t/app/hello",
              "",
              "Connection: X-Client, keep-alive",
              "X-Client: 1",
              "Keep-Alive: timeout=9",
              "Proxy-Connection: keep-alive",
              "Proxy-Authorization: Basic eA==",
              "TE: trailers",
              "X-Kept: yes");
      assertThat(answer.text()).isEqualTo("ok");
      assertThat(answer.head().header("X-Kept")).isEqualTo("yes");
      assertThat(answer.head().text()).doesNotContainIgnoringCase("x-node", "keep-alive: timeout");
      RawHead head = lastCall().head();
      assertThat(head.header("X-Kept")).isEqualTo("yes");
      assertThat(head.text())
          .doesNotContainIgnoringCase("X-Client", "timeout=9", "Proxy-", "TE: trailers");
    }

    @Test
    void neitherAsksForCompressionNorUndoesIt() throws IOException {
      String packed = "\u001f\u008b\u0008 not really gzip";
      reply =
          Replies.raw(
              "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                  + packed.length()
                  + "\r\n\r\n"
                  + packed);
      RawAnswer answer = balancer.call("POST", "/invoke/x", "zipped", "Content-Encoding: gzip");
      assertThat(answer.head().header("Content-Encoding")).isEqualTo("gzip");
      assertThat(answer.text()).isEqualTo(packed);
      assertThat(lastCall().head().header("Accept-Encoding")).isNull();
      assertThat(lastCall().head().header("User-Agent")).isNull();
      assertThat(lastCall().head().header("Content-Encoding")).isEqualTo("gzip");
      assertThat(lastCall().body().text()).isEqualTo("zipped");
    }

    @Test
    void asksForABodyThatTheClientHoldsBackAndAnswersPipelinedRequestsInTurn() throws IOException {
      reply = (connection, call) -> Replies.ok(call.head().target()).answer(connection, call);
      try (RawClient client = balancer.connect()) {
        String[] expecting = {"Expect: 100-continue", "Content-Length: 4"};
        client.send(request("POST", "/invoke/waits", "", expecting));
        assertThat(client.readHead().status()).isEqualTo(100);
        client.send("body");
        assertThat(client.readAnswer().text()).isEqualTo("/invoke/waits");
        assertThat(lastCall().body().text()).isEqualTo("body");
        assertThat(lastCall().head().header("Expect")).isNull();

        client.send(
            request("GET", "/t/app/1", "")
                + request("POST", "/t/app/2", "x")
                + request("GET", "/version", "")
                + request("GET", "/t/app/3", ""));
        assertThat(client.readAnswer().text()).isEqualTo("/t/app/1");
        assertThat(client.readAnswer().text()).isEqualTo("/t/app/2");
        assertThat(client.readAnswer().text()).isEqualTo(HEALTHY);
        assertThat(client.readAnswer().text()).isEqualTo("/t/app/3");
      }
    }

    @Test
    void losesNoCallToAnIdleConnectionThatTheNodeHasClosed() throws IOException {
      reply = Replies.thenClose(Replies.ok("hello"));
      int before = node.calls().size();
      for (int i = 0; i < 20; i++) {
        assertThat(balancer.call("POST", "/invoke/x", "once").status()).isEqualTo(200);
        await().pollDelay(Duration.ZERO).until(() -> node.openConnections() == 0);
      }
      assertThat(node.calls()).hasSize(before + 20);
    }

    @Test
    void triesAnotherNodeWhereNothingCanHaveRunAndTells502WhereItMayHave() throws IOException {
      RudeNode.Reply toGet = Replies.ok("other");
      RudeNode.Reply toHead = Replies.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
      try (RudeNode other =
          RudeNode.replying(
              (connection, call) ->
                  (call.head().method().equals("HEAD") ? toHead : toGet)
                      .answer(connection, call))) {
        add(other.name());
        balancer.awaitOnline(List.of(other.name()));
        reply = Replies.tooBusy();
        assertThat(callsOfManyFunctions("POST")).allSatisfy(this::isServedByTheOther);
        reply = Replies.raw("HTTP/1.1 503 Busy\r\nRetry-After: 15\r\nContent-Length: 43\r\n\r\n");
        other.refuse();
        other.closeConnections();
        assertThat(callsOfManyFunctions("HEAD"))
            .allSatisfy(
                answer -> {
                  assertThat(answer.status()).isEqualTo(503);
                  assertThat(answer.head().header("Retry-After")).isEqualTo("15");
                });
        other.accept();
        balancer.awaitOnline(List.of(other.name()));
        assertThat(callsOfManyFunctions("HEAD"))
            .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
        reply = Replies.closeAfterRequest();
        assertThat(callsOfManyFunctions("GET")).allSatisfy(this::isServedByTheOther);
        assertThat(callsOfManyFunctions("POST"))
            .anySatisfy(this::isServedByTheOther)
            .anySatisfy(
                answer -> {
                  assertThat(answer.status()).isEqualTo(502);
                  assertThat(json(answer.text()).getString("msg")).contains("may have run");
                });
        node.refuse();
        node.closeConnections();
        assertThat(callsOfManyFunctions("POST")).allSatisfy(this::isServedByTheOther);
      } finally {
        node.accept();
        balancer.awaitOnline(List.of(node.name()));
      }
    }

    private List<RawAnswer> callsOfManyFunctions(String method) throws IOException {
      List<RawAnswer> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String body = method.equals("POST") ? "x" : "";
        answers.add(balancer.call(method, "/t/app/function" + i, body));
      }
      return answers;
    }

    private void isServedByTheOther(RawAnswer answer) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("other");
    }

    @ParameterizedTest
    @CsvSource({
      "GET, /metrics, 404",
      "GET, /debug/pprof/heap, 404",
      "TRACE, /t/app/hello, 405",
      "CONNECT, fn.test:80, 405",
      "GET, fn.test:80, 400",
    })
    void forwardsNeitherNodesOwnPagesNorTunnels(String method, String target, int status)
        throws IOException {
      int before = node.calls().size();
      assertThat(balancer.call(method, target, "").status()).isEqualTo(status);
      assertThat(node.calls()).hasSize(before);
    }
  }

  @Nested
  class Routing {

    @Test
    void servesByAllNodesAndByTheOldOnesUnderTheOldRules() throws IOException {
      List<RudeNode> nodes = new ArrayList<>();
      try {
        for (int i = 0; i < 3; i++) {
          nodes.add(RudeNode.replying(Replies.ok("ok")));
        }
        nodes.sort((a, b) -> a.name().compareTo(b.name()));
        List<String> names = nodes.stream().map(RudeNode::name).toList();
        String list = String.join(",", names);
        try (RunningBalancer legacy = RunningBalancer.start("-nodes", list, "--router=legacy");
            RunningBalancer today = RunningBalancer.start("-nodes", list)) {
          legacy.awaitOnline(names);
          assertHome(legacy, nodes, "/r/myapp/hello", 0);
          assertHome(legacy, nodes, "/r/primesapp/primes", 2);
          assertHome(legacy, nodes, "/t/testapp/pyfn-trigger", 2);
          today.awaitOnline(names);
          List<Integer> before = nodes.stream().map(one -> one.calls().size()).toList();
          for (int i = 0; i < 60; i++) {
            assertThat(today.call("GET", "/t/app/" + i, "").status()).isEqualTo(200);
          }
          for (int i = 0; i < 3; i++) {
            assertThat(nodes.get(i).calls()).hasSizeGreaterThan(before.get(i));
          }
        }
      } finally {
        nodes.forEach(RudeNode::close);
      }
    }

    private void assertHome(RunningBalancer legacy, List<RudeNode> nodes, String path, int home)
        throws IOException {
      int before = nodes.get(home).calls().size();
      for (int i = 0; i < 3; i++) {
        assertThat(legacy.call("GET", path, "").status()).isEqualTo(200);
      }
      assertThat(nodes.get(home).calls()).as(path).hasSize(before + 3);
    }
  }
}
