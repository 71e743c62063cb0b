package com.fnproject.lb.fn;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the path of a trigger means to Fn: the app's name, and the source, which is matched
 * literally.
 *
 * @param app not empty, without slashes
 * @param source begins with a slash
 */
record TriggerPath(String app, String source) {

  private static final String PREFIX = "/t/";
  private static final String HEX = "0123456789ABCDEF";

  /**
   * Takes a path apart.
   *
   * @param path a decoded path
   * @return null if it can be no trigger's
   */
  static @Nullable TriggerPath parse(String path) {
    if (!path.startsWith(PREFIX)) {
      return null;
    }
    int slash = path.indexOf('/', PREFIX.length());
    String app =
        slash < 0 ? path.substring(PREFIX.length()) : path.substring(PREFIX.length(), slash);
    return app.isEmpty() ? null : new TriggerPath(app, slash < 0 ? "/" : path.substring(slash));
  }

  /** The path that calls it. */
  String path() {
    return PREFIX + app + source;
  }

  /** The other path that calls it: {@code /t/app}, if it has no source but a slash. */
  @Nullable String shortPath() {
    return source.equals("/") ? PREFIX + app : null;
  }

  /**
   * A text as it may stand in the path of a URL: all but unreserved characters and slashes escaped
   * (RFC 3986, section 2).
   */
  static String encoded(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 8);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~/".indexOf(c) >= 0) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    return encoded.toString();
  }
}
