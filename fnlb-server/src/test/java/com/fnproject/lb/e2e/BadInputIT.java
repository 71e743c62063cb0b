package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.json;
import static com.fnproject.lb.e2e.RunningBalancer.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.SampleFunction;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Nonsense on the traffic's and the operators' side while calls are served. */
class BadInputIT {

  private static final int HEADS = 500;
  private static final int BODIES = 500;
  private static final int CLIENTS = 4;

  private static final String[] TARGETS = {
    "/t/app/f",
    "/",
    "",
    "/1/lb/nodes",
    "/1/lb/%zz",
    "*",
    "fn:80",
    "http://",
    "http://a/b",
    "//",
    "/%",
    "/%00",
    "/a#b",
    "/\u00ff",
    "/a b",
    "/../..",
    "?",
    "x"
  };
  private static final String[] PIECES = {
    "GET",
    " ",
    "\r\n",
    "\n",
    "\r",
    "HTTP/1.1",
    "HTTP/1.0",
    "Host: a",
    "Host",
    ":",
    "\0",
    "\t",
    "\u00ff",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Content-Length: x",
    "Transfer-Encoding: gzip",
    "Expect: 200-maybe",
    "Upgrade: websocket",
    "Connection: close, host"
  };
  private static final String[] JSON = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "1e99",
    "\"node\"",
    "\"node\":",
    "\"a:b\"",
    "\\u12",
    "\u00ff",
    "\0",
    " ",
    "https://",
    "[::1]"
  };

  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);

  @Test
  void disturbsNoCall() throws Exception {
    try (FnCluster cluster = FnCluster.start(2);
        RunningBalancer balancer =
            RunningBalancer.start("--nodes", String.join(",", cluster.names()))) {
      Map<SampleFunction, String> samples = cluster.addSamples();
      SampleFunction hello = SampleFunction.all().getFirst();
      balancer.awaitOnline(cluster.names());
      SteadyTraffic traffic =
          new SteadyTraffic(
              "real", balancer.port(), CLIENTS, List.of(hello.path()), List.of(samples.get(hello)));
      try (traffic) {
        for (int i = 0; i < HEADS; i++) {
          badHead(balancer);
        }
        for (int i = 0; i < BODIES; i++) {
          badBody(balancer);
        }
        traffic.awaitCalls(100);
      }
      System.out.println(traffic.figures());
      assertThat(traffic.failures()).isEmpty();
      assertThat(balancer.nodes().keySet()).containsExactlyInAnyOrderElementsOf(cluster.names());
      assertThat(balancer.log("Exception")).isEmpty();
    }
  }

  /** Ends in a line that is none of a head; what may be served before is served. */
  private void badHead(RunningBalancer balancer) throws IOException {
    String head =
        "GET "
            + pick(TARGETS)
            + " HTTP/1.1\r\nHost: a\r\n"
            + text(PIECES, 4)
            + "\r\nno header line\r\n\r\n";
    try (RawClient client = balancer.connect()) {
      String answers = client.send(head).finishSending().readToEnd();
      if (!answers.isEmpty()) {
        assertThat(answers).as(head).startsWith("HTTP/1.1 ");
        assertThat(answers).as(head).doesNotContain("internal error");
      }
    }
  }

  /** None names a node: where a name may stand, the last character makes it none. */
  private void badBody(RunningBalancer balancer) throws IOException {
    String body =
        random.nextBoolean() ? text(JSON, 6) + "!" : "{\"node\":\"" + text(JSON, 1) + "!\"}";
    String method = random.nextBoolean() ? "PUT" : "DELETE";
    try (RawClient client = RawClient.connect(balancer.adminPort())) {
      RawAnswer answer = client.exchange(request(method, "/1/lb/nodes", body));
      assertThat(answer.status()).as(body).isEqualTo(400);
      assertThat(json(answer.text()).getString("msg")).isNotEmpty();
    }
  }

  private String text(String[] pieces, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(pick(pieces));
    }
    return text.toString();
  }

  private String pick(String[] pieces) {
    return pieces[random.nextInt(pieces.length)];
  }
}
