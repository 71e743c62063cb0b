package com.fnproject.lb.node;

import java.net.InetAddress;
import java.util.Locale;

/**
 * Where a node listens, in its one normal form. Two texts that mean the same place, such as {@code
 * http://NODE-1/} and {@code node-1:8080}, are equal once parsed.
 *
 * @param host a host name in lower case, or an IP address; IPv6 without brackets
 * @param port 1 to 65535
 */
public record NodeAddress(String host, int port) {

  /** Where an Fn server listens unless told otherwise (its {@code FN_PORT}). */
  public static final int DEFAULT_PORT = 8080;

  /** What {@link #parse} accepts, in words for messages. */
  public static final String EXPECTED = "host, host:port, http://host:port or [v6]:port";

  /** Refuses a port that cannot be connected to. */
  public NodeAddress {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " (expected: 1 to 65535)");
    }
  }

  /**
   * Reads an operator's name for a node: {@code host}, {@code host:port}, {@code
   * http://host[:port][/]} or {@code [v6]:port}. Blanks and tabs around it are dropped, letters
   * become lower-case, IP addresses get their one normal spelling (RFC 5952 for IPv6, dotted quad
   * for IPv4 and for IPv6-mapped IPv4); without a port it is {@value #DEFAULT_PORT}. Resolves no
   * names, so it never blocks.
   *
   * @throws IllegalArgumentException if the text names no node; the message quotes the text and
   *     says what is wrong and what was expected, ready for an operator's eyes
   */
  public static NodeAddress parse(String text) {
    try {
      return read(trim(text));
    } catch (HostFault fault) {
      throw new IllegalArgumentException(
          Quoted.of(text) + ": " + fault.getMessage() + " (expected: " + EXPECTED + ")");
    }
  }

  /**
   * An IP address in the one spelling that {@link #parse} gives it, which is also Go's: RFC 5952
   * for IPv6 and without a zone, dotted quad for IPv4.
   *
   * @param address any address
   * @return its text, IPv6 without brackets
   */
  public static String spelled(InetAddress address) {
    return Host.normal(address);
  }

  private static NodeAddress read(String name) throws HostFault {
    checkCharacters(name);
    boolean url = name.contains("://");
    String authority = url ? authority(name) : name;
    for (int i = 0; i < authority.length(); i++) {
      switch (authority.charAt(i)) {
        case '@' -> throw new HostFault("a user is not allowed");
        case '/', '\\' -> throw new HostFault("a path is not allowed");
        case '?' -> throw new HostFault("a query is not allowed");
        case '#' -> throw new HostFault("a fragment is not allowed");
        default -> {}
      }
    }
    if (authority.startsWith("[")) {
      return bracketed(authority);
    }
    int colon = authority.indexOf(':');
    if (colon < 0) {
      return new NodeAddress(Host.normal(authority), DEFAULT_PORT);
    }
    if (authority.indexOf(':', colon + 1) >= 0) {
      throw new HostFault("an IPv6 address needs brackets, or there is a colon too many");
    }
    return new NodeAddress(
        Host.normal(authority.substring(0, colon)), port(authority.substring(colon + 1)));
  }

  private static void checkCharacters(String name) throws HostFault {
    if (name.isEmpty()) {
      throw new HostFault("the name is empty");
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        throw new HostFault("a blank or control character inside");
      }
      if (c > 0x7f) {
        throw new HostFault("a character outside ASCII (write the name in its xn-- form)");
      }
    }
  }

  /** What follows {@code http://}, without the one slash that may end it. */
  private static String authority(String url) throws HostFault {
    int end = url.indexOf("://");
    String scheme = url.substring(0, end).toLowerCase(Locale.ROOT);
    if (scheme.equals("https")) {
      throw new HostFault("https is not supported: nodes are spoken to without TLS");
    }
    if (!scheme.equals("http")) {
      throw new HostFault("the scheme " + Quoted.of(scheme) + " is not supported");
    }
    String authority = url.substring(end + 3);
    return authority.endsWith("/") ? authority.substring(0, authority.length() - 1) : authority;
  }

  private static NodeAddress bracketed(String authority) throws HostFault {
    int end = authority.indexOf(']');
    if (end < 0) {
      throw new HostFault("the bracket is not closed");
    }
    String host = Host.normalV6(authority.substring(1, end));
    String rest = authority.substring(end + 1);
    if (rest.isEmpty()) {
      return new NodeAddress(host, DEFAULT_PORT);
    }
    if (rest.charAt(0) != ':') {
      throw new HostFault("only a port may follow the bracket");
    }
    return new NodeAddress(host, port(rest.substring(1)));
  }

  private static int port(String digits) throws HostFault {
    if (digits.isEmpty()) {
      throw new HostFault("the port is empty");
    }
    int port = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      port = port * 10 + (c - '0');
      if (c < '0' || c > '9' || port == 0 || port > 65535) {
        throw new HostFault(
            "the port " + Quoted.of(digits) + " is not a whole number from 1 to 65535");
      }
    }
    return port;
  }

  private static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (from < to && isBlank(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** As operators see it: {@code host:port}, {@code [v6]:port}. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
