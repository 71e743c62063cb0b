package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Request targets, for {@code .ci/fuzz}; {@link RequestTargetTest} runs the stored inputs. */
class RequestTargetFuzz {

  /** Whatever is taken can be sent on: one line, visible, beginning as a path does. */
  @FuzzTest(maxDuration = "60s")
  void target(byte[] raw) {
    for (String method : new String[] {"GET", "OPTIONS"}) {
      RequestTarget target =
          RequestTarget.parse(new String(raw, StandardCharsets.ISO_8859_1), method);
      if (target == null) {
        continue;
      }
      boolean internal = target.nodeInternal();
      assertThat(target.origin()).matches("/[!-\"$-~]*|\\*");
      assertThat(target.authority() == null ? "h" : target.authority()).matches("[!-~&&[^/?#@]]+");
      assertThat(internal && target.origin().equals("*")).isFalse();
    }
  }
}
