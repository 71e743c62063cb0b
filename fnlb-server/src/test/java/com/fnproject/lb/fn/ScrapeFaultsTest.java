package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawBody;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawRequest;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeConnection;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Calls through a balancer whose nodes serve them well and misbehave when their metrics are read.
 */
@Timeout(120)
class ScrapeFaultsTest {

  private static final String PAGE =
      """
      # TYPE fn_container_idle_total counter
      fn_container_idle_total{app_id="a",fn_id="f",image_name="x"} 3
      """;

  private final AtomicReference<Reply> metrics = new AtomicReference<>(Replies.ok(PAGE));
  private final AtomicInteger readings = new AtomicInteger();
  private final AtomicInteger calls = new AtomicInteger();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<RudeNode> nodes = new ArrayList<>();
  private final List<Thread> clients = new ArrayList<>();
  private FnLoadBalancer balancer;
  private volatile boolean ending;

  @BeforeEach
  void start() {
    for (int i = 0; i < 2; i++) {
      nodes.add(RudeNode.start(RudeNode.perRequest(this::answer)));
    }
    balancer =
        FnLoadBalancer.start(
            "--listen=127.0.0.1:0",
            "--scrape-min-interval=10ms",
            "--scrape-max-interval=20ms",
            "--nodes=" + nodes.get(0).name() + "," + nodes.get(1).name());
    awaitHot("3.0");
    for (int i = 0; i < 4; i++) {
      clients.add(Thread.ofVirtual().name("client-" + i).start(this::call));
    }
  }

  private void answer(RudeConnection connection, RawRequest request) throws IOException {
    switch (request.head().target()) {
      case "/version" ->
          Replies.ok("application/json", "{\"version\":\"0.3.753\"}").answer(connection, request);
      case "/metrics" -> {
        readings.incrementAndGet();
        metrics.get().answer(connection, request);
      }
      default -> Replies.ok("fine").answer(connection, request);
    }
  }

  private void call() {
    try (RawClient client = RawClient.connect(balancer.port())) {
      while (!ending) {
        RawAnswer answer =
            client.exchange("POST /invoke/f HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
        calls.incrementAndGet();
        if (answer.status() != 200 || !answer.text().equals("fine")) {
          failures.add(answer.status() + " " + answer.text());
        }
      }
    } catch (IOException e) {
      failures.add(e.toString());
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    ending = true;
    for (Thread client : clients) {
      client.join();
    }
    balancer.stop();
    nodes.forEach(RudeNode::close);
  }

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(10)).atMost(Duration.ofSeconds(30));
  }

  private void awaitHot(String value) {
    soon()
        .untilAsserted(
            () -> {
              try (RawClient client = RawClient.connect(balancer.adminPort())) {
                assertThat(client.get("/observe/metrics").text().lines())
                    .filteredOn(line -> line.startsWith("fnlb_node_hot{"))
                    .hasSize(2)
                    .allMatch(line -> line.endsWith(" " + value));
              }
            });
  }

  /** 50 MB of series that nobody asked for, in chunks. */
  private static Reply otherSeries() {
    String line =
        "fn_container_idle_duration_seconds_bucket{app_id=\"a\",fn_id=\"f\",le=\"1\"} 3\n";
    String lines = line.repeat(50_000 / line.length());
    byte[] chunk =
        (Integer.toHexString(lines.length()) + "\r\n" + lines + "\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] end =
        (Integer.toHexString(PAGE.length()) + "\r\n" + PAGE + "\r\n0\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 1000; i++) {
        connection.write(chunk);
      }
      connection.write(end);
    };
  }

  @Test
  void noCallIsTouchedByWhateverBecomesOfReadings() {
    Map<Reply, String> faults =
        Map.of(
            Replies.raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "-1.0",
            Replies.resetAfterHead(), "-1.0",
            Replies.garbage(), "-1.0",
            Replies.ok("fn_container_idle_total{{{\u0000\n".repeat(10_000)), "-1.0",
            otherSeries(), "3.0");
    faults.forEach(
        (fault, hot) -> {
          metrics.set(fault);
          int callsBefore = calls.get();
          int readingsBefore = readings.get();
          soon()
              .until(() -> readings.get() >= readingsBefore + 6 && calls.get() > callsBefore + 200);
          awaitHot(hot);
          metrics.set(Replies.ok(PAGE));
          awaitHot("3.0");
        });
    metrics.set(Replies.never());
    int callsBefore = calls.get();
    int readingsBefore = readings.get();
    soon().until(() -> readings.get() >= readingsBefore + 2 && calls.get() > callsBefore + 500);
    assertThat(failures).isEmpty();
  }
}
