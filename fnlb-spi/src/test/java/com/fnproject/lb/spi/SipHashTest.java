package com.fnproject.lb.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
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
  @CsvSource({
    // Computed in Python over the UTF-8 bytes, by code that gives the paper's vector.
    "é, e578103680cafb6a",
    "€, 45700b206855956d",
    "😀, 0924420d597d4ac3",
    "/t/äpp/größe, 5ecadd0119fd5d90",
    "/r/日本/関数, 13c1423d94a70d45",
    "/invoke/naïve 😀 café, e39fc639cdda312c",
  })
  void hashesTheUtf8BytesOfTheText(String text, String hash) {
    assertThat(SipHash.hash(text)).isEqualTo(Long.parseUnsignedLong(hash, 16));
  }

  @Test
  void agreesWithAReferenceOverBytesForTextsOfAllKinds() {
    Random random = new Random(20121);
    for (int i = 0; i < 20_000; i++) {
      String text = randomText(random, i % 40);
      long k0 = random.nextLong();
      long k1 = random.nextLong();
      assertThat(SipHash.hash(k0, k1, text))
          .as("'%s' with key %x, %x", text, k0, k1)
          .isEqualTo(reference(k0, k1, text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /**
   * Code points of one to four bytes, each length as often as the others; no unpaired surrogates.
   */
  private static String randomText(Random random, int codePoints) {
    int[] limits = {0, 0x80, 0x800, 0x10000, 0x110000};
    StringBuilder text = new StringBuilder();
    while (codePoints > 0) {
      int length = random.nextInt(4);
      int codePoint = random.nextInt(limits[length], limits[length + 1]);
      if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
        text.appendCodePoint(codePoint);
        codePoints--;
      }
    }
    return text.toString();
  }

  /** SipHash-2-4 as section 2 of the paper states it: padded to whole words, then word by word. */
  private static long reference(long k0, long k1, byte[] text) {
    ByteBuffer words =
        ByteBuffer.allocate(text.length / 8 * 8 + 8).order(ByteOrder.LITTLE_ENDIAN).put(text);
    words.put(words.capacity() - 1, (byte) text.length).rewind();
    long[] v = {
      k0 ^ 0x736f6d6570736575L,
      k1 ^ 0x646f72616e646f6dL,
      k0 ^ 0x6c7967656e657261L,
      k1 ^ 0x7465646279746573L
    };
    while (words.hasRemaining()) {
      long word = words.getLong();
      v[3] ^= word;
      sipRounds(v, 2);
      v[0] ^= word;
    }
    v[2] ^= 0xff;
    sipRounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
  }

  /** Figure 2.1 of the paper. */
  private static void sipRounds(long[] v, int rounds) {
    for (int round = 0; round < rounds; round++) {
      halfRound(v, 0, 1, 13, 2, 3, 16);
      halfRound(v, 2, 1, 17, 0, 3, 21);
    }
  }

  private static void halfRound(long[] v, int a, int b, int left, int c, int d, int right) {
    v[a] += v[b];
    v[c] += v[d];
    v[b] = Long.rotateLeft(v[b], left) ^ v[a];
    v[d] = Long.rotateLeft(v[d], right) ^ v[c];
    v[a] = Long.rotateLeft(v[a], 32);
  }

  @Test
  void takesAnUnpairedSurrogateForTheReplacementCharacter() {
    assertThat(SipHash.hash("a\ud800b")).isEqualTo(SipHash.hash("a\ufffdb"));
    assertThat(SipHash.hash("\udc00")).isEqualTo(SipHash.hash("\ufffd"));
    assertThat(SipHash.hash("\udc00\ud83d")).isEqualTo(SipHash.hash("\ufffd\ufffd"));
    assertThat(SipHash.hash("\ud83d\ud83d\ude00")).isEqualTo(SipHash.hash("\ufffd\ud83d\ude00"));
  }
}
