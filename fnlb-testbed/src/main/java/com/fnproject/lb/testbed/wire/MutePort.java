package com.fnproject.lb.testbed.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * A port of 127.0.0.1 on which connecting never ends: its queue of connections is full and nobody
 * takes any, so the system drops whoever knocks, as a network that loses every packet would.
 */
public final class MutePort implements AutoCloseable {
  private static final int MAX_TO_FILL = 64;
  private static final int FULL_AFTER_MILLIS = 150;

  private final ServerSocket listener;
  private final List<Socket> queued = new ArrayList<>();

  private MutePort(ServerSocket listener) {
    this.listener = listener;
  }

  public static MutePort open() {
    try {
      MutePort mute = new MutePort(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")));
      mute.fill();
      return mute;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** {@code host:port}. */
  public String name() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() {
    try {
      for (Socket socket : queued) {
        socket.close();
      }
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fill() throws IOException {
    while (queued.size() < MAX_TO_FILL) {
      Socket socket = new Socket();
      queued.add(socket);
      try {
        socket.connect(listener.getLocalSocketAddress(), FULL_AFTER_MILLIS);
      } catch (SocketTimeoutException full) {
        return;
      }
    }
    throw new IOException("the queue of " + name() + " did not fill");
  }
}
