package com.fnproject.lb.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.lab.Board.State;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A whole demo in this process. */
class DemoTest {
  private static final Pattern CURL =
      Pattern.compile(" curl -sSL( -X (\\w+))?( -d '(.*)')? ([^ ]+)");

  /** Sees every board, ten a second. */
  private static final class Witness implements Display {
    volatile List<String> introduction = List.of();
    volatile Board board = new Board("", List.of(), List.of(), List.of());
    volatile boolean closed;
    volatile boolean gone;

    @Override
    public Duration period() {
      return Duration.ofMillis(100);
    }

    @Override
    public void open(List<String> lines) {
      introduction = lines;
    }

    @Override
    public boolean show(Board now) {
      board = now;
      return !gone;
    }

    @Override
    public void close() {
      closed = true;
    }

    List<State> states() {
      return board.nodes().stream().map(Board.Node::state).toList();
    }

    long errors() {
      return board.functions().stream().mapToLong(Board.Function::errors).sum();
    }
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final Witness witness = new Witness();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @AfterEach
  void close() {
    stop.countDown();
    client.close();
  }

  @Test
  void showsWhereFunctionsAreHotAndFollowsTheCurlLinesThatItPrints() throws Exception {
    CompletableFuture<Integer> code = start("--listen", "127.0.0.1:0", "--nodes", "2");
    eventually().until(() -> !witness.introduction.isEmpty());
    List<String> curl = witness.introduction.subList(1, 6);
    eventually()
        .untilAsserted(
            () -> {
              assertThat(witness.states()).containsExactly(State.ONLINE, State.ONLINE, State.SPARE);
              assertThat(witness.board.functions())
                  .allSatisfy(function -> assertThat(function.coldStarts()).isPositive());
              assertThat(witness.board.nodes())
                  .anySatisfy(node -> assertThat(node.cells().getFirst().hot()).isPositive());
            });
    assertThat(witness.errors()).isZero();

    assertThat(follow(curl.get(0))).isEqualTo("PUT 200 {\"msg\":\"node added\"}\n");
    assertThat(follow(curl.get(1))).isEqualTo("DELETE 200 {\"msg\":\"node deleted\"}\n");
    assertThat(follow(curl.get(2))).startsWith("GET 200 {\"nodes\":{");
    assertThat(follow(curl.get(3))).isEqualTo("GET 200 {\"message\":\"Hello World\"}\n");
    assertThat(follow(curl.get(4))).isEqualTo("POST 200 {\"message\":\"Hello World\"}\n");
    eventually()
        .untilAsserted(
            () -> {
              assertThat(witness.states())
                  .containsExactly(State.REMOVED, State.ONLINE, State.ONLINE);
              assertThat(witness.board.nodes().getLast().cells())
                  .anySatisfy(cell -> assertThat(cell.callsPerSecond()).isPositive());
            });

    List<String> names = witness.board.nodes().stream().map(Board.Node::name).toList();
    String put = curl.get(0);
    follow(put.replace(names.getLast(), "127.0.0.1:1"));
    eventually().until(() -> witness.states().getLast() == State.OFFLINE);
    assertThat(witness.board.nodes().getLast().name()).isEqualTo("127.0.0.1:1");
    follow(put.replace("PUT", "DELETE").replace(names.getLast(), "127.0.0.1:1"));
    follow(put.replace("PUT", "DELETE").replace(names.getLast(), names.get(1)));
    follow(put.replace("PUT", "DELETE"));
    eventually().until(() -> witness.errors() > 0);
    eventually()
        .untilAsserted(
            () -> {
              assertThat(witness.states()).containsOnly(State.REMOVED).hasSize(3);
              assertThat(witness.board.remarks().getFirst())
                  .isEqualTo("No node in the balancer is online: calls are answered with 503.");
              assertThat(witness.board.remarks().get(1))
                  .matches("Errors since the start: 503: [0-9]+");
            });
    follow(put);
    eventually()
        .untilAsserted(
            () -> {
              assertThat(witness.states())
                  .containsExactly(State.REMOVED, State.REMOVED, State.ONLINE);
              assertThat(witness.board.remarks()).noneMatch(line -> line.startsWith("No node"));
            });

    assertThat(code).isNotDone();
    stop.countDown();
    assertThat(code).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(0);
    assertThat(witness.closed).isTrue();
    assertThat(text(err)).isEmpty();
    assertThat(text(out).lines().toList().getLast())
        .matches(
            "[1-9][0-9]* calls in [0-9]+ s, [1-9][0-9]* errors \\(503: [0-9]+\\),"
                + " (.* not sent in time, )?[1-9][0-9]* cold starts");
  }

  @Test
  void endsWhenNobodySeesItAnyMore() {
    witness.gone = true;
    CompletableFuture<Integer> code = start("--listen=127.0.0.1:0", "--rate=1");
    assertThat(code).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Main.FAILED);
  }

  @Test
  void saysInOneLineThatItsPortIsInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      CompletableFuture<Integer> code = start("--listen", address);
      assertThat(code).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Main.FAILED);
      assertThat(text(err))
          .isEqualTo("fnlb: cannot start: --listen " + address + ": Address already in use\n");
      assertThat(text(out)).isEmpty();
    }
  }

  @Test
  void refusesWhatTheBalancerRefuses() {
    CompletableFuture<Integer> listen = start("--listen", "nowhere");
    assertThat(listen).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Main.MISUSE);
    assertThat(text(err))
        .startsWith("fnlb: flag --listen: 'nowhere' (expected: :port, host:port or ")
        .endsWith("\nfnlb: see fnlb demo --help\n");
    err.reset();
    CompletableFuture<Integer> router = start("--listen", "127.0.0.1:0", "--router", "none");
    assertThat(router).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Main.MISUSE);
    assertThat(text(err)).startsWith("fnlb: key 'router': 'none' (expected: one of bounded-load,");
  }

  private static ConditionFactory eventually() {
    return Awaitility.await().atMost(Duration.ofSeconds(30));
  }

  private CompletableFuture<Integer> start(String... args) {
    CompletableFuture<Integer> code = new CompletableFuture<>();
    Thread unused =
        Thread.ofVirtual()
            .name("demo")
            .start(
                () -> {
                  try {
                    code.complete(
                        new Demo(DemoFlags.parse(args), witness, print(out), print(err), stop)
                            .run());
                  } catch (Throwable e) {
                    code.completeExceptionally(e);
                  }
                });
    return code;
  }

  /** Does what a printed line says; answers method, status and body. */
  private String follow(String line) throws IOException, InterruptedException {
    Matcher curl = CURL.matcher(line);
    assertThat(curl.matches()).as(line).isTrue();
    String method = curl.group(2) == null ? "GET" : curl.group(2);
    String body = curl.group(4) == null ? "" : curl.group(4);
    var answer =
        client.send(
            HttpRequest.newBuilder(URI.create("http://" + curl.group(5)))
                .method(method, BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    return method + " " + answer.statusCode() + " " + answer.body();
  }

  private static PrintStream print(ByteArrayOutputStream into) {
    return new PrintStream(into, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream from) {
    return from.toString(StandardCharsets.UTF_8);
  }
}
