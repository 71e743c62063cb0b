package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawBody;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** The engine on Helidon's WebClient: what every engine must do, and what this one cannot. */
class WebClientForwardingTest extends ForwardingConformance {

  @Override
  FnLoadBalancer start(String... arguments) {
    return FnLoadBalancer.start(arguments);
  }

  @Test
  void answers502ToWhatItCannotPassOnAndGoesOn() throws IOException {
    for (Reply reply :
        List.of(
            Replies.withHeaderBytes("X-Name", "caf\u00e9", "fine"),
            Replies.withTrailer("fine", "X-Trailer", "1"),
            Replies.afterInterim("fine", 103),
            Replies.afterInterim("fine", 102, 103),
            Replies.afterInterim("fine", 100))) {
      one().reply(reply, Replies.ok("next"));
      try (RawClient client = one().client()) {
        RawAnswer answer = client.get("/t/a/b");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).isEqualTo("{\"msg\":\"the node gave no valid answer\"}\n");
        assertThat(client.get("/t/a/b").text()).isEqualTo("next");
      }
    }
  }

  @Test
  void takesA100ToAStreamedBodyForWhatItIs() throws IOException {
    one()
        .reply(
            Replies.raw(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"));
    String body = "x".repeat(100_000);
    assertThat(one().exchange(post("/t/a/b", body)).text()).isEqualTo("fine");
  }

  @Test
  void doesNotWaitForANodeThatWaitsForTheRestOfAnUpload() throws IOException {
    Semaphore interim = new Semaphore(0);
    one()
        .reply(
            (connection, request) -> {
              connection.write("HTTP/1.1 100 Continue\r\n\r\n");
              interim.release();
              RawBody unused = connection.readBody(request);
              connection.close();
            });
    try (RawClient client = one().client()) {
      client.send("POST /t/a/b HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\nfirst");
      interim.acquireUninterruptibly();
      client.send("second");
      assertThat(client.readAnswer().status()).isEqualTo(502);
    }
  }
}
