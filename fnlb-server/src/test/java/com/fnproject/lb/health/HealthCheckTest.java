package com.fnproject.lb.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.CapturedLog;
import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.FnNode;
import com.fnproject.lb.testbed.wire.DeadPort;
import com.fnproject.lb.testbed.wire.MutePort;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks of nodes, polite and rude, over real sockets. */
@Timeout(60)
class HealthCheckTest {

  private static final String HEALTHY = "is healthy (was unknown)";

  /** A node that answers its checks so, and what is logged of it. */
  private record Row(String name, Reply reply, String log) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row fit(String name, Reply reply) {
    return new Row(name, reply, HEALTHY);
  }

  private static Row unfit(String name, Reply reply, String reason) {
    return new Row(name, reply, "is unhealthy: " + reason + " (was unknown)");
  }

  private static Reply version(String text) {
    return Replies.ok("{\"version\":\"" + text + "\"}");
  }

  private static Reply status(String status) {
    String body = "{\"version\":\"0.3.753\"}";
    return Replies.raw(
        "HTTP/1.1 " + status + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  /** Redirects to this; what was redirected gets the reply. */
  private static Reply redirect(String status, String location, Reply then) {
    return (connection, request) -> {
      if (request.head().target().equals("/version")) {
        connection.write(
            "HTTP/1.1 "
                + status
                + "\r\nLocation: "
                + location.replace("HOST", String.valueOf(request.head().header("Host")))
                + "\r\nContent-Length: 0\r\n\r\n");
      } else {
        then.answer(connection, request);
      }
    };
  }

  /** So many redirects, each to the next number. */
  private static Reply redirects(int count) {
    return (connection, request) -> {
      String target = request.head().target();
      int done = target.equals("/version") ? 0 : Integer.parseInt(target.substring(1));
      if (done < count) {
        connection.write(
            "HTTP/1.1 302 Found\r\nLocation: /" + (done + 1) + "\r\nContent-Length: 0\r\n\r\n");
      } else {
        version("0.3.753").answer(connection, request);
      }
    };
  }

  /** Some more bytes now and then, for ever. */
  private static Reply dribble(String begin) {
    return (connection, request) -> {
      connection.write(begin);
      while (true) {
        connection.write(" ");
        LockSupport.parkNanos(20_000_000);
      }
    };
  }

  private static Reply half() {
    return (connection, request) -> {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"version\":");
      connection.ignore();
    };
  }

  private static Reply endless() {
    return (connection, request) -> {
      connection.write("HTTP/1.1 200 OK\r\n\r\n");
      byte[] blank = new byte[8192];
      while (true) {
        connection.write(blank);
      }
    };
  }

  private static final String CLOSED = "connection closed before the end of the answer";
  private static final String NO_ANSWER = "no answer within 3000 ms";
  private static final String TOO_LONG = "answer of more than 65536 bytes";

  static final List<Row> ROWS =
      List.of(
          fit("a version", version("0.3.753")),
          fit("the lowest version", version("0.0.235")),
          fit("a pre-release of a higher one", version("0.0.236-rc.1")),
          fit("a version with build metadata", version("0.3.753+build.5")),
          fit("a status of 2xx", status("201 Created")),
          fit("chunks", Replies.chunked("{\"vers", "ion\":\"0.3", ".753\"}")),
          fit("a body without a length", Replies.untilClose("{\"version\":\"0.3.753\"}")),
          fit(
              "more than the version",
              Replies.ok(
                  "{\"a\":{\"version\":1},\"b\":[[\"version\",{}]],\"version\":\"0.3.753\",\"c\":")),
          fit("a redirect", redirect("302 Found", "/elsewhere?x=%20y", version("0.3.753"))),
          fit(
              "a redirect to a URL",
              redirect("307 Temporary Redirect", "http://HOST/elsewhere", version("0.3.753"))),
          fit("ten redirects", redirects(10)),
          unfit("eleven redirects", redirects(11), "more than 10 redirects"),
          unfit(
              "a redirect to https",
              redirect("301 Moved", "https://HOST/version", version("0.3.753")),
              "redirect to 'https://"),
          unfit(
              "a redirect to nowhere",
              redirect("301 Moved", "http://[", version("0.3.753")),
              "redirect to 'http://[', which is no URI"),
          unfit("a redirect without a place", status("301 Moved"), "status 301"),
          unfit("a status of 500", status("500 Internal Server Error"), "status 500"),
          unfit("a status of 404", status("404 Not Found"), "status 404"),
          unfit("a status of 304", Replies.raw("HTTP/1.1 304 Not Modified\r\n\r\n"), "status 304"),
          unfit(
              "an interim answer",
              Replies.afterInterim("{\"version\":\"1.0.0\"}", 103),
              "status 103"),
          unfit(
              "no content",
              Replies.raw("HTTP/1.1 204 No Content\r\n\r\n"),
              "no JSON in the answer: ''"),
          unfit("a lower version", version("0.0.234"), "version 0.0.234 is below 0.0.235"),
          unfit(
              "a lower pre-release",
              version("0.0.235-rc.1"),
              "version 0.0.235-rc.1 is below 0.0.235"),
          unfit("two numbers", version("0.3"), "version '0.3' is not of the form x.y.z"),
          unfit("four numbers", version("0.3.7.5"), "version '0.3.7.5' is not of the form x.y.z"),
          unfit("a v", version("v0.3.753"), "version 'v0.3.753' is not of the form x.y.z"),
          unfit(
              "a leading zero", version("0.03.753"), "version '0.03.753' is not of the form x.y.z"),
          unfit("a word", version("la\\ntest"), "version 'la\\u000atest' is not of the form x.y.z"),
          unfit("an empty version", version(""), "version '' is not of the form x.y.z"),
          unfit(
              "a number",
              Replies.ok("{\"version\":3,\"x\":\"0.3.753\"}"),
              "no version in the answer: '{\"version\":3,\"x\":\"0.3.753\"}'"),
          unfit("an object", Replies.ok("{}"), "no version in the answer: '{}'"),
          unfit(
              "versions elsewhere",
              Replies.ok("{\"version\":[\"0.3.753\"],\"x\":{\"version\":\"0.3.753\"}}"),
              "no version in the answer: '{\"version\":[\"0.3.753\"],"),
          unfit(
              "an array",
              Replies.ok("[{\"version\":\"0.3.753\"}]"),
              "no version in the answer: '["),
          unfit("a string", Replies.ok("\"0.3.753\""), "no version in the answer: '\"0.3.753\"'"),
          unfit("no JSON", Replies.ok("hello"), "no JSON in the answer: 'hello'"),
          unfit("nothing", Replies.ok(""), "no JSON in the answer: ''"),
          unfit("half an array", Replies.ok("{\"x\":["), "no JSON in the answer: '{\"x\":['"),
          unfit("a deep nest", Replies.ok("{\"x\":" + "[".repeat(60_000)), "no valid answer: "),
          unfit("a long body", Replies.ok(" ".repeat(70_000)), TOO_LONG),
          unfit("a huge chunk", Replies.hugeChunk(512 << 20), TOO_LONG),
          unfit("an endless body", endless(), TOO_LONG),
          unfit(
              "a long head",
              Replies.raw("HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000) + "\r\n\r\n"),
              ""),
          unfit("half a body", Replies.truncated(30, "{\"version\":\"0.3.753\"}"), CLOSED),
          unfit("half the chunks", Replies.truncatedChunks("{\"version\":\"0.3.753\"}"), CLOSED),
          unfit("half a chunk", Replies.brokenChunk("{\"version\":"), CLOSED),
          unfit("a closed connection", Replies.closeAfterHead(), CLOSED),
          unfit(
              "a reset connection",
              Replies.resetAfterHead(),
              "connection failed: 'Connection reset'"),
          unfit("another protocol", Replies.garbage(), ""),
          unfit("silence", Replies.never(), NO_ANSWER),
          unfit("half an answer", half(), NO_ANSWER),
          unfit("a dribbling head", dribble("HTTP/1.1 200 OK\r\nX: "), NO_ANSWER),
          unfit("a dribbling body", dribble("HTTP/1.1 200 OK\r\n\r\n{"), NO_ANSWER));

  private static final List<RudeNode> NODES = new ArrayList<>();
  private static final List<FnLoadBalancer> STARTED = new ArrayList<>();
  private static FnLoadBalancer all;
  private static CapturedLog log;
  private static DeadPort dead;
  private static MutePort mute;

  /** All rude nodes at once, so that those which only time tells wait together. */
  @BeforeAll
  static void start() throws IOException {
    log = CapturedLog.of(NodeWatch.class);
    dead = DeadPort.open();
    mute = MutePort.open();
    List<String> names = new ArrayList<>();
    for (Row row : ROWS) {
      RudeNode node = RudeNode.start(RudeNode.perRequest(row.reply()));
      NODES.add(node);
      names.add(node.name());
    }
    names.add(dead.name());
    names.add(mute.name());
    names.add("no-such-host.invalid");
    all =
        FnLoadBalancer.start(
            "--listen",
            "127.0.0.1:0",
            "--fn-api",
            "off",
            "--hc-interval",
            "100ms",
            "--hc-timeout",
            "3s",
            "--scrape-metrics=false",
            "--nodes",
            String.join(",", names));
  }

  @AfterAll
  static void stop() {
    all.stop();
    await()
        .untilAsserted(
            () ->
                assertThat(ROWS)
                    .filteredOn(row -> NODES.get(ROWS.indexOf(row)).openConnections() > 0)
                    .isEmpty());
    NODES.forEach(RudeNode::close);
    dead.close();
    mute.close();
    log.close();
  }

  @AfterEach
  void stopOwn() {
    STARTED.forEach(FnLoadBalancer::stop);
    STARTED.clear();
  }

  private static FnLoadBalancer begin(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--listen", "127.0.0.1:0", "--fn-api", "off", "--scrape-metrics=false"));
    arguments.addAll(List.of(more));
    FnLoadBalancer loadBalancer = FnLoadBalancer.start(arguments.toArray(String[]::new));
    STARTED.add(loadBalancer);
    return loadBalancer;
  }

  private static String nodes(FnLoadBalancer of) throws IOException {
    try (RawClient client = RawClient.connect(of.port())) {
      return client.get("/1/lb/nodes").text();
    }
  }

  private static void change(FnLoadBalancer of, String method, String node) throws IOException {
    String body = "{\"node\":\"" + node + "\"}";
    try (RawClient client = RawClient.connect(of.port())) {
      assertThat(
              client
                  .exchange(
                      method
                          + " /1/lb/nodes HTTP/1.1\r\nHost: t\r\nContent-Length: "
                          + body.length()
                          + "\r\n\r\n"
                          + body)
                  .status())
          .isEqualTo(200);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void judgesANodeByItsAnswer(Row row) throws IOException {
    RudeNode node = NODES.get(ROWS.indexOf(row));
    awaitLog(node.name(), row.log());
    assertThat(nodes(all))
        .contains(
            "\"" + node.name() + "\":\"" + (row.log().equals(HEALTHY) ? "online" : "offline"));
    assertThat(node.requests().getFirst().head().text())
        .startsWith("GET /version HTTP/1.1\r\n")
        .contains("\r\nHost: " + node.name() + "\r\n", "\r\nConnection: close\r\n");
  }

  static List<Row> rows() {
    return ROWS;
  }

  /** Told once, however often the check has had the same result since. */
  private static void awaitLog(String node, String text) {
    int cut = text.indexOf(" (was unknown)");
    String begin = text.substring(0, cut);
    await().pollDelay(Duration.ZERO).until(() -> !log.lines("node " + node + " ").isEmpty());
    assertThat(log.lines("node " + node + " "))
        .singleElement()
        .asString()
        .startsWith("INFO node " + node + " " + begin)
        .endsWith(" (was unknown)");
  }

  @Test
  void judgesANodeThatCannotBeReached() throws IOException {
    awaitLog(dead.name(), "is unhealthy: connection refused (was unknown)");
    awaitLog(mute.name(), "is unhealthy: " + NO_ANSWER + " (was unknown)");
    awaitLog(
        "no-such-host.invalid:8080",
        "is unhealthy: name no-such-host.invalid does not resolve (was unknown)");
  }

  @Test
  void checksAgainAndAgainOnConnectionsThatItCloses() {
    RudeNode fit = NODES.getFirst();
    RudeNode halfChunks = NODES.get(ROWS.size() - 9);
    for (RudeNode node : List.of(fit, halfChunks)) {
      int before = node.connections();
      await().until(() -> node.connections() >= before + 5);
      assertThat(node.openConnections()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void tellsEachChangeOnceWithItsReasonAndNewReasonsOnce() {
    try (FnNode node = FnNode.start()) {
      begin(
          "--nodes",
          node.name(),
          "--hc-interval",
          "10ms",
          "--hc-unhealthy",
          "3",
          "--hc-healthy",
          "2");
      String begin = "INFO node " + node.name() + " is ";
      awaitLines(node, begin + "healthy (was unknown)");
      node.versionStatus(500);
      awaitLines(
          node, begin + "healthy (was unknown)", begin + "unhealthy: status 500 (was healthy)");
      node.versionStatus(404);
      await().until(() -> log.lines(node.name()).size() == 3);
      node.versionStatus(500);
      await().during(Duration.ofMillis(200)).until(() -> log.lines(node.name()).size() == 3);
      node.versionStatus(200);
      awaitLines(
          node,
          begin + "healthy (was unknown)",
          begin + "unhealthy: status 500 (was healthy)",
          begin + "still unhealthy: status 404",
          begin + "healthy (was unhealthy)");
      node.version("0.0.1");
      await()
          .until(
              () ->
                  log.lines(node.name())
                      .getLast()
                      .equals(begin + "unhealthy: version 0.0.1 is below 0.0.235 (was healthy)"));
    }
  }

  private static void awaitLines(FnNode node, String... lines) {
    await().untilAsserted(() -> assertThat(log.lines(node.name())).containsExactly(lines));
  }

  @Test
  void doesNotFillTheLogWithTheReasonsOfOneIllness() {
    AtomicInteger checks = new AtomicInteger();
    Reply always =
        (connection, request) ->
            Replies.ok("x" + checks.incrementAndGet()).answer(connection, request);
    try (RudeNode node = RudeNode.start(RudeNode.perRequest(always))) {
      begin("--nodes", node.name(), "--hc-interval", "10ms");
      await().until(() -> checks.get() > 20);
      assertThat(log.lines(node.name())).hasSize(8);
    }
  }

  @Test
  void neverChecksANodeTwiceAtOnceNorLetsItDelayOthers() throws IOException {
    Semaphore answer = new Semaphore(0);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Reply slow =
        (connection, request) -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          connection.await(answer);
          now.decrementAndGet();
          version("0.3.753").answer(connection, request);
        };
    try (RudeNode waiting = RudeNode.start(RudeNode.perRequest(slow));
        RudeNode prompt = RudeNode.start(RudeNode.perRequest(version("0.3.753")))) {
      FnLoadBalancer loadBalancer =
          begin(
              "--nodes",
              waiting.name() + "," + prompt.name(),
              "--hc-interval",
              "10ms",
              "--hc-timeout",
              "30s");
      await().until(() -> prompt.requests().size() > 20);
      assertThat(waiting.requests()).hasSize(1);
      assertThat(nodes(loadBalancer))
          .contains(waiting.name() + "\":\"offline", prompt.name() + "\":\"online");
      for (int check = 2; check <= 5; check++) {
        int number = check;
        answer.release();
        await().until(() -> waiting.requests().size() == number);
      }
      assertThat(most).hasValue(1);
      assertThat(nodes(loadBalancer)).contains(waiting.name() + "\":\"online");
    }
  }

  @Test
  void checksANewNodeAtOnceAndARemovedOneNoMore() throws IOException {
    try (RudeNode silent = RudeNode.start(RudeNode.perRequest(Replies.never()));
        RudeNode prompt = RudeNode.start(RudeNode.perRequest(version("0.3.753")))) {
      // With a pause of an hour only the check at once can tell.
      FnLoadBalancer patient = begin("--hc-interval", "1h", "--hc-timeout", "1h");
      change(patient, "PUT", prompt.name());
      await().until(() -> nodes(patient).contains(prompt.name() + "\":\"online"));
      change(patient, "PUT", silent.name());
      await().until(() -> silent.openConnections() == 1);
      change(patient, "DELETE", silent.name());
      await().until(() -> silent.openConnections() == 0);
      assertThat(log.lines(silent.name())).isEmpty();

      FnLoadBalancer eager = begin("--hc-interval", "10ms");
      change(eager, "PUT", prompt.name());
      int before = prompt.requests().size();
      await().until(() -> prompt.requests().size() > before + 3);
      change(eager, "DELETE", prompt.name());
      await().until(() -> prompt.openConnections() == 0);
      int after = prompt.requests().size();
      await().during(Duration.ofMillis(200)).until(() -> prompt.requests().size() <= after + 1);
    }
  }

  @Test
  void endsChecksUnderWayWhenItIsClosed() {
    try (RudeNode silent = RudeNode.start(RudeNode.perRequest(Replies.never()))) {
      FnLoadBalancer loadBalancer = begin("--nodes", silent.name(), "--hc-timeout", "1h");
      await().until(() -> silent.openConnections() == 1);
      assertThat(loadBalancer.stop()).isZero();
      await().until(() -> silent.openConnections() == 0);
      assertThat(silent.requests()).hasSize(1);
    }
  }

  @Test
  void asksForThePathThatTheOperatorNames() {
    try (RudeNode node = RudeNode.start(RudeNode.perRequest(version("0.3.753")))) {
      begin("--nodes", node.name(), "--hc-path", "/a%2Fb?c=%20d&e");
      await().until(() -> !node.requests().isEmpty());
      assertThat(node.requests().getFirst().head().target()).isEqualTo("/a%2Fb?c=%20d&e");
    }
  }
}
