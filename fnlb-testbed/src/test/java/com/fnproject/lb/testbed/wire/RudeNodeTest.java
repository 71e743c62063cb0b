package com.fnproject.lb.testbed.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RudeNodeTest {
  private static final String GET = "GET /x HTTP/1.1\r\nHost: h\r\nX-Byte: \u00e4\r\n\r\n";

  @Test
  void recordsEveryByteOfARequest() throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.ok("hi"));
        RawClient client = RawClient.connect(node.port())) {
      String post = "POST /a?b HTTP/1.1\r\nhOST:h\r\nContent-Length: 3\r\n\r\nabc";
      assertThat(client.exchange(post).text()).isEqualTo("hi");
      assertThat(client.exchange(GET).text()).isEqualTo("hi");
      assertThat(node.calls()).hasSize(2);
      assertThat(node.calls().getFirst().head().text() + node.calls().getFirst().body().text())
          .isEqualTo(post);
      assertThat(node.calls().getFirst().head().header("host")).isEqualTo("h");
      assertThat(node.calls().get(1).head().text()).isEqualTo(GET);
      assertThat(node.connections()).isEqualTo(1);
    }
  }

  @Test
  void recordsAChunkedBodyWithItsFraming() throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.ok("hi"));
        RawClient client = RawClient.connect(node.port())) {
      String chunks = "3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n";
      client.exchange("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
      RawBody body = node.calls().getFirst().body();
      assertThat(body.rawText()).isEqualTo(chunks);
      assertThat(body.text()).isEqualTo("abc");
    }
  }

  @Test
  void passesHealthChecksWhileItIsRudeToCalls() throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.closeAfterHead(), Replies.ok("second"))) {
      try (RawClient client = RawClient.connect(node.port())) {
        assertThat(client.get("/version").text()).isEqualTo("{\"version\":\"0.3.753\"}\n");
        assertThatThrownBy(() -> client.exchange(GET)).isInstanceOf(EOFException.class);
      }
      try (RawClient client = RawClient.connect(node.port())) {
        assertThat(client.exchange(GET).text()).isEqualTo("second");
      }
    }
  }

  @Test
  void closesResetsOrStaysSilent() throws Exception {
    try (RudeNode node =
        RudeNode.replying(Replies.closeAfterRequest(), Replies.resetAfterHead(), Replies.never())) {
      try (RawClient client = RawClient.connect(node.port()).send(GET)) {
        assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
      }
      try (RawClient client = RawClient.connect(node.port()).send(GET)) {
        assertThatThrownBy(client::readHead)
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
      try (RawClient client =
          RawClient.connect(node.port()).send(GET).patience(Duration.ofMillis(50))) {
        assertThatThrownBy(client::readHead).isInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  @Test
  void breaksOffBodiesInEveryFraming() throws Exception {
    try (RudeNode node =
        RudeNode.replying(
            Replies.truncated(10, "abc"),
            Replies.truncatedChunks("abc"),
            Replies.brokenChunk("abc"),
            Replies.untilClose("abc"))) {
      for (boolean complete : new boolean[] {false, false, false, true}) {
        try (RawClient client = RawClient.connect(node.port())) {
          RawAnswer answer = client.exchange(GET);
          assertThat(answer.body().text()).isEqualTo("abc");
          assertThat(answer.body().complete()).isEqualTo(complete);
        }
      }
    }
  }

  @Test
  void sendsWhatFewExpect() throws Exception {
    try (RudeNode node =
            RudeNode.replying(
                Replies.afterInterim("late", 100, 103),
                Replies.withTrailer("body", "X-Sum", "1"),
                Replies.withChunkExtensions("body"),
                Replies.hugeChunk(2 << 20),
                Replies.withHeaderBytes("X-Name", "é", "ok"),
                Replies.tooBusy());
        RawClient client = RawClient.connect(node.port())) {
      client.send(GET);
      assertThat(client.readHead().status()).isEqualTo(100);
      assertThat(client.readHead().header("link")).isNotNull();
      assertThat(client.readAnswer().text()).isEqualTo("late");
      assertThat(client.exchange(GET).body().rawText()).endsWith("0\r\nX-Sum: 1\r\n\r\n");
      RawAnswer extended = client.exchange(GET);
      assertThat(extended.text()).isEqualTo("body");
      assertThat(extended.body().rawText()).contains(";ext=\"a;b\";x\r\n");
      assertThat(client.exchange(GET).text()).hasSize(2 << 20);
      assertThat(client.exchange(GET).head().header("X-Name")).isEqualTo("\u00c3\u00a9");
      assertThat(client.exchange(GET).head().header("Retry-After")).isEqualTo("15");
    }
  }

  @Test
  void sendsEachPieceWhenTheTestSaysSo() throws Exception {
    Semaphore signal = new Semaphore(0);
    try (RudeNode node =
            RudeNode.replying(
                Replies.dribbled(signal, "one", "two"), Replies.slowHead(signal, "slow"));
        RawClient client = RawClient.connect(node.port()).send(GET)) {
      assertThat(client.readHead().status()).isEqualTo(200);
      signal.release();
      client.expect("3\r\none\r\n");
      assertThat(client.silentFor(Duration.ofMillis(30))).isTrue();
      signal.release(2);
      client.expect("3\r\ntwo\r\n0\r\n\r\n");
      client.send(GET);
      client.expect("HTTP/1.1 200 OK\r\n");
      signal.release();
      client.expect("Content-Length: 4\r\n\r\nslow");
    }
  }

  @Test
  void refusesAndAcceptsAgainOnTheSamePort() throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.ok("hi"));
        RawClient early = RawClient.connect(node.port())) {
      assertThat(early.exchange(GET).text()).isEqualTo("hi");
      node.refuse();
      assertThatThrownBy(() -> RawClient.connect(node.port())).isInstanceOf(ConnectException.class);
      assertThat(early.exchange(GET).text()).isEqualTo("hi");
      node.accept();
      try (RawClient late = RawClient.connect(node.port())) {
        assertThat(late.exchange(GET).text()).isEqualTo("hi");
      }
    }
  }

  @Test
  void closesIdleConnectionsWhenToldAndAfterSoManyAnswers() throws Exception {
    try (RudeNode node = RudeNode.replying(Replies.closingAfter(1, Replies.ok("hi")));
        RawClient client = RawClient.connect(node.port())) {
      assertThat(client.exchange(GET).text()).isEqualTo("hi");
      assertThatThrownBy(() -> client.exchange(GET)).isInstanceOf(EOFException.class);
      try (RawClient other = RawClient.connect(node.port())) {
        Awaitility.await().until(() -> node.openConnections() == 1);
        node.closeConnections();
        assertThat(other.closedWithin(Duration.ofSeconds(5))).isTrue();
      }
      Awaitility.await().until(() -> node.openConnections() == 0);
    }
  }

  @Test
  void doesAnotherThingToEachConnection() throws Exception {
    try (RudeNode node =
        RudeNode.sequence(RudeConnection::close, RudeNode.perRequest(Replies.ok("fine")))) {
      try (RawClient client = RawClient.connect(node.port())) {
        assertThat(client.readToEnd()).isEmpty();
      }
      try (RawClient client = RawClient.connect(node.port())) {
        assertThat(client.exchange(GET).text()).isEqualTo("fine");
      }
    }
  }

  @Test
  void aDeadPortRefusesAndAMutePortNeverAnswers() throws IOException {
    try (DeadPort dead = DeadPort.open();
        MutePort mute = MutePort.open();
        Socket socket = new Socket()) {
      assertThatThrownBy(() -> RawClient.connect(dead.port())).isInstanceOf(ConnectException.class);
      assertThatThrownBy(
              () ->
                  socket.connect(
                      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), mute.port()), 100))
          .isInstanceOf(SocketTimeoutException.class);
    }
  }
}
