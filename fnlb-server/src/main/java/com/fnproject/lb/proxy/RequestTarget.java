package com.fnproject.lb.proxy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for (RFC 9112, section 3.2).
 *
 * @param origin the origin-form, or {@code *}: what nodes are sent, byte for byte as the client
 *     wrote it
 * @param path its path, percent-decoded once
 * @param authority host and port of an absolute-form, which then stand instead of the Host header;
 *     else null
 */
record RequestTarget(String origin, String path, @Nullable String authority) {

  /**
   * Takes a request target apart.
   *
   * @param raw as the client wrote it
   * @param method the request method
   * @return null if it is none that can be forwarded: characters outside of visible ASCII, a
   *     fragment, half a percent-escape in the path, a scheme other than http and https, or {@code
   *     *} with a method other than OPTIONS
   */
  static @Nullable RequestTarget parse(String raw, String method) {
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        return null;
      }
    }
    if (raw.startsWith("/")) {
      return originForm(raw, null);
    }
    if (raw.equals("*")) {
      return method.equals("OPTIONS") ? new RequestTarget(raw, raw, null) : null;
    }
    return absoluteForm(raw);
  }

  private static @Nullable RequestTarget originForm(String origin, @Nullable String authority) {
    String path = decodedPath(origin);
    return path == null ? null : new RequestTarget(origin, path, authority);
  }

  private static @Nullable RequestTarget absoluteForm(String raw) {
    int start;
    if (raw.regionMatches(true, 0, "http://", 0, 7)) {
      start = 7;
    } else if (raw.regionMatches(true, 0, "https://", 0, 8)) {
      start = 8;
    } else {
      return null;
    }
    int end = start;
    while (end < raw.length() && isAuthority(raw.charAt(end))) {
      end++;
    }
    if (end == start || (end < raw.length() && raw.charAt(end) != '/' && raw.charAt(end) != '?')) {
      return null;
    }
    String authority = raw.substring(start, end);
    String rest = raw.substring(end);
    String origin = rest.startsWith("/") ? rest : "/" + rest;
    return originForm(origin, authority);
  }

  /** RFC 3986, section 3.2, less user information, which RFC 9110, section 4.2.4, warns of. */
  private static boolean isAuthority(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-._~%!$&'()*+,;=:[]".indexOf(c) >= 0;
  }

  private static @Nullable String decodedPath(String origin) {
    int query = origin.indexOf('?');
    String path = query < 0 ? origin : origin.substring(0, query);
    if (path.indexOf('%') < 0) {
      return path;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '%') {
        bytes.write(c);
        continue;
      }
      int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
      int low = i + 2 < path.length() ? Character.digit(path.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return null;
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /**
   * Whether this is a node's own page, {@code /metrics} or {@code /debug/…}, however the path is
   * disguised.
   */
  boolean nodeInternal() {
    if (!path.contains("metrics") && !path.contains("debug")) {
      return false;
    }
    Deque<String> segments = new ArrayDeque<>();
    int start = 0;
    while (start <= path.length()) {
      int end = path.indexOf('/', start);
      String segment = path.substring(start, end < 0 ? path.length() : end);
      if (segment.equals("..")) {
        segments.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.addLast(segment);
      }
      start = end < 0 ? path.length() + 1 : end + 1;
    }
    String first = segments.peekFirst();
    return first != null
        && (first.equals("debug") || (first.equals("metrics") && segments.size() == 1));
  }
}
