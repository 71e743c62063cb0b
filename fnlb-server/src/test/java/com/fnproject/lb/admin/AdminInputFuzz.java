package com.fnproject.lb.admin;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fnproject.lb.node.NodeAddress;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;

/**
 * What operators send, for {@code .ci/fuzz}. {@link AdminInputTest} runs the targets on the stored
 * inputs.
 */
class AdminInputFuzz {

  @FuzzTest(maxDuration = "60s")
  void nodeBody(byte[] body) {
    try {
      NodeAddress node = NodeBody.parse(body);
      if (!NodeAddress.parse(node.toString()).equals(node)) {
        throw new AssertionError("not its own name: " + node);
      }
    } catch (Refusal refusal) {
      check(refusal);
    }
  }

  @FuzzTest(maxDuration = "60s")
  void since(byte[] query) {
    try {
      Object unused = Since.parse(new String(query, StandardCharsets.ISO_8859_1));
    } catch (Refusal refusal) {
      check(refusal);
    }
  }

  private static void check(Refusal refusal) {
    String message = String.valueOf(refusal.getMessage());
    if (!refusal.status().equals(Status.BAD_REQUEST_400)
        || !message.contains(" (expected: ")
        || message.length() > 1000) {
      throw new AssertionError(refusal.status() + " " + message);
    }
  }
}
