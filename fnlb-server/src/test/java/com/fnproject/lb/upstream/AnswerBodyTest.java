package com.fnproject.lb.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.StoredInputs;
import com.fnproject.lb.upstream.AnswerBody.Framing;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataReader.IncorrectNewLineException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies as they are framed on the wire, in whatever pieces the network delivers them. */
class AnswerBodyTest {

  /** What was passed on: the pieces, with a bar behind those after which the node paused. */
  static final class Relayed implements UpstreamCall.Sink {
    final StringBuilder text = new StringBuilder();
    private final List<String> pieces = new ArrayList<>();

    @Override
    public void accept(io.helidon.common.buffers.BufferData piece, boolean pause) {
      String string = new String(piece.readBytes(), StandardCharsets.ISO_8859_1);
      assertThat(string).isNotEmpty();
      text.append(string);
      pieces.add(pause ? string + "|" : string);
    }
  }

  /** A connection that delivers these pieces, then ends. */
  static DataReader wire(String... pieces) {
    Queue<String> left = new ArrayDeque<>(List.of(pieces));
    return DataReader.create(
        () -> left.isEmpty() ? null : left.remove().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Relayed relay(AnswerBody body) {
    Relayed relayed = new Relayed();
    body.relay(relayed);
    assertThat(body.complete()).isTrue();
    return relayed;
  }

  static AnswerBody chunked(DataReader wire) {
    return new AnswerBody(wire, Framing.CHUNKED, -1);
  }

  @Test
  void readsAsMuchAsTheLengthSays() {
    DataReader wire = wire("ab", "cde", "fgNEXT");
    AnswerBody body = new AnswerBody(wire, Framing.LENGTH, 7);
    assertThat(body.complete()).isFalse();
    assertThat(relay(body).text).hasToString("abcdefg");
    assertThat(body.connectionSurvives()).isTrue();
    assertThat(wire.readAsciiString(4)).isEqualTo("NEXT");
    assertThat(new AnswerBody(wire(), Framing.LENGTH, 0).connectionSurvives()).isTrue();
    assertThat(new AnswerBody(wire(), Framing.NONE, 0).connectionSurvives()).isTrue();
    assertThat(new AnswerBody(wire("ab", "cdX"), Framing.LENGTH, 4).readAll())
        .isEqualTo("abcd".getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void readsToTheEndOfTheConnectionAndKeepsItNot() {
    AnswerBody body = new AnswerBody(wire("ab", "c"), Framing.UNTIL_CLOSE, -1);
    assertThat(relay(body).pieces).containsExactly("ab|", "c|");
    assertThat(body.connectionSurvives()).isFalse();
  }

  @Test
  void tellsWhereTheNodePauses() {
    assertThat(relay(new AnswerBody(wire("ab", "cd", "ef"), Framing.LENGTH, 6)).pieces)
        .containsExactly("ab|", "cd|", "ef");
    assertThat(relay(chunked(wire("2\r\nab\r\n", "2\r\ncd\r\n2\r\nef\r\n", "0\r\n\r\n"))).pieces)
        .containsExactly("ab|", "cd", "ef|");
    assertThat(relay(chunked(wire("4\r\nab", "cd", "\r\n0\r\n\r\n"))).pieces)
        .containsExactly("ab|", "cd|");
  }

  @Test
  void discardsExtensionsAndTrailersAndLeavesWhatFollows() {
    DataReader wire =
        wire("3;a=b;c=\"d;e\"\r\nabc\r\n2 \t;x\r\nde\r\n000;last\r\nX: 1\r\nY: 2\r\n\r\nNEXT");
    AnswerBody body = chunked(wire);
    assertThat(relay(body).text).hasToString("abcde");
    assertThat(body.connectionSurvives()).isTrue();
    assertThat(wire.readAsciiString(4)).isEqualTo("NEXT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\n",
        "\r\n",
        "-1\r\na\r\n",
        "+1\r\na\r\n",
        "0x1\r\na\r\n",
        " 1\r\na\r\n",
        "1 1\r\na\r\n",
        "1\u00a0\r\na\r\n",
        "1,2\r\na\r\n",
        "8000000000000000\r\n",
        "ffffffffffffffff\r\n",
        "0000000000000001\r\na\r\n",
        "1\u000b;x\r\na\r\n",
        "1\r\nab\r\n",
        "1\r\na0\r\n\r\n",
        "\uff11\r\na\r\n",
        "0;\nab0;\nab\r\n",
        "1;x\ny\r\na\r\n",
      })
  void refusesWhatIsNoChunk(String text) {
    AnswerBody body = chunked(wire(text + "0\r\n\r\n"));
    assertThatThrownBy(() -> body.relay(new Relayed()))
        .isInstanceOfAny(IllegalStateException.class, IncorrectNewLineException.class);
    assertThat(body.complete()).isFalse();
    assertThat(body.connectionSurvives()).isFalse();
  }

  @Test
  void boundsLinesAndTrailers() {
    for (String text :
        List.of(
            "1;" + "x".repeat(5000) + "\r\na\r\n0\r\n\r\n",
            "x".repeat(100_000),
            "0\r\n" + ("X: " + "y".repeat(1000) + "\r\n").repeat(100) + "\r\n",
            "0\r\nX: " + "y".repeat(100_000) + "\r\n\r\n")) {
      assertThatThrownBy(() -> chunked(wire(text)).relay(new Relayed()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a line of the chunked body is too long");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "4",
        "4\r\n",
        "4\r\nab",
        "4\r\nabcd",
        "4\r\nabcd\r\n",
        "0\r\n",
        "0\r\nX: y\r\n"
      })
  void noticesAnEndBeforeTheEnd(String text) {
    AnswerBody body = chunked(wire(text));
    assertThatThrownBy(() -> body.relay(new Relayed()))
        .isInstanceOf(InsufficientDataAvailableException.class);
    assertThat(body.complete()).isFalse();
    AnswerBody length = new AnswerBody(wire("abc"), Framing.LENGTH, 4);
    assertThatThrownBy(() -> length.relay(new Relayed()))
        .isInstanceOf(InsufficientDataAvailableException.class);
    assertThatThrownBy(() -> new AnswerBody(wire("abc"), Framing.LENGTH, 4).readAll())
        .isInstanceOf(InsufficientDataAvailableException.class);
    assertThat(length.connectionSurvives()).isFalse();
  }

  /** Any chunks, delivered in any pieces, come to the same body, and not a byte more is read. */
  @Property(tries = 500)
  void putsTogetherWhateverWasTakenApart(
      @ForAll @Size(max = 8) List<@IntRange(min = 1, max = 300) Integer> sizes, @ForAll long seed) {
    Random random = new Random(seed);
    StringBuilder meant = new StringBuilder();
    StringBuilder raw = new StringBuilder();
    for (int size : sizes) {
      raw.append(random.nextBoolean() ? "0" : "").append(Integer.toHexString(size));
      raw.append(random.nextBoolean() ? ";x=\"y\"" : "").append("\r\n");
      for (int i = 0; i < size; i++) {
        char c = (char) random.nextInt(256);
        meant.append(c);
        raw.append(c);
      }
      raw.append("\r\n");
    }
    raw.append(random.nextBoolean() ? "0\r\n\r\n" : "0\r\nX: y\r\n\r\n").append("NEXT");
    List<String> pieces = new ArrayList<>();
    for (int at = 0, size; at < raw.length(); at += size) {
      size = Math.min(1 + random.nextInt(random.nextBoolean() ? 3 : 200), raw.length() - at);
      pieces.add(raw.substring(at, at + size));
    }
    DataReader wire = wire(pieces.toArray(String[]::new));
    assertThat(relay(chunked(wire)).text.toString()).isEqualTo(meant.toString());
    assertThat(wire.readAsciiString(4)).isEqualTo("NEXT");
  }

  @Test
  void endsOrFailsInAKnownWayWhateverANodeSends() throws Exception {
    StoredInputs.run(AnswerBodyFuzz.class, "chunks", new AnswerBodyFuzz()::chunks);
  }
}
