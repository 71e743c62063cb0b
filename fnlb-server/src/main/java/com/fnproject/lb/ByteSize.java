package com.fnproject.lb;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How operators write sizes: bytes, or with a unit, which counts in 1024s however it is spelled:
 * {@code 64KiB}, {@code 64k}, {@code 1MiB}.
 */
final class ByteSize {

  private static final Pattern TEXT = Pattern.compile("([0-9]{1,10})(|b|k|kib|m|mib|g|gib)");

  private ByteSize() {}

  /** The number of bytes, or -1 when the text is no size. */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return -1;
    }
    int shift =
        switch (matcher.group(2)) {
          case "k", "kib" -> 10;
          case "m", "mib" -> 20;
          case "g", "gib" -> 30;
          default -> 0;
        };
    return Long.parseLong(matcher.group(1)) << shift;
  }

  /** The shortest way to write a size that {@link #parse} reads back. */
  static String text(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : bytes + "";
  }
}
