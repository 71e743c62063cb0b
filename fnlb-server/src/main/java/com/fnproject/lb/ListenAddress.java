package com.fnproject.lb;

import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Addresses to listen on, in Go's forms. */
final class ListenAddress {

  static final String EXPECTED =
      ":port, host:port or [v6]:port with a port from 0 to 65535, such as :8081";

  private ListenAddress() {}

  /**
   * Reads an address; a host name is looked up, so this may block. All ways to write "every address
   * of this machine" become equal.
   *
   * @return null when the text is no address
   * @throws IllegalArgumentException if the host is not known
   */
  static @Nullable InetSocketAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String digits = text.substring(colon + 1);
    if (colon < 0 || !digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 65535) {
      return null;
    }
    int port = Integer.parseInt(digits);
    if (colon == 0) {
      return new InetSocketAddress(port);
    }
    String host = text.substring(0, colon);
    if (host.contains("/") || (host.indexOf(':') >= 0 && !host.endsWith("]"))) {
      return null;
    }
    String normal;
    try {
      normal = NodeAddress.parse(host).host();
    } catch (IllegalArgumentException e) {
      return null;
    }
    InetAddress address;
    try {
      address = InetAddress.getByName(normal);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          Quoted.of(text) + ": the host is not known (expected: " + EXPECTED + ")", e);
    }
    return address.isAnyLocalAddress()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(address, port);
  }

  /** As it is written on the command line. */
  static String text(InetSocketAddress address) {
    if (address.getAddress().isAnyLocalAddress()) {
      return ":" + address.getPort();
    }
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /** Whether both cannot be listened on at once although they differ. */
  static boolean collide(InetSocketAddress one, InetSocketAddress other) {
    return one.getPort() != 0
        && one.getPort() == other.getPort()
        && !one.equals(other)
        && (one.getAddress().isAnyLocalAddress() || other.getAddress().isAnyLocalAddress());
  }
}
