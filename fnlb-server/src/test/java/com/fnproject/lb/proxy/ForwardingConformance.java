package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.with;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawBody;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every engine must do between a client and its nodes, seen from both ends of the wire. After
 * each class no call may be under way and no connection to a node be left.
 */
@Timeout(30)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ForwardingConformance {

  /** Starts a balancer with the engine under test. */
  abstract FnLoadBalancer start(String... arguments);

  private RudeCluster one;

  @BeforeAll
  void startOne() {
    one = cluster(1);
  }

  @AfterEach
  void nothingIsUnderWay() {
    one.awaitQuiet();
  }

  @AfterAll
  void stopOne() {
    one.close();
  }

  /** A cluster of the test's own. */
  final RudeCluster cluster(int nodes, String... flags) {
    return new RudeCluster(this::start, nodes, flags);
  }

  /** The cluster of one node that all tests share. */
  final RudeCluster one() {
    return one;
  }

  /** Waits for what needs milliseconds. */
  static ConditionFactory soon() {
    return with().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5)).await();
  }

  /** A head whose lines end as HTTP's do. */
  static String http(String text) {
    return text.replace("\n", "\r\n");
  }

  static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
  }

  static String post(String target, String body) {
    return "POST "
        + target
        + " HTTP/1.1\r\nHost: test\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  // The request's head

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "//",
        "/t/app/fn",
        "//t//app///fn/",
        "/a%2Fb%2f/c%20d",
        "/x/./../y",
        "/t/app;v=1;w/fn",
        "/t/app/fn?q=a+b&x=%2F&flag&=&q=c",
        "/t/app/fn?",
        "/t/app/fn??a=?/&b=/../",
        "/%7Euser/~user/!$&'()*+,=:@-._",
        "/%ff%fe/%c3",
        "/q?%zz",
        "/{brace}|pipe^caret`tick\"quote<angle>\\back[square]",
      })
  void sendsTheTargetByteForByte(String target) throws IOException {
    one.reply(Replies.ok("fine"));
    assertThat(one.exchange(get(target)).status()).isEqualTo(200);
    assertThat(one.call().head().target()).isEqualTo(target);
  }

  @Test
  void passesEveryVisibleCharacterInTargetsAndFields() throws IOException {
    StringBuilder visible = new StringBuilder();
    for (char c = '!'; c <= '~'; c++) {
      visible.append(c);
    }
    String query = visible.toString().replace("#", "");
    // Of those that no URI holds, sendsTheTargetByteForByte has examples.
    String path = "/" + query.replaceAll("[\"%/<>?\\\\^`{|}\\[\\]]", "");
    one.reply(
        Replies.raw(
            "HTTP/1.1 200 OK\r\nX-All: "
                + visible
                + " \t"
                + visible
                + "\r\nContent-Length: 0\r\n\r\n"));
    RawAnswer answer =
        one.exchange(
            "GET "
                + path
                + "?"
                + query
                + " HTTP/1.1\r\nHost: test\r\nX-All: "
                + visible
                + " \t"
                + visible
                + "\r\n!#$%&'*+.^_`|~: odd\r\n\r\n");
    RawHead head = one.call().head();
    assertThat(head.target()).isEqualTo(path + "?" + query);
    assertThat(head.header("X-All")).isEqualTo(visible + " \t" + visible);
    assertThat(head.header("!#$%&'*+.^_`|~")).isEqualTo("odd");
    assertThat(answer.head().header("X-All")).isEqualTo(visible + " \t" + visible);
  }

  @Test
  void takesHostAndPathFromAnAbsoluteTarget() throws IOException {
    one.reply(Replies.ok("fine"));
    one.exchange("GET http://fn.example:99/t/a/b?c HTTP/1.1\r\nHost: other\r\n\r\n");
    RawHead head = one.call().head();
    assertThat(head.target()).isEqualTo("/t/a/b?c");
    assertThat(head.headers("Host")).containsExactly("fn.example:99");

    one.reply(Replies.ok("fine"));
    one.exchange("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n");
    assertThat(one.call().head().firstLine()).isEqualTo("OPTIONS * HTTP/1.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-1~"})
  void sendsTheMethodAsItCame(String method) throws IOException {
    one.reply(Replies.ok("fine"));
    one.exchange(method + " /v2/x HTTP/1.1\r\nHost: test\r\n\r\n");
    assertThat(one.call().head().firstLine()).isEqualTo(method + " /v2/x HTTP/1.1");
  }

  @Test
  void sendsTheClientsFieldsAndNothingOfItsOwnButWhereTheCallCameFrom() throws IOException {
    one.reply(Replies.ok("fine"));
    one.exchange(
        http(
            """
            GET /t/a/b HTTP/1.1
            Host: fn.example:8080
            Accept-Encoding: gzip, br
            Content-Encoding: gzip
            Cookie: a=b; c=d
            X-Twice: 1
            x-twice: 2
            X-Empty:
            Authorization: Basic YTpi
            Fn-Intent: httprequest
            traceparent: 00-1-2-01
            X-Quoted: "a, b", c\\"

            """));
    RawHead head = one.call().head();
    List<String> fields = new ArrayList<>();
    for (RawHead.Field field : head.fields()) {
      fields.add(field.name().toLowerCase(java.util.Locale.ROOT) + ": " + field.value());
    }
    // How a connection is kept and how no body is framed are the engine's affair.
    fields.remove("connection: keep-alive");
    fields.remove("content-length: 0");
    assertThat(fields)
        .containsExactlyInAnyOrder(
            "host: fn.example:8080",
            "accept-encoding: gzip, br",
            "content-encoding: gzip",
            "cookie: a=b; c=d",
            "x-twice: 1",
            "x-twice: 2",
            "x-empty: ",
            "authorization: Basic YTpi",
            "fn-intent: httprequest",
            "traceparent: 00-1-2-01",
            "x-quoted: \"a, b\", c\\\"",
            "x-forwarded-for: 127.0.0.1");
  }

  @Test
  void keepsAUserAgentWhateverItIsCalled() throws IOException {
    for (String name : List.of("curl/8.5.0", "none", "Helidon 4.5.0")) {
      one.reply(Replies.ok("fine"));
      one.exchange("GET / HTTP/1.1\r\nHost: test\r\nUser-Agent: " + name + "\r\n\r\n");
      assertThat(one.call().head().headers("User-Agent")).containsExactly(name);
    }
  }

  @Test
  void appendsTheClientToXForwardedFor() throws IOException {
    one.reply(Replies.ok("fine"));
    one.exchange(
        http(
            """
            GET / HTTP/1.1
            Host: test
            X-Forwarded-For: 10.0.0.1
            X-Forwarded-For: 10.0.0.2, 10.0.0.3

            """));
    assertThat(one.call().head().headers("X-Forwarded-For"))
        .containsExactly("10.0.0.1, 10.0.0.2, 10.0.0.3, 127.0.0.1");
  }

  @Test
  void spellsAnIpv6ClientInXForwardedForAsGoDoes() throws IOException {
    assumeThat(hasIpv6()).as("a loopback address of IPv6").isTrue();
    try (RudeCluster both = cluster(1, "--listen", ":0");
        RawClient client = RawClient.connect("::1", both.balancer().port())) {
      client.get("/t/a/b");
      assertThat(both.call().head().headers("X-Forwarded-For")).containsExactly("::1");
    }
  }

  private static boolean hasIpv6() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .anyMatch(InetAddress.ofLiteral("::1")::equals);
  }

  @Test
  void keepsFieldsOfOneConnectionFromTheNext() throws IOException {
    String hop =
        http(
            """
            Connection: close, X-Private,  x-other ,,Host
            X-Private: 1
            X-Other: 2
            Keep-Alive: timeout=5
            Proxy-Connection: keep-alive
            TE: trailers
            Proxy-Authenticate: Basic
            Proxy-Authorization: Basic YTpi
            X-Public: 3
            """);
    one.reply(
        Replies.raw(
            "HTTP/1.1 200 OK\r\nXXX-FXLB-WAIT: 12ms\r\nContent-Length: 2\r\n" + hop + "\r\nhi"));
    RawAnswer answer =
        one.exchange(
            "GET /t/a/b HTTP/1.1\r\nHost: test\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
                + hop
                + "\r\n");
    List<String> gone =
        List.of("X-Private", "X-Other", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade");
    for (String name : gone) {
      assertThat(one.call().head().headers(name)).as("to the node: " + name).isEmpty();
      assertThat(answer.head().headers(name)).as("to the client: " + name).isEmpty();
    }
    for (String name : List.of("Proxy-Authenticate", "Proxy-Authorization")) {
      assertThat(one.call().head().headers(name)).isEmpty();
      assertThat(answer.head().headers(name)).isEmpty();
    }
    assertThat(one.call().head().headers("X-Public")).containsExactly("3");
    assertThat(one.call().head().headers("Host")).containsExactly("test");
    assertThat(answer.head().headers("X-Public")).containsExactly("3");
    assertThat(answer.head().headers("XXX-FXLB-WAIT")).isEmpty();
    assertThat(answer.text()).isEqualTo("hi");
  }

  // A function chooses its fields; with one of the balancer's own it could split its answer in two.
  @Test
  void letsNoFieldOfAnAnswerSayWhereTheAnswerEnds() throws IOException {
    for (String framing : List.of("Content-Length: 4", "Transfer-Encoding: chunked")) {
      String body = framing.startsWith("C") ? "fine" : "4\r\nfine\r\n0\r\n\r\n";
      for (String value : List.of("1", "9", "")) {
        one.reply(
            Replies.raw(
                "HTTP/1.1 200 OK\r\nFnLB-Length-Of-No-Body: "
                    + value
                    + "\r\n"
                    + framing
                    + "\r\n\r\n"
                    + body),
            Replies.ok("next"));
        try (RawClient client = one.client()) {
          assertThat(client.get("/t/a/b").text()).isEqualTo("fine");
          assertThat(client.get("/t/a/b").text()).isEqualTo("next");
        }
      }
    }
  }

  // The request's body

  @ParameterizedTest
  @ValueSource(ints = {1, 65_535, 65_536, 65_537, 3_000_000})
  void sendsABodyOfKnownLength(int length) throws IOException {
    String body = bytes(length);
    one.reply(Replies.ok("fine"));
    assertThat(one.exchange(post("/t/a/b", body)).text()).isEqualTo("fine");
    assertThat(one.call().body().text()).isEqualTo(body);
    assertThat(one.call().head().headers("Content-Length")).containsExactly(String.valueOf(length));
    assertThat(one.call().head().headers("Transfer-Encoding")).isEmpty();
  }

  @Test
  void sendsABodyOfUnknownLength() throws IOException {
    String body = bytes(100_000);
    StringBuilder request =
        new StringBuilder("POST /t/a/b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int at = 0, size = 1; at < body.length(); at += size, size = size * 2 + 1) {
      String chunk = body.substring(at, Math.min(at + size, body.length()));
      request.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk);
      request.append("\r\n");
    }
    one.reply(Replies.ok("fine"));
    assertThat(one.exchange(request + "0\r\n\r\n").text()).isEqualTo("fine");
    assertThat(one.call().body().text()).isEqualTo(body);
    assertThat(one.call().head().headers("Transfer-Encoding")).containsExactly("chunked");
    assertThat(one.call().head().headers("Content-Length")).isEmpty();

    one.reply(Replies.ok("fine"));
    assertThat(
            one.exchange("PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                .text())
        .isEqualTo("fine");
    assertThat(one.call().body().text()).isEmpty();
  }

  private static String bytes(int length) {
    StringBuilder body = new StringBuilder(length);
    Random random = new Random(length);
    for (int i = 0; i < length; i++) {
      body.append((char) random.nextInt(256));
    }
    return body.toString();
  }

  @Test
  void sendsWhatThereIsOfAnUploadWhileTheRestIsAwaited() throws IOException {
    for (String framing : List.of("Content-Length: 100000", "Transfer-Encoding: chunked")) {
      boolean chunked = framing.startsWith("T");
      one.reply(Replies.ok("fine"));
      try (RawClient client = one.client()) {
        client.send("POST /t/a/b HTTP/1.1\r\nHost: test\r\n" + framing + "\r\n\r\n");
        client.send(chunked ? "5\r\nfirst\r\n" : "first");
        soon().until(() -> one.arrivals().size() == 1);
        client.send(chunked ? "0\r\n\r\n" : "x".repeat(100_000 - 5));
        assertThat(client.readAnswer().text()).isEqualTo("fine");
        assertThat(one.call().body().text()).startsWith("first").hasSize(chunked ? 5 : 100_000);
      }
    }
  }

  @Test
  void asksForTheBodyOfAClientThatExpectsToBeAsked() throws IOException {
    for (int length : List.of(5, 100_000)) {
      one.reply(Replies.ok("fine"));
      try (RawClient client = one.client()) {
        client.send(
            "POST /t/a/b HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: "
                + length
                + "\r\n\r\n");
        assertThat(client.readHead().firstLine()).isEqualTo("HTTP/1.1 100 Continue");
        assertThat(client.send("x".repeat(length)).readAnswer().text()).isEqualTo("fine");
        assertThat(one.call().body().text()).hasSize(length);
        assertThat(one.call().head().headers("Expect")).isEmpty();
      }
    }
  }

  @Test
  void passesOnAnAnswerThatComesBeforeTheUploadIsOverAndSendsNoMoreOfIt() throws IOException {
    String tooLarge = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";
    for (String framing : List.of("Content-Length: 9000000", "Transfer-Encoding: chunked")) {
      Semaphore answered = new Semaphore(0);
      one.reply(
          (connection, request) -> {
            connection.write(tooLarge);
            answered.release();
            connection.ignore();
            connection.close();
          });
      try (RawClient client = one.client()) {
        client.send("POST /t/a/b HTTP/1.1\r\nHost: test\r\n" + framing + "\r\n\r\n");
        String piece = framing.startsWith("T") ? "5\r\nxxxxx\r\n" : "xxxxx";
        client.send(piece);
        answered.acquireUninterruptibly();
        client.send(piece);
        RawAnswer answer = client.readAnswer();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.text()).isEqualTo("big");
        assertThat(answer.head().headers("Connection")).containsExactly("close");
        assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
      }
      soon().until(() -> one.node(0).openConnections() == 0);
    }
  }

  @Test
  void answers504WhenANodeTakesNoMoreOfAnUpload() throws Exception {
    Semaphore end = new Semaphore(0);
    try (RudeCluster cluster = cluster(1, "--answer-timeout", "300ms");
        RawClient client = cluster.client()) {
      cluster.reply((connection, request) -> connection.await(end));
      client.send("POST /t/a/b HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000\r\n\r\n");
      // More than any system keeps for both connections; the answer ends it long before.
      Thread sending =
          Thread.ofVirtual()
              .start(
                  () -> {
                    String piece = "x".repeat(65_536);
                    try {
                      for (int i = 0; i < 15_000; i++) {
                        client.send(piece);
                      }
                    } catch (IOException | UncheckedIOException e) {
                      // Closed after the answer.
                    }
                  });
      assertThat(client.readAnswer().status()).isEqualTo(504);
      end.release();
      client.close();
      assertThat(sending.join(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void neverCompletesAnUploadThatItsClientBrokeOff() throws IOException {
    for (String framing : List.of("Content-Length: 90000", "Transfer-Encoding: chunked")) {
      Semaphore ended = new Semaphore(0);
      one.reply(
          (connection, request) -> {
            RawBody unused = connection.readBody(request);
            ended.release();
            connection.close();
          });
      try (RawClient client = one.client()) {
        client.send("POST /t/a/b HTTP/1.1\r\nHost: test\r\n" + framing + "\r\n\r\n");
        client.send(framing.startsWith("T") ? "5\r\nxxxxx\r\n" : "xxxxx");
        soon().until(() -> one.arrivals().size() == 1);
      }
      ended.acquireUninterruptibly();
      assertThat(one.call().body().text()).isEqualTo("xxxxx");
      assertThat(one.call().body().complete()).isFalse();
      one.awaitQuiet();
      soon().until(() -> one.node(0).openConnections() == 0);
    }
  }

  // The answer

  @Test
  void passesAnAnswerOn() throws IOException {
    one.reply(
        Replies.raw(
            http(
                    """
                    HTTP/1.1 302 Over there
                    Location: http://node/x
                    Set-Cookie: a=1; Path=/
                    Set-Cookie: b=2, c
                    Date: Mon, 23 Nov 2026 10:00:00 GMT
                    Content-Encoding: gzip
                    X-Empty:
                    Server: fn
                    Content-Length: 3

                    """)
                + "\u0000\u00ff\n"));
    RawAnswer answer = one.exchange(get("/t/a/b"));
    assertThat(answer.head().firstLine()).isEqualTo("HTTP/1.1 302 Over there");
    assertThat(answer.text()).isEqualTo("\u0000\u00ff\n");
    List<String> fields = new ArrayList<>();
    answer.head().fields().forEach(field -> fields.add(field.name() + ": " + field.value()));
    assertThat(fields)
        .containsExactlyInAnyOrder(
            "Location: http://node/x",
            "Set-Cookie: a=1; Path=/",
            "Set-Cookie: b=2, c",
            "Date: Mon, 23 Nov 2026 10:00:00 GMT",
            "Content-Encoding: gzip",
            "X-Empty: ",
            "Server: fn",
            "Content-Length: 3");
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 299, 300, 404, 418, 429, 500, 503, 599})
  void passesEveryFinalStatusOn(int status) throws IOException {
    one.reply(Replies.raw("HTTP/1.1 " + status + " Whatever\r\nContent-Length: 2\r\n\r\nhi"));
    RawAnswer answer = one.exchange(get("/t/a/b"));
    assertThat(answer.head().firstLine()).isEqualTo("HTTP/1.1 " + status + " Whatever");
    assertThat(answer.text()).isEqualTo("hi");
    assertThat(one.arrivals()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "HEAD, 200 OK, Content-Length: 1234, 1234",
    "HEAD, 200 OK, Transfer-Encoding: chunked,",
    "HEAD, 200 OK, X-None: 1,",
    "HEAD, 404 Not Found, Content-Length: 0, 0",
    "HEAD, 503 Unavailable, Content-Length: 40, 40",
    "HEAD, 204 No Content, X-None: 1,",
    "GET, 204 No Content, X-None: 1,",
    "GET, 204 No Content, Content-Length: 0,",
    "GET, 304 Not Modified, X-None: 1,",
    "GET, 304 Not Modified, Content-Length: 77,",
    "HEAD, 304 Not Modified, Content-Length: 77,",
    "GET, 205 Reset Content, Content-Length: 0, 0",
    "HEAD, 205 Reset Content, Content-Length: 5, 0",
    "POST, 204 No Content, X-None: 1,",
  })
  void passesAnAnswerWithoutABodyOn(String method, String status, String field, String length)
      throws IOException {
    one.reply(Replies.raw("HTTP/1.1 " + status + "\r\n" + field + "\r\n\r\n"), Replies.ok("next"));
    try (RawClient client = one.client()) {
      RawAnswer answer = client.exchange(method + " /t/a/b HTTP/1.1\r\nHost: test\r\n\r\n");
      assertThat(answer.head().firstLine()).isEqualTo("HTTP/1.1 " + status);
      assertThat(answer.head().header("Content-Length")).isEqualTo(length);
      assertThat(answer.head().headers("Transfer-Encoding")).isEmpty();
      assertThat(answer.text()).isEmpty();
      // Not a byte too many was sent, and none read too few.
      assertThat(client.get("/t/a/b").text()).isEqualTo("next");
    }
    assertThat(connections()).isEqualTo(1);
  }

  @Test
  void dropsTheBodyOfA205WhichHasNone() throws IOException {
    one.reply(
        Replies.raw("HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello"),
        Replies.raw(
            "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        Replies.ok("next"));
    try (RawClient client = one.client()) {
      for (int i = 0; i < 2; i++) {
        RawAnswer answer = client.get("/t/a/b");
        assertThat(answer.head().firstLine()).isEqualTo("HTTP/1.1 205 Reset Content");
        assertThat(answer.head().header("Content-Length")).isEqualTo("0");
      }
      assertThat(client.get("/t/a/b").text()).isEqualTo("next");
    }
    assertThat(connections()).isEqualTo(1);
  }

  /** On how many connections of the first node the calls came. */
  private long connections() {
    return one.arrivals().stream().map(a -> a.request().connection()).distinct().count();
  }

  @Test
  void passesOnABodyHoweverItIsFramed() throws IOException {
    one.reply(
        Replies.chunked("one", "two", "x".repeat(100_000)),
        Replies.withChunkExtensions("extended"),
        Replies.raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2 \r\nhi\r\n00\r\nX: y\r\n\r\n"),
        Replies.raw("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        Replies.ok("next"),
        Replies.untilClose("until the end"),
        Replies.rawThenClose("HTTP/1.0 200 OK\r\n\r\nold"));
    try (RawClient client = one.client()) {
      assertThat(client.get("/t/a/b").text()).isEqualTo("onetwo" + "x".repeat(100_000));
      assertThat(client.get("/t/a/b").text()).isEqualTo("extended");
      assertThat(client.get("/t/a/b").text()).isEqualTo("hi");
      assertThat(client.get("/t/a/b").text()).isEqualTo("hi");
      assertThat(client.get("/t/a/b").text()).isEqualTo("next");
      assertThat(connections()).isEqualTo(1);
      assertThat(client.get("/t/a/b").text()).isEqualTo("until the end");
      assertThat(client.get("/t/a/b").text()).isEqualTo("old");
      assertThat(connections()).isEqualTo(2);
    }
  }

  @Test
  void passesOnWhatANodeSendsWhenItSendsIt() throws IOException {
    Semaphore signal = new Semaphore(0);
    Reply halfAChunk =
        (connection, request) -> {
          connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\none");
          connection.await(signal);
          connection.write("two\r\n0\r\n\r\n");
        };
    Reply untilClose =
        (connection, request) -> {
          connection.write("HTTP/1.1 200 OK\r\n\r\none");
          connection.await(signal);
          connection.write("two");
          connection.close();
        };
    Reply after = Replies.dribbledLength(signal, "one", "two");
    Reply chunks = Replies.dribbled(signal, "one", "two");
    for (Reply reply : List.of(chunks, halfAChunk, untilClose, after)) {
      signal.drainPermits();
      one.reply(reply);
      try (RawClient client = one.client()) {
        client.send(get("/t/a/b"));
        // A head that announces a length does not wait for the body; one without does.
        if (reply == chunks) {
          signal.release();
        }
        RawHead head = client.readHead();
        if (reply == after) {
          signal.release();
        }
        boolean chunked = head.header("Transfer-Encoding") != null;
        client.expect(chunked ? "3\r\none\r\n" : "one");
        signal.release(2);
        client.expect(chunked ? "3\r\ntwo\r\n0\r\n\r\n" : "two");
      }
    }
  }

  @Test
  void readsAnAnswersHeadHoweverSlowlyItComes() throws IOException {
    Semaphore signal = new Semaphore(0);
    one.reply(Replies.slowHead(signal, "slow"));
    try (RawClient client = one.client()) {
      client.send(get("/t/a/b"));
      soon().until(() -> one.arrivals().size() == 1);
      signal.release();
      assertThat(client.readAnswer().text()).isEqualTo("slow");
    }
  }

  @Test
  void cutsTheClientsConnectionWhenANodeCutsItsAnswer() throws IOException {
    List<Reply> cuts =
        List.of(
            Replies.truncated(10, "only"),
            Replies.truncatedChunks("only"),
            Replies.brokenChunk("only"),
            Replies.rawThenClose(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\nnonsense\r\n"),
            Replies.rawThenClose(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly!\r\n0\r\n\r\n"));
    for (Reply cut : cuts) {
      one.reply(cut);
      try (RawClient client = one.client()) {
        // Where nothing has been written yet, the head is missing as well.
        String got = client.send(get("/t/a/b")).readToEnd();
        if (!got.isEmpty()) {
          assertThat(got)
              .startsWith("HTTP/1.1 200 OK\r\n")
              .contains("only")
              .doesNotEndWith("0\r\n\r\n");
        }
      }
      assertThat(one.arrivals()).hasSize(1);
    }
  }

  @Test
  void closesTheConnectionToTheNodeWhenTheClientLeavesWhileItIsAnswered() throws IOException {
    Semaphore signal = new Semaphore(0);
    String[] pieces = new String[1000];
    java.util.Arrays.fill(pieces, "x".repeat(10_000));
    one.reply(Replies.dribbled(signal, pieces));
    try (RawClient client = one.client()) {
      client.send(get("/t/a/b"));
      signal.release();
      assertThat(client.readHead().status()).isEqualTo(200);
      client.reset();
    }
    signal.release(2000);
    soon().until(() -> one.node(0).openConnections() == 0);
    one.awaitQuiet();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nX: a\nY: b\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        "HTTP/1.1 200 O\nX: y\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 O\n\nHTTP/1.1 200 K\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 O\u0000K\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 xyz OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "ICY 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "\r\n\r\n",
        "\u0000\u0001SMTP ready?\r\n\r\n",
      })
  void refusesAnAnswerThatCannotBeUnderstoodAndClosesItsConnection(String reply)
      throws IOException {
    one.reply(Replies.raw(reply), Replies.ok("next"));
    try (RawClient client = one.client()) {
      RawAnswer answer = client.exchange(post("/t/a/b", "x"));
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).isEqualTo("{\"msg\":\"the node gave no valid answer\"}\n");
      assertThat(client.get("/t/a/b").text()).isEqualTo("next");
    }
    assertThat(connections()).isEqualTo(2);
    assertThat(one.arrivals()).hasSize(2);
  }

  @Test
  void neverGivesACallTheAnswerOfAnother() throws IOException {
    for (Reply reply :
        List.of(
            Replies.afterInterim("wrong", 103),
            Replies.afterInterim("wrong", 100),
            Replies.afterInterim("wrong", 102, 103),
            Replies.withTrailer("wrong", "X-Trailer", "1"),
            Replies.raw(
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\n"
                    + "Content-Length: 5\r\n\r\nwrong"),
            Replies.raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nwrong"),
            Replies.raw("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nwrong"))) {
      one.reply(reply, Replies.ok("right"));
      try (RawClient client = one.client()) {
        RawAnswer first = client.get("/t/a/b");
        assertThat(first.status()).isIn(200, 204, 304, 502);
        assertThat(client.get("/t/a/b").text()).isEqualTo("right");
      }
      assertThat(connections()).isEqualTo(2);
    }
  }

  @Test
  void boundsAnAnswersHead() throws IOException {
    try (RudeCluster small = cluster(1, "--max-answer-head", "2KiB")) {
      String field = "X: " + "x".repeat(1500) + "\r\n";
      String rest = "Content-Length: 2\r\n\r\nhi";
      small.reply(
          Replies.raw("HTTP/1.1 200 OK\r\n" + field + rest),
          Replies.raw("HTTP/1.1 200 OK\r\n" + field + "Y" + field + rest),
          Replies.raw("HTTP/1.1 200 " + "x".repeat(10_000) + "\r\n" + rest));
      assertThat(small.exchange(get("/t/a/b")).text()).isEqualTo("hi");
      assertThat(small.exchange(get("/t/a/b")).status()).isEqualTo(502);
      assertThat(small.exchange(get("/t/a/b")).status()).isEqualTo(502);
    }
  }

  // Connections

  @Test
  void answersRequestsSentWithoutWaitingInTheirOrder() throws IOException {
    one.reply(Replies.ok("1"), Replies.chunked("2"), Replies.ok("3"), Replies.ok("4"));
    try (RawClient client = one.client()) {
      client.send(get("/a") + post("/b", "body") + get("/c") + get("/d"));
      for (int i = 1; i <= 4; i++) {
        assertThat(client.readAnswer().text()).isEqualTo(String.valueOf(i));
      }
    }
    assertThat(one.arrivals().stream().map(a -> a.request().head().target()))
        .containsExactly("/a", "/b", "/c", "/d");
    assertThat(connections()).isEqualTo(1);
  }

  @Test
  void closesAConnectionWhenItsClientOrItsNodeSaysSo() throws IOException {
    one.reply(
        Replies.raw("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nhi"),
        Replies.ok("next"));
    try (RawClient client = one.client()) {
      RawAnswer answer = client.get("/t/a/b");
      assertThat(answer.text()).isEqualTo("hi");
      assertThat(answer.head().headers("Connection")).isEmpty();
      answer = client.exchange("GET / HTTP/1.1\r\nHost: test\r\nConnection: x, Close\r\n\r\n");
      assertThat(answer.head().headers("Connection")).containsExactly("close");
      assertThat(answer.text()).isEqualTo("next");
      assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
    }
    assertThat(connections()).isEqualTo(2);
  }

  // It is about to close the connection, and a POST that crosses that would be lost.
  @Test
  void usesNoConnectionAgainOfANodeThatSpeaksAnOldVersion() throws IOException {
    String rest = " 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    one.reply(
        Replies.raw("HTTP/1.0" + rest),
        (connection, request) -> {
          connection.write("HTTP/1.");
          connection.write("0" + rest);
        },
        Replies.ok("next"));
    assertThat(one.exchange(get("/t/a/b")).text()).isEqualTo("hi");
    assertThat(one.exchange(get("/t/a/b")).text()).isEqualTo("hi");
    assertThat(one.exchange(get("/t/a/b")).text()).isEqualTo("next");
    assertThat(connections()).isEqualTo(3);
    assertThat(one.exchange(get("/t/a/b")).text()).isEqualTo("next");
    assertThat(connections()).isEqualTo(3);
  }

  @Test
  void losesNoCallWhenANodeClosesIdleConnections() throws IOException {
    Random random = new Random(7);
    AtomicInteger closings = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Reply polite = Replies.ok("fine");
    one.reply(
        (connection, request) -> {
          polite.answer(connection, request);
          int dice = random.nextInt(3);
          if (dice == 0) {
            connection.close();
          } else if (dice == 1) {
            connection.reset();
          }
          if (dice < 2) {
            closings.incrementAndGet();
          }
          done.incrementAndGet();
        });
    try (RawClient client = one.client()) {
      for (int i = 0; i < 300; i++) {
        // As after any pause: what the node did to its idle connection has arrived.
        int answered = i;
        soon().until(() -> done.get() == answered);
        RawAnswer answer = client.exchange(i % 2 == 0 ? post("/t/a/b", "x") : get("/t/a/b"));
        assertThat(answer.text()).isEqualTo("fine");
      }
    }
    assertThat(one.arrivals()).hasSize(300);
    assertThat(closings.get()).isGreaterThan(100);
  }

  // What may be tried again

  private static final Reply FINE = Replies.ok("fine");

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS"})
  void sendsASafeCallToAnotherNodeWhenTheFirstBreaks(String method) throws IOException {
    for (Reply broken :
        List.of(
            Replies.closeAfterHead(),
            Replies.resetAfterHead(),
            Replies.rawThenClose("HTTP/1.1 200 OK\r\nConte"))) {
      // Nodes of its own: on a connection used before, the same node would be tried once more.
      try (RudeCluster two = cluster(2)) {
        two.reply(broken, FINE);
        RawAnswer answer = two.exchange(method + " /t/a/b HTTP/1.1\r\nHost: test\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(two.nodesCalled()).containsExactlyInAnyOrder(0, 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "PUT", "DELETE", "PROPFIND"})
  void neverSendsACallTwiceThatMayHaveRun(String method) throws IOException {
    try (RudeCluster two = cluster(2)) {
      for (Reply broken : List.of(Replies.closeAfterHead(), Replies.resetAfterHead())) {
        two.reply(broken, FINE);
        RawAnswer answer = two.exchange(method + " /t/a/b HTTP/1.1\r\nHost: test\r\n\r\n");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text())
            .isEqualTo("{\"msg\":\"the node closed the connection; the call may have run\"}\n");
        assertThat(two.arrivals()).hasSize(1);
      }
    }
  }

  @Test
  void sendsNoCallTwiceWhenItIsToldSo() throws IOException {
    try (RudeCluster two = cluster(2, "--retry-sent", "none")) {
      two.reply(Replies.closeAfterHead(), FINE);
      assertThat(two.exchange(get("/t/a/b")).status()).isEqualTo(502);
      assertThat(two.arrivals()).hasSize(1);
    }
  }

  @Test
  void sendsAWholeReplayableBodyAgainAndNoLongerOne() throws IOException {
    try (RudeCluster two = cluster(2)) {
      for (Reply nothingRan : List.of(Replies.tooBusy(), CANNOT_BE_ALLOCATED)) {
        String body = bytes(65_536);
        two.reply(nothingRan, FINE);
        assertThat(two.exchange(post("/t/a/b", body)).text()).isEqualTo("fine");
        assertThat(two.nodesCalled()).containsExactlyInAnyOrder(0, 1);
        assertThat(two.arrivals()).allMatch(a -> a.request().body().text().equals(body));

        two.reply(nothingRan, FINE);
        RawAnswer answer = two.exchange(post("/t/a/b", body + "!"));
        assertThat(answer.status()).isIn(503, 400);
        assertThat(answer.text()).startsWith("{\"message\":");
        assertThat(two.arrivals()).hasSize(1);
      }
    }
  }

  private static final Reply CANNOT_BE_ALLOCATED =
      Replies.raw(
          http(
              """
              HTTP/1.1 400 Bad Request
              Content-Type: application/json; charset=utf-8
              Content-Length: 54

              {"message":"Requested CPU/Memory cannot be allocated"}"""));

  @Test
  void passesTheLastRefusalOnWhenEveryNodeIsBusy() throws IOException {
    try (RudeCluster three = cluster(3)) {
      three.reply(Replies.tooBusy());
      RawAnswer answer = three.exchange(post("/t/a/b", "x"));
      assertThat(answer.head().firstLine()).isEqualTo("HTTP/1.1 503 Service Unavailable");
      assertThat(answer.head().header("Retry-After")).isEqualTo("15");
      assertThat(answer.head().header("Fn-Call-Id")).isEqualTo("01D7M8KVR41BT061G0A0000002");
      assertThat(answer.text()).isEqualTo("{\"message\":\"Timed out - server too busy\"}\n");
      assertThat(three.nodesCalled()).containsExactlyInAnyOrder(0, 1, 2);
      // A node that is busy is nobody's fault, but an answer that another one lost may have run.
      three.reply(Replies.tooBusy(), Replies.closeAfterHead(), FINE);
      assertThat(three.exchange(post("/t/a/b", "x")).status()).isEqualTo(502);
      assertThat(three.arrivals()).hasSize(2);
    }
  }

  @Test
  void takesAFunctionsOwn503And400ForAnswers() throws IOException {
    try (RudeCluster two = cluster(2)) {
      String busy = "{\"message\":\"Timed out - server too busy\"}\n";
      for (String reply :
          List.of(
              "503 Mine\r\nContent-Length: 4\r\n\r\nbusy",
              "503 Mine\r\nContent-Length: " + busy.length() + "\r\n\r\n" + busy,
              "503 Mine\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
              "503 Mine\r\nRetry-After: 1\r\nContent-Length: 2000\r\n\r\n" + "x".repeat(2000),
              "400 Mine\r\nContent-Length: 18\r\n\r\n{\"message\":\"mine\"}",
              "502 Mine\r\nContent-Length: 2\r\n\r\n{}",
              "504 Mine\r\nContent-Length: 2\r\n\r\n[]")) {
        two.reply(Replies.raw("HTTP/1.1 " + reply), FINE);
        RawAnswer answer = two.exchange(get("/t/a/b"));
        assertThat(answer.head().firstLine()).endsWith("Mine");
        assertThat(answer.text()).isEqualTo(reply.substring(reply.indexOf("\r\n\r\n") + 4));
        assertThat(two.arrivals()).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 4, 1", "2, 4, 2", "3, 4, 3", "3, 2, 2", "100, 4, 4"})
  void triesAsManyNodesAsItMayAndNoneTwice(int maxAttempts, int nodes, int tried)
      throws IOException {
    try (RudeCluster cluster = cluster(nodes, "--max-attempts", String.valueOf(maxAttempts))) {
      for (String path : List.of("/t/a/b", "/v2/apps")) {
        cluster.reply(Replies.closeAfterHead());
        assertThat(cluster.exchange(get(path)).status()).isEqualTo(502);
        assertThat(cluster.nodesCalled()).hasSize(tried).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void goesToAnotherNodeWhenOneCannotBeConnectedTo() throws IOException {
    try (RudeCluster two = cluster(2)) {
      two.node(0).refuse();
      for (int i = 0; i < 6; i++) {
        two.reply(FINE);
        String body = "x".repeat(100_000);
        assertThat(two.exchange(post("/t/a/" + i, body)).text()).isEqualTo("fine");
        assertThat(two.nodesCalled()).containsExactly(1);
        assertThat(two.call().body().text()).hasSize(100_000);
      }
      two.node(1).refuse();
      two.node(1).closeConnections();
      RawAnswer answer = two.exchange(post("/t/a/b", "x"));
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).isEqualTo("{\"msg\":\"no node could be connected to\"}\n");
      assertThat(answer.head().header("Retry-After")).isEqualTo("1");
      two.node(0).accept();
      two.reply(FINE);
      assertThat(two.exchange(post("/t/a/b", "x")).text()).isEqualTo("fine");
    }
  }

  @Test
  void answers504WhenNodesKeepSilent() throws IOException {
    try (RudeCluster two = cluster(2, "--answer-timeout", "100ms")) {
      two.reply(Replies.never());
      RawAnswer answer = two.exchange(post("/t/a/b", "x"));
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.text()).isEqualTo("{\"msg\":\"the node did not answer in time\"}\n");
      assertThat(two.arrivals()).hasSize(1);
      two.reply(Replies.never(), FINE);
      assertThat(two.exchange(get("/t/a/b")).text()).isEqualTo("fine");
      assertThat(two.arrivals()).hasSize(2);
      two.reply(
          (connection, request) -> {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
            connection.ignore();
          });
      assertThat(two.exchange(get("/t/a/b")).body().complete()).isFalse();
      // All that is left is the idle one, on which the second call was answered.
      soon().until(() -> two.node(0).openConnections() + two.node(1).openConnections() <= 1);
    }
  }

  // Limits of the pool

  @Test
  void keepsWithinItsConnectionsToANode() throws Exception {
    try (RudeCluster narrow =
        cluster(
            1,
            "--node-max-connections",
            "2",
            "--node-max-idle",
            "1",
            "--node-connection-wait",
            "50ms")) {
      Semaphore signal = new Semaphore(0);
      narrow.reply(
          (connection, request) -> {
            connection.await(signal);
            FINE.answer(connection, request);
          });
      RawClient[] clients = {narrow.client(), narrow.client(), narrow.client()};
      clients[0].send(get("/t/a/b"));
      clients[1].send(get("/t/a/b"));
      soon().until(() -> narrow.arrivals().size() == 2);
      RawAnswer answer = clients[2].get("/t/a/b");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text())
          .isEqualTo("{\"msg\":\"every connection to the nodes is in use\"}\n");
      assertThat(answer.head().header("Retry-After")).isEqualTo("1");
      signal.release(100);
      assertThat(clients[0].readAnswer().text()).isEqualTo("fine");
      assertThat(clients[1].readAnswer().text()).isEqualTo("fine");
      assertThat(clients[2].get("/t/a/b").text()).isEqualTo("fine");
      soon().until(() -> narrow.node(0).openConnections() == 1);
    }
  }

  @Test
  void waitsForAConnectionThatComesFree() throws Exception {
    try (RudeCluster narrow =
        cluster(1, "--node-max-connections", "1", "--node-connection-wait", "10s")) {
      Semaphore signal = new Semaphore(0);
      narrow.reply(
          (connection, request) -> {
            connection.await(signal);
            FINE.answer(connection, request);
          });
      RawClient first = narrow.client().send(get("/t/a/b"));
      soon().until(() -> narrow.arrivals().size() == 1);
      RawClient second = narrow.client().send(get("/t/a/b"));
      soon().until(() -> narrow.balancer().activeCalls() == 2);
      signal.release(2);
      assertThat(first.readAnswer().text()).isEqualTo("fine");
      assertThat(second.readAnswer().text()).isEqualTo("fine");
      assertThat(narrow.arrivals().stream().map(a -> a.request().connection()).distinct())
          .hasSize(1);
    }
  }
}
