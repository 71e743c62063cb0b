package com.fnproject.lb.fn;

import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where Fn's {@code /v2} API answers.
 *
 * @param place with the nodes, nowhere, or at an address of its own
 * @param host name or IP address of that address, IPv6 without brackets; empty without one
 * @param port 1 to 65535; 0 without one
 */
public record ApiAddress(Place place, String host, int port) {

  /** Where it may be. */
  public enum Place {
    /** At every node. */
    NODES,
    /** Nowhere: nothing is looked up. */
    OFF,
    /** At an address, without TLS. */
    HTTP,
    /** At an address, with TLS. */
    HTTPS
  }

  /** At every node. */
  public static final ApiAddress NODES = new ApiAddress(Place.NODES, "", 0);

  /** Nothing is looked up. */
  public static final ApiAddress OFF = new ApiAddress(Place.OFF, "", 0);

  /** What {@link #parse} accepts, in words for messages. */
  public static final String EXPECTED =
      "nodes, off, http://host:port or https://host:port, without user, path and query";

  /**
   * Reads what an operator says. Resolves no names, so it never blocks.
   *
   * @param text any text
   * @return null if it is not as {@link #EXPECTED}
   * @throws IllegalArgumentException if it has a user or a password, which the message hides
   */
  public static @Nullable ApiAddress parse(String text) {
    if (text.equals("nodes")) {
      return NODES;
    }
    // YAML 1.1 takes an unquoted "off" for a truth value.
    if (text.equals("off") || text.equals("false")) {
      return OFF;
    }
    int at = text.lastIndexOf('@');
    if (at >= 0) {
      int start = text.indexOf("://");
      String hidden = (start < 0 ? "" : text.substring(0, start + 3)) + "***" + text.substring(at);
      throw new IllegalArgumentException(Quoted.of(hidden) + " (expected: " + EXPECTED + ")");
    }
    String lower = text.toLowerCase(Locale.ROOT);
    if (!lower.startsWith("http://") && !lower.startsWith("https://")) {
      return null;
    }
    Place place = lower.startsWith("https") ? Place.HTTPS : Place.HTTP;
    String authority = text.substring(text.indexOf("://") + 3);
    if (authority.endsWith("/")) {
      authority = authority.substring(0, authority.length() - 1);
    }
    int colon = authority.lastIndexOf(':');
    if (colon < authority.lastIndexOf(']') || colon < 0 || authority.contains("://")) {
      // A port that is not said would be 80, 443 or Fn's own 8080, whoever reads it.
      return null;
    }
    try {
      NodeAddress address = NodeAddress.parse(authority);
      return new ApiAddress(place, address.host(), address.port());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
