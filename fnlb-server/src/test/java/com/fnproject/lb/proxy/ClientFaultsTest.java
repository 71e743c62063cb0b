package com.fnproject.lb.proxy;

import static com.fnproject.lb.proxy.ForwardingConformance.get;
import static com.fnproject.lb.proxy.ForwardingConformance.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.proxy.RudeCluster.Arrival;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the balancer answers itself, because a client asks what it may not or says what cannot be
 * understood: always an answer or a closed connection, never a second request on its way to a node.
 */
@Timeout(60)
class ClientFaultsTest {

  private static RudeCluster cluster;

  @BeforeAll
  static void start() {
    cluster = new RudeCluster(FnLoadBalancer::start, 1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void forget() {
    cluster.reply(Replies.ok("fine"));
  }

  @AfterEach
  void stillServes() throws IOException {
    cluster.awaitQuiet();
    assertThat(cluster.exchange(get("/t/a/b")).text()).isEqualTo("fine");
  }

  /** All that comes back to a client that sends no more. */
  private static String lastAnswerTo(String bytes) throws IOException {
    try (RawClient client = cluster.client()) {
      return client.send(bytes).finishSending().readToEnd();
    }
  }

  /** All that comes back on a connection of its own, until the balancer closes it. */
  private static String answerTo(String bytes) throws IOException {
    try (RawClient client = cluster.client()) {
      return client.send(bytes).readToEnd();
    }
  }

  private static int status(String answer) {
    return new RawHead(answer).status();
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT /x, 405, CONNECT and TRACE are not forwarded",
    "CONNECT h:443, 405, CONNECT and TRACE are not forwarded",
    "TRACE /x, 405, CONNECT and TRACE are not forwarded",
    "GET /metrics, 404, the nodes' own pages are not published",
    "GET /x/..//%6detrics/?a, 404, the nodes' own pages are not published",
    "POST /debug/pprof/symbol, 404, the nodes' own pages are not published",
    "GET http://h/metrics, 404, the nodes' own pages are not published",
  })
  void refusesWhatItDoesNotForwardAndGoesOn(String request, int status, String message)
      throws IOException {
    try (RawClient client = cluster.client()) {
      RawAnswer answer = client.exchange(request + " HTTP/1.1\r\nHost: test\r\n\r\n");
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.text()).isEqualTo("{\"msg\":\"" + message + "\"}\n");
      assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
      assertThat(answer.head().header("Allow"))
          .isEqualTo(status == 405 ? "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" : null);
      assertThat(answer.head().header("Retry-After")).isNull();
      assertThat(cluster.arrivals()).isEmpty();
      assertThat(client.get("/t/a/b").text()).isEqualTo("fine");
    }
  }

  @Test
  void answersHeadWithTheLengthOfAnErrorAndNotTheErrorItself() throws IOException {
    try (RawClient client = cluster.client()) {
      RawAnswer answer = client.exchange("HEAD /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.head().header("Content-Length")).isEqualTo("49");
      assertThat(client.get("/t/a/b").text()).isEqualTo("fine");
    }
  }

  @Test
  void publishesTheNodesOwnPagesWhenItIsTold() throws IOException {
    try (RudeCluster open = new RudeCluster(FnLoadBalancer::start, 1, "--expose-node-internals")) {
      assertThat(open.exchange(get("/metrics")).text()).isEqualTo("fine");
      assertThat(open.exchange(get("/debug/pprof/")).text()).isEqualTo("fine");
    }
  }

  @Test
  void says503WhenNoNodeIsOnline() throws IOException {
    FnLoadBalancer empty = FnLoadBalancer.start("--listen", "127.0.0.1:0");
    try (RawClient client = RawClient.connect(empty.port())) {
      for (String target : List.of("/t/a/b", "/v2/apps")) {
        RawAnswer answer = client.get(target);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.head().header("Retry-After")).isEqualTo("1");
        assertThat(answer.text())
            .isEqualTo("{\"msg\":\"no node is able to serve; see /1/lb/nodes\"}\n");
      }
      // An upload that nobody wants is not read to its end.
      client.send("POST /t/a/b HTTP/1.1\r\nHost: t\r\nContent-Length: 999999999\r\n\r\n");
      assertThat(client.readAnswer().head().header("Connection")).isEqualTo("close");
      assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
      // But what is under way is, so that no reset overtakes the answer.
      try (RawClient uploader = RawClient.connect(empty.port())) {
        uploader.send(ForwardingConformance.post("/t/a/b", "x".repeat(20_000_000)));
        assertThat(uploader.readAnswer().status()).isEqualTo(503);
        assertThat(uploader.closedWithin(Duration.ofSeconds(5))).isTrue();
      }
      // And one that waits to be asked for it is not asked after it has its answer.
      try (RawClient waiting = RawClient.connect(empty.port())) {
        waiting.send(
            "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n");
        assertThat(waiting.readHead().status()).isEqualTo(503);
        assertThat(waiting.readToEnd()).doesNotContain("100 Continue");
      }
    } finally {
      empty.stop();
    }
  }

  /** Each ends in this status and a closed connection, and no node hears of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET / HTTP/1.0\\r\\n\\r\\n | 505",
        "GET / HTTP/2.0\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n | 501",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nUpgrade: h2c, websocket\\r\\n\\r\\n | 501",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX: \\x80\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX: caf\\xc3\\xa9\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX\\xe9: 1\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\xe9\\r\\n\\r\\n | 400",
        "GET /\\xc3\\xa9 HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /%zz HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET \\n/x%20y HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /a%2 HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /a#b HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /a\\tb HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /a\\x00b HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET a HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET htfoo HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET * HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET ftp://h/ HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET http://u@h/ HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET  / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET / x HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET /\\r\\nHost: t\\r\\n\\r\\n | 400",
        "\\x20GET / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "G(T / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\nHost: t\\n\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\nX: y\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\rX: y\\r\\n\\r\\n | 400",
        "\\r\\nGET / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nHost: u\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost:\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t/u\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX : y\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\n: y\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX: a\\r\\n b\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\n X: y\\r\\nHost: t\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX: a\\x00b\\r\\n\\r\\n | 400",
        "GET / HTTP/1.1\\r\\nHost: t\\r\\nX: a\\x7fb\\r\\n\\r\\n | 400",
        "HEAD / HTTP/1.1\\r\\nHost: t\\r\\nContent-Length: 1\\r\\n\\r\\nx | 400",
        "HEAD / HTTP/1.1\\r\\nHost: t\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n | 400",
        "\\x16\\x03\\x01\\x02\\x00\\x01\\r\\n\\r\\n | 400",
        "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n | 400",
      })
  void refusesAHeadThatItCannotPassOn(String escaped, int status) throws IOException {
    String answer = answerTo(bytes(escaped));
    assertThat(status(answer)).isEqualTo(status);
    assertThat(answer).contains("\r\nContent-Type: application/json\r\n");
    if (escaped.startsWith("HEAD ")) {
      assertThat(answer).endsWith("\r\n\r\n");
    } else {
      assertThat(answer).matches("(?s).*\r\n\r\n\\{\"msg\":\"[^\"]+\"}\n");
    }
    assertThat(cluster.arrivals()).isEmpty();
  }

  private static final String TARGET =
      "'the request target is neither a path nor an http address, of visible ASCII characters and"
          + " whole percent-escapes'";

  @ParameterizedTest
  @CsvSource({
    "GET / HTTP/1.0, only HTTP/1.1 is spoken here",
    "G(T / HTTP/1.1, the request's head is malformed",
    "GET  / HTTP/1.1, the request's head is malformed",
    "GET / HTTP/1.1, Host header must be present in the request",
    "GET /%zz HTTP/1.1\\r\\nHost: h, " + TARGET,
    "GET htfoo HTTP/1.1\\r\\nHost: h, " + TARGET,
  })
  void saysWhatIsWrongWithAHead(String line, String message) throws IOException {
    assertThat(answerTo(bytes(line) + "\r\n\r\n"))
        .endsWith("\r\n\r\n{\"msg\":\"" + message + "\"}\n");
  }

  private static String bytes(String escaped) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '\\') {
        bytes.append(c);
        continue;
      }
      switch (escaped.charAt(++i)) {
        case 'r' -> bytes.append('\r');
        case 'n' -> bytes.append('\n');
        case 't' -> bytes.append('\t');
        case 'x' -> {
          bytes.append((char) Integer.parseInt(escaped, i + 1, i + 3, 16));
          i += 2;
        }
        default -> throw new IllegalArgumentException(escaped);
      }
    }
    return bytes.toString();
  }

  /** Two readings of one message: whoever frames it otherwise would find another request in it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0, 5\r\n\r\n",
        "Content-Length: 0,0\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length: \r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n",
        "Content-Length : 5\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: \r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chun\u0000ked\r\n\r\n0\r\n\r\n",
        "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "X: y\r\nTransfer-Encoding: chunked\n\r\n0\r\n\r\n",
      })
  void refusesARequestThatCouldBeReadInTwoWays(String rest) throws IOException {
    String answer = answerTo("POST /t/a/b HTTP/1.1\r\nHost: t\r\n" + rest + get("/t/smuggled"));
    assertThat(status(answer)).isBetween(400, 501);
    assertThat(answer.split("HTTP/1.1 ", -1)).as("answers").hasSize(2);
    assertThat(cluster.arrivals()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5\r\nhelloXX0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5;ext\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "80000005\r\nhello\r\n0\r\n\r\n",
        "100000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n-0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: trailer\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
      })
  void refusesABodyThatIsWronglyChunked(String body) throws IOException {
    String answer =
        lastAnswerTo(
            "POST /t/a/b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                + body
                + get("/t/smuggled"));
    assertThat(status(answer)).isEqualTo(400);
    assertThat(answer.split("HTTP/1.1 ", -1)).as("answers").hasSize(2);
    cluster.awaitQuiet();
    for (Arrival arrival : cluster.arrivals()) {
      assertThat(arrival.request().head().target()).isEqualTo("/t/a/b");
      soon().until(() -> arrival.request().body() != null);
      assertThat(arrival.request().body().complete()).isFalse();
    }
  }

  @Test
  void boundsChunksAndTheLinesAroundThem() throws IOException {
    String head = "POST /t/a/b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    String mib = "x".repeat(1 << 20);
    try (RawClient client = cluster.client()) {
      assertThat(client.exchange(head + "100000\r\n" + mib + "\r\n0\r\n\r\n").text())
          .isEqualTo("fine");
    }
    assertThat(lastAnswerTo(head + "100001\r\nx"))
        .startsWith("HTTP/1.1 413 ")
        .endsWith(
            "{\"msg\":\"a chunk of the body has 1048577 bytes; at most 1048576 are taken\"}\n");
    assertThat(lastAnswerTo(head + "0".repeat(1000))).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void boundsHeads() throws IOException {
    try (RudeCluster narrow =
        new RudeCluster(
            FnLoadBalancer::start,
            1,
            "--max-headers",
            "10",
            "--max-head-size",
            "2KiB",
            "--max-target-size",
            "300")) {
      String nine =
          IntStream.range(0, 9).mapToObj(i -> "X" + i + ": 1\r\n").reduce("", String::concat);
      String head = "GET /t/a/b HTTP/1.1\r\nHost: t\r\n";
      assertThat(narrow.exchange(head + nine + "\r\n").status()).isEqualTo(200);
      for (String tenth : List.of("Y: 1\r\n", "X1: 2\r\n")) {
        RawAnswer answer = narrow.exchange(head + nine + tenth + "\r\n");
        assertThat(answer.head().firstLine())
            .isEqualTo("HTTP/1.1 431 Request Header Fields Too Large");
        assertThat(answer.text())
            .isEqualTo("{\"msg\":\"the request has 11 header fields; at most 10 are taken\"}\n");
        assertThat(answer.head().header("Connection")).isEqualTo("close");
      }
      assertThat(narrow.exchange(head + "X: " + "y".repeat(1900) + "\r\n\r\n").status())
          .isEqualTo(200);
      RawAnswer tooLong = narrow.exchange(head + "X: " + "y".repeat(2100) + "\r\n\r\n");
      assertThat(tooLong.head().firstLine())
          .isEqualTo("HTTP/1.1 431 Request Header Fields Too Large");
      assertThat(tooLong.text())
          .isEqualTo("{\"msg\":\"the request's header fields take over 2048 bytes\"}\n");
      assertThat(narrow.exchange(get("/" + "x".repeat(250))).status()).isEqualTo(200);
      RawAnswer answer = narrow.exchange(get("/" + "x".repeat(300)));
      assertThat(answer.status()).isEqualTo(414);
      assertThat(answer.text())
          .isEqualTo("{\"msg\":\"the request line is over 300 bytes long\"}\n");
      for (String limit : List.of("max-headers", "max-head-size", "max-target-size")) {
        assertThat(reached(narrow, limit)).as(limit).isPositive();
      }
    }
  }

  /** How often a limit was reached, by all balancers of this process: they share their meters. */
  private static double reached(RudeCluster balanced, String limit) throws IOException {
    String name = "fnlb_limits_total{limit=\"" + limit + "\",";
    String line =
        balanced
            .exchange(get("/observe/metrics"))
            .text()
            .lines()
            .filter(one -> one.startsWith(name))
            .findFirst()
            .orElseThrow();
    return Double.parseDouble(line.substring(line.indexOf(' ')));
  }

  @Test
  void countsCallsThatRanOutOfAttemptsWhileThereWereMoreNodes() throws IOException {
    try (RudeCluster full = new RudeCluster(FnLoadBalancer::start, 3, "--max-attempts", "2")) {
      double before = reached(full, "max-attempts");
      full.reply(Replies.tooBusy());
      assertThat(full.exchange(get("/t/a/b")).status()).isEqualTo(503);
      assertThat(reached(full, "max-attempts")).isEqualTo(before + 1);
    }
    try (RudeCluster few = new RudeCluster(FnLoadBalancer::start, 2, "--max-attempts", "2")) {
      double before = reached(few, "max-attempts");
      few.reply(Replies.tooBusy());
      assertThat(few.exchange(get("/t/a/b")).status()).isEqualTo(503);
      assertThat(reached(few, "max-attempts")).as("no node was left out").isEqualTo(before);
    }
  }

  @Test
  void tellsClientsToGoWhileItDrains() throws Exception {
    try (RudeCluster ending = new RudeCluster(FnLoadBalancer::start, 1, "--drain-delay", "1s");
        RawClient idle = ending.client();
        RawClient client = ending.client()) {
      assertThat(client.get("/t/a/b").head().header("Connection")).isNull();
      assertThat(idle.get("/t/a/b").head().header("Connection")).isNull();
      Thread stopping = Thread.ofVirtual().start(ending::stop);
      soon().until(() -> "close".equals(ending.exchange(get("/t/x")).head().header("Connection")));
      RawAnswer answer = client.get("/t/a/b");
      assertThat(answer.text()).isEqualTo("fine");
      assertThat(answer.head().header("Connection")).isEqualTo("close");
      assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
      assertThat(idle.closedWithin(Duration.ofSeconds(5))).isTrue();
      stopping.join();
    }
  }

  private static final int HEADS = 10_000;
  private static final int CLIENTS = 4;

  /** What a node may see: anything that can be read in one way only. */
  private static final String SOUND =
      "TOKEN (/[!-\"$-~]*|\\*) HTTP/1\\.1\r\n(TOKEN:[\t -~]*\r\n)+\r\n"
          .replace("TOKEN", "[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  @Test
  void goesOnServingAfterTenThousandRandomHeads() throws Exception {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Integer>> work =
          IntStream.range(0, CLIENTS)
              .<Callable<Integer>>mapToObj(seed -> () -> sendRandomHeads(new Random(seed)))
              .toList();
      int answered = 0;
      for (Future<Integer> result : clients.invokeAll(work)) {
        answered += result.get();
      }
      // Some are cut within their first line, and so small a part is none to answer.
      assertThat(answered).isGreaterThan(HEADS / 2);
    }
    cluster.awaitQuiet();
    assertThat(cluster.arrivals()).hasSizeGreaterThan(HEADS / 20);
    for (Arrival arrival : cluster.arrivals()) {
      RawHead head = arrival.request().head();
      assertThat(head.text()).matches(SOUND);
      assertThat(head.headers("Host")).hasSize(1);
      assertThat(head.headers("Content-Length").size() + head.headers("Transfer-Encoding").size())
          .isLessThanOrEqualTo(1);
    }
  }

  private static int sendRandomHeads(Random random) throws IOException {
    int answered = 0;
    for (int i = 0; i < HEADS / CLIENTS; i++) {
      byte[] head = randomHead(random);
      try (RawClient client = RawClient.connect(cluster.balancer().port())) {
        String answer = client.send(head).finishSending().readToEnd();
        if (!answer.isEmpty()) {
          assertThat(answer).startsWith("HTTP/1.1 ");
          assertThat(status(answer))
              .as(new String(head, StandardCharsets.ISO_8859_1))
              .isIn(100, 200, 400, 404, 405, 413, 414, 431, 501, 505);
          answered++;
        }
      } catch (java.net.SocketTimeoutException e) {
        throw new AssertionError("no end: " + new String(head, StandardCharsets.ISO_8859_1), e);
      } catch (java.net.SocketException e) {
        // Closed while it was being sent.
        answered++;
      }
    }
    return answered;
  }

  private static final List<String> VALID =
      List.of(
          get("/t/app/fn?q=1"),
          ForwardingConformance.post("/invoke/01D7M8KVR41BT061G0A0000002", "hello"),
          "PUT /x%20y HTTP/1.1\r\nhost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
          "GET http://h:8080/t/a/b HTTP/1.1\r\nHost: t\r\nConnection: close, X\r\nX: y\r\n\r\n",
          "HEAD / HTTP/1.1\r\nHost: [::1]:80\r\nUpgrade: h2c\r\nTE: trailers\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nAccept: */*\r\n\r\n");

  private static final List<String> SPLINTERS =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\r\n\r\n",
          " ",
          "\t",
          ":",
          "\u0000",
          "\u007f",
          "\u00e9",
          "%",
          "#",
          "Content-Length: 3\r\n",
          "Transfer-Encoding: chunked\r\n",
          "HTTP/1.0",
          "HTTP/1.1",
          ",",
          "Connection: Host\r\n",
          "Upgrade: websocket\r\n",
          "0\r\n\r\n",
          "\r\n ",
          "..",
          "//",
          "@");

  private static byte[] randomHead(Random random) {
    if (random.nextInt(10) == 0) {
      byte[] noise = new byte[1 + random.nextInt(200)];
      random.nextBytes(noise);
      return noise;
    }
    StringBuilder head = new StringBuilder(VALID.get(random.nextInt(VALID.size())));
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(head.length());
      switch (random.nextInt(5)) {
        case 0 -> head.setCharAt(at, (char) random.nextInt(256));
        case 1 -> head.deleteCharAt(at);
        case 2 -> head.insert(at, SPLINTERS.get(random.nextInt(SPLINTERS.size())));
        case 3 -> head.insert(at, head.substring(at, Math.min(at + 20, head.length())));
        default -> head.setLength(Math.max(1, at));
      }
    }
    return head.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
