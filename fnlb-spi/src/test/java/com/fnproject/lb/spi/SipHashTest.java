package com.fnproject.lb.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SipHashTest {

  @ParameterizedTest
  @CsvSource({
    "/r/myapp/hello, 48ace58778eef077",
    "/r/primesapp/primes, 4fb41046a3ff5991",
    "/invoke/01D7M8KVR41BT061G0A0000002, 8d0f951c33b0278e",
    "/t/testapp/pyfn-trigger, e368ff54cb4029d9",
    "/, c4ef3f885f5650c8",
    "'', 4dccf8f6e62ea9ad",
  })
  void hashesPathsAsTheOriginalBalancerDid(String path, String hash) {
    assertThat(SipHash.hash(path)).isEqualTo(Long.parseUnsignedLong(hash, 16));
  }

  @Test
  void agreesWithThePublishedVector() {
    // Appendix A of the paper: bytes 00..0f as key, 00..0e as text.
    StringBuilder text = new StringBuilder();
    for (char c = 0; c < 15; c++) {
      text.append(c);
    }
    assertThat(SipHash.hash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L, text))
        .isEqualTo(0xa129ca6149be45e5L);
  }

  @ParameterizedTest
  @CsvSource({"é, C3A9", "€, E282AC", "😀, F09F9880"})
  void hashesTheUtf8BytesOfTheText(String text, String utf8) {
    // A text whose UTF-8 bytes are known must differ from the text that is those bytes as characters.
    StringBuilder latin1 = new StringBuilder();
    for (int i = 0; i < utf8.length(); i += 2) {
      latin1.append((char) Integer.parseInt(utf8.substring(i, i + 2), 16));
    }
    assertThat(SipHash.hash(text)).isNotEqualTo(SipHash.hash(latin1));
  }

  @Test
  void takesAnUnpairedSurrogateForTheReplacementCharacter() {
    assertThat(SipHash.hash("a\ud800b")).isEqualTo(SipHash.hash("a\ufffdb"));
    assertThat(SipHash.hash("\udc00")).isEqualTo(SipHash.hash("\ufffd"));
  }
}
