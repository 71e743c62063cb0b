package com.fnproject.lb.testbed.wire;

import org.jspecify.annotations.Nullable;

/** A request that a {@link RudeNode} got, byte for byte. Thread-safe. */
public final class RawRequest {
  private final int connection;
  private final RawHead head;
  private volatile @Nullable RawBody body;

  RawRequest(int connection, RawHead head) {
    this.connection = connection;
    this.head = head;
  }

  /** On which connection of the node it came; the first is 1. */
  public int connection() {
    return connection;
  }

  public RawHead head() {
    return head;
  }

  /** The body as far as the node has read it; null when it has not. */
  public @Nullable RawBody body() {
    return body;
  }

  void body(RawBody read) {
    body = read;
  }

  @Override
  public String toString() {
    return "#" + connection + " " + head.firstLine();
  }
}
