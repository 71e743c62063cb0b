package com.fnproject.lb.spi;

/**
 * SipHash-2-4 with a 64-bit result (Aumasson and Bernstein, <i>SipHash: a fast short-input PRF</i>,
 * 2012), over the UTF-8 bytes of a text. Stateless; allocates nothing.
 */
public final class SipHash {

  /** First half of the key that {@link #hash(CharSequence)} uses; the original fnlb's. */
  public static final long K0 = 0L;

  /**
   * Second half of the key that {@link #hash(CharSequence)} uses; the original fnlb's, ASCII {@code
   * LaryBoat}.
   */
  public static final long K1 = 0x4c617279426f6174L;

  private SipHash() {}

  /**
   * Hashes a text with the key that all balancers share.
   *
   * @param text any text; an unpaired surrogate counts as U+FFFD
   * @return 64 well-mixed bits
   */
  public static long hash(CharSequence text) {
    return hash(K0, K1, text);
  }

  /**
   * Hashes a text.
   *
   * @param k0 first half of the key
   * @param k1 second half of the key
   * @param text any text; an unpaired surrogate counts as U+FFFD
   * @return 64 well-mixed bits
   */
  public static long hash(long k0, long k1, CharSequence text) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    long word = 0; // up to eight bytes, little-endian
    int bytes = 0;
    int chars = text.length();
    for (int i = 0; i < chars; i++) {
      int codePoint = text.charAt(i);
      if (Character.isSurrogate((char) codePoint)) {
        if (Character.isHighSurrogate((char) codePoint)
            && i + 1 < chars
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          codePoint = Character.toCodePoint((char) codePoint, text.charAt(++i));
        } else {
          codePoint = 0xfffd;
        }
      }
      int utf8Length = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
      for (int j = 0; j < utf8Length; j++) {
        word |= utf8Byte(codePoint, utf8Length, j) << (8 * (bytes & 7));
        if ((++bytes & 7) != 0) {
          continue;
        }
        v3 ^= word;
        for (int round = 0; round < 2; round++) {
          v0 += v1;
          v2 += v3;
          v1 = Long.rotateLeft(v1, 13) ^ v0;
          v3 = Long.rotateLeft(v3, 16) ^ v2;
          v0 = Long.rotateLeft(v0, 32);
          v2 += v1;
          v0 += v3;
          v1 = Long.rotateLeft(v1, 17) ^ v2;
          v3 = Long.rotateLeft(v3, 21) ^ v0;
          v2 = Long.rotateLeft(v2, 32);
        }
        v0 ^= word;
        word = 0;
      }
    }
    word |= (long) bytes << 56;
    v3 ^= word;
    for (int round = 0; round < 6; round++) {
      if (round == 2) {
        v0 ^= word;
        v2 ^= 0xff;
      }
      v0 += v1;
      v2 += v3;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 = Long.rotateLeft(v2, 32);
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  private static long utf8Byte(int codePoint, int length, int index) {
    if (length == 1) {
      return codePoint;
    }
    int bits = codePoint >> (6 * (length - 1 - index));
    return index == 0 ? (0xff00 >> length & 0xff) | bits : 0x80 | (bits & 0x3f);
  }
}
