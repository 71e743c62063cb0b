package com.fnproject.lb.testbed.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of 127.0.0.1 on which connecting is refused: bound, so that nobody else gets it, but not
 * listening.
 */
public final class DeadPort implements AutoCloseable {
  private final Socket bound = new Socket();

  private DeadPort() {}

  public static DeadPort open() {
    DeadPort dead = new DeadPort();
    try {
      dead.bound.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return dead;
  }

  public int port() {
    return bound.getLocalPort();
  }

  /** {@code host:port}. */
  public String name() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() {
    try {
      bound.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
