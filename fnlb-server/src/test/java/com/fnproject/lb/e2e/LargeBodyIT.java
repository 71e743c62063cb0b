package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.json;
import static com.fnproject.lb.e2e.RunningBalancer.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.AnswerBytes;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bodies that are larger than the heap, and such that come slowly. {@code -Dfnlb.large=2147483648}
 * makes the large ones 2 GiB.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LargeBodyIT {

  private static final long LARGE = Long.getLong("fnlb.large", 320L << 20);
  private static final Pattern COLLECTION = Pattern.compile(" (\\d+)M->\\d+M\\(");

  private static FnCluster cluster;
  private static String function;
  private static RunningBalancer balancer;

  @BeforeAll
  static void start() {
    cluster = FnCluster.start(1);
    String app = cluster.database().createApp("app");
    function = cluster.database().createFunction(app, "large", Map.of("START_MS", "1"));
    balancer =
        RunningBalancer.command("--listen=127.0.0.1:0", "--nodes", cluster.names().getFirst())
            .jvm("-Xmx256m", "-XX:+UseG1GC", "-Xlog:gc")
            .start();
    balancer.awaitOnline(cluster.names());
  }

  @AfterAll
  static void stop() {
    balancer.close();
    cluster.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void passesAnUploadThatIsLargerThanTheHeap(boolean chunked) throws IOException {
    long start = System.nanoTime();
    byte[] block = new byte[64 << 10];
    RandomGenerator.of("L64X128MixRandom").nextBytes(block);
    byte[] size = (Integer.toHexString(block.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] end = {'\r', '\n'};
    CRC32 checksum = new CRC32();
    try (RawClient client = balancer.connect().patience(Duration.ofMinutes(1))) {
      String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + LARGE;
      client.send(request("POST", "/invoke/" + function, "", "Test-Answer: seen", framing));
      for (long sent = 0; sent < LARGE; sent += block.length) {
        if (chunked) {
          client.send(size).send(block).send(end);
        } else {
          client.send(block);
        }
        checksum.update(block);
      }
      if (chunked) {
        client.send("0\r\n\r\n");
      }
      RawAnswer answer = client.readAnswer();
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      JsonObject seen = json(answer.text());
      assertThat(seen.getJsonNumber("bodyLength").longValue()).isEqualTo(LARGE);
      assertThat(seen.getString("bodyCrc32")).isEqualTo(Long.toHexString(checksum.getValue()));
    }
    tell(chunked ? "upload in chunks" : "upload", start);
  }

  @Test
  void passesADownloadThatIsLargerThanTheHeap() throws IOException {
    long start = System.nanoTime();
    try (RawClient client = balancer.connect().patience(Duration.ofMinutes(1));
        ExpectedBytes expected = new ExpectedBytes()) {
      client.send(
          request(
              "POST",
              "/invoke/" + function,
              "x",
              "Test-Answer: bytes",
              "Test-Answer-Bytes: " + LARGE));
      RawHead head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("Content-Length")).isEqualTo(Long.toString(LARGE));
      assertThat(client.readBody(head, expected)).isTrue();
      assertThat(expected.length).isEqualTo(LARGE);
      assertThat(expected.matches).isTrue();
    }
    tell("download", start);
  }

  /** Compares what is written to it with what the node sends. */
  private static final class ExpectedBytes extends OutputStream {
    private long length;
    private boolean matches = true;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
      for (int i = 0; i < count; i++) {
        matches &= bytes[offset + i] == AnswerBytes.at(length + i);
      }
      length += count;
    }
  }

  private static void tell(String what, long start) {
    long peak = 0;
    Matcher collections = COLLECTION.matcher(balancer.out());
    while (collections.find()) {
      peak = Math.max(peak, Long.parseLong(collections.group(1)));
    }
    System.out.printf(
        "%s of %d MiB: %.1f s, fullest heap before a collection so far: %d MiB%n",
        what, LARGE >> 20, (System.nanoTime() - start) / 1e9, peak);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void passesEachPieceOfASlowAnswerAsTheNodeSendsIt(boolean chunked) throws IOException {
    Semaphore signal = new Semaphore(0);
    RudeNode.Reply reply =
        chunked
            ? Replies.dribbled(signal, "first", "second")
            : Replies.dribbledLength(signal, "first", "second");
    try (RudeNode node = RudeNode.replying(reply);
        RunningBalancer other = RunningBalancer.start("--nodes", node.name())) {
      other.awaitOnline(List.of(node.name()));
      try (RawClient client = other.connect()) {
        client.send(request("GET", "/t/app/slow", ""));
        signal.release();
        assertThat(client.readHead().status()).isEqualTo(200);
        for (String piece : List.of("first", "second")) {
          client.expect(
              chunked ? Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n" : piece);
          signal.release();
        }
        if (chunked) {
          client.expect("0\r\n\r\n");
        }
      }
    }
  }
}
