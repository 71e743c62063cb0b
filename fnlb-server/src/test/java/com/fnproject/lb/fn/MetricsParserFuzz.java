package com.fnproject.lb.fn;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Pages of nodes, for {@code .ci/fuzz}; {@link MetricsParserTest} runs the stored inputs. */
class MetricsParserFuzz {

  /** Whatever a node sends, in whatever pieces, comes to the same, within bounds. */
  @FuzzTest(maxDuration = "60s")
  void page(byte[] sent) {
    MetricsParserTest.check(sent);
  }
}
