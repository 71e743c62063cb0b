package com.fnproject.lb;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * A planted fault that a fuzzer finds in seconds if it sees which branches are taken, and never if
 * it does not, as with a version that cannot read the class files. {@code .ci/fuzz} wants it found.
 */
class CanaryFuzz {

  @FuzzTest(maxDuration = "60s")
  void planted(byte[] input) {
    if (input.length > 5
        && input[0] == 'f'
        && input[1] == 'n'
        && input[2] == 'l'
        && input[3] == 'b'
        && input[4] == '!') {
      throw new IllegalStateException("the canary was found");
    }
  }
}
