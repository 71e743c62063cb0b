package com.fnproject.lb.node;

/**
 * Where a node listens, in its one normal form.
 *
 * @param host a host name in lower case, or an IP address; IPv6 without brackets
 * @param port 1 to 65535
 */
public record NodeAddress(String host, int port) implements Comparable<NodeAddress> {

  /** As operators see it: {@code host:port}, {@code [v6]:port}. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  /** By the byte order of {@link #toString()}, as the original sorted its nodes. */
  @Override
  public int compareTo(NodeAddress other) {
    return toString().compareTo(other.toString());
  }
}
