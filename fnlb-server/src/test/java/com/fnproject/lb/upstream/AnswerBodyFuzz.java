package com.fnproject.lb.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fnproject.lb.upstream.AnswerBodyTest.Relayed;
import io.helidon.common.buffers.DataReader.IncorrectNewLineException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import java.nio.charset.StandardCharsets;

/** Chunked bodies of nodes, for {@code .ci/fuzz}; {@link AnswerBodyTest} runs the stored inputs. */
class AnswerBodyFuzz {

  /**
   * Whatever a node sends, its body ends in good order or in one of the failures that are told; in
   * two pieces as in one.
   */
  @FuzzTest(maxDuration = "60s")
  void chunks(byte[] sent) {
    String text = new String(sent, StandardCharsets.ISO_8859_1);
    if (text.isEmpty()) {
      return;
    }
    int cut = text.length() / 2;
    relay(text, text);
    if (cut > 0) {
      relay(text, text.substring(0, cut), text.substring(cut));
    }
  }

  private static void relay(String text, String... pieces) {
    AnswerBody body = AnswerBodyTest.chunked(AnswerBodyTest.wire(pieces));
    Relayed relayed = new Relayed();
    try {
      body.relay(relayed);
      // The last chunk, perhaps with an extension.
      assertThat(text).containsPattern("0[^\r\n]*\r\n");
    } catch (IllegalStateException
        | IncorrectNewLineException
        | InsufficientDataAvailableException e) {
      assertThat(body.complete()).isFalse();
    }
    assertThat(relayed.text.length()).isLessThanOrEqualTo(text.length());
  }
}
