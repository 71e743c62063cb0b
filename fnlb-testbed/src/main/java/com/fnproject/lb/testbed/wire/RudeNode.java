package com.fnproject.lb.testbed.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A node that does to its connections what its script says, and records the bytes of every request.
 * {@link Replies} has the usual rudenesses. Thread-safe.
 */
public final class RudeNode implements AutoCloseable {
  /**
   * What happens on a connection; when it returns or throws an {@link IOException}, the connection
   * is closed.
   */
  @FunctionalInterface
  public interface Script {
    void serve(RudeConnection connection) throws IOException;
  }

  /**
   * What happens to a request whose head has been read. When it returns with the connection open,
   * the rest of the body is read and the next request awaited.
   */
  @FunctionalInterface
  public interface Reply {
    void answer(RudeConnection connection, RawRequest request) throws IOException;
  }

  private final Script script;
  private final int port;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<RawRequest> requests = new CopyOnWriteArrayList<>();
  private final Map<Socket, Thread> open = new ConcurrentHashMap<>();
  private final Object listening = new Object();
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private volatile boolean closed;

  private RudeNode(Script script) throws IOException {
    this.script = script;
    this.port = listen(0);
  }

  /** A node that does this to every connection. */
  public static RudeNode start(Script script) {
    try {
      return new RudeNode(script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A node that does the first to its first connection and so on; the last again and again. */
  public static RudeNode sequence(Script... scripts) {
    return start(
        connection -> scripts[Math.min(connection.number(), scripts.length) - 1].serve(connection));
  }

  /**
   * A node that passes health checks: {@code GET /version} is answered as a healthy Fn server
   * would, on whatever connection, and what else a balancer asks on its own behalf with 404, as by
   * one that has neither API nor metrics; the first of all other requests gets the first reply and
   * so on, the last again and again.
   */
  public static RudeNode replying(Reply... replies) {
    AtomicInteger count = new AtomicInteger();
    return start(
        perRequest(
            (connection, request) -> {
              if (request.head().target().equals("/version")) {
                Replies.ok("application/json; charset=utf-8", "{\"version\":\"0.3.753\"}\n")
                    .answer(connection, request);
                return;
              }
              if (isBalancersOwn(request)) {
                Replies.raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    .answer(connection, request);
                return;
              }
              replies[Math.min(count.incrementAndGet(), replies.length) - 1].answer(
                  connection, request);
            }));
  }

  /** A script that reads requests until the connection ends and gives each to this reply. */
  public static Script perRequest(Reply reply) {
    return connection -> {
      while (!connection.closed()) {
        RawRequest request = connection.readHead();
        reply.answer(connection, request);
        if (!connection.closed()) {
          RawBody unused = connection.readBody(request);
        }
      }
    };
  }

  public int port() {
    return port;
  }

  /** {@code host:port}. */
  public String name() {
    return "127.0.0.1:" + port;
  }

  /**
   * Every request whose head has been read, health checks included, in the order of their arrival.
   */
  public List<RawRequest> requests() {
    return List.copyOf(requests);
  }

  /** The requests that were neither health checks nor questions of a balancer's own. */
  public List<RawRequest> calls() {
    List<RawRequest> calls = new ArrayList<>(requests);
    calls.removeIf(
        request -> request.head().target().equals("/version") || isBalancersOwn(request));
    return calls;
  }

  private static boolean isBalancersOwn(RawRequest request) {
    return "fnlb".equals(request.head().header("User-Agent"));
  }

  /** How many connections came so far. */
  public int connections() {
    return connections.get();
  }

  /** How many connections are open now. */
  public int openConnections() {
    return open.size();
  }

  /** From now on connecting is refused; open connections stay. */
  public void refuse() {
    synchronized (listening) {
      ServerSocket current = listener;
      Thread accepting = acceptor;
      listener = null;
      acceptor = null;
      closeQuietly(current);
      if (accepting != null) {
        awaitEnd(accepting);
      }
    }
  }

  // The system goes on taking connections until the thread in accept() has let go of the socket.
  private static void awaitEnd(Thread accepting) {
    try {
      if (!accepting.join(RudeConnection.PATIENCE)) {
        throw new IllegalStateException(accepting.getName() + " still accepts connections");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Listens again, on the same port, after {@link #refuse()}. */
  public void accept() {
    try {
      int unused = listen(port);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on " + port + " again", e);
    }
  }

  /** Closes every open connection, idle or not; goes on listening. */
  public void closeConnections() {
    open.keySet().forEach(RudeNode::closeQuietly);
  }

  @Override
  public void close() {
    closed = true;
    refuse();
    for (Map.Entry<Socket, Thread> entry : open.entrySet()) {
      closeQuietly(entry.getKey());
      entry.getValue().interrupt();
    }
  }

  private int listen(int wanted) throws IOException {
    synchronized (listening) {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), wanted), 1024);
      listener = socket;
      acceptor =
          Thread.ofVirtual()
              .name("rude-node-" + socket.getLocalPort())
              .start(() -> acceptFrom(socket));
      return socket.getLocalPort();
    }
  }

  private void acceptFrom(ServerSocket socket) {
    try {
      while (!socket.isClosed()) {
        Socket client = socket.accept();
        int number = connections.incrementAndGet();
        Thread thread =
            Thread.ofVirtual()
                .name("rude-node-" + port + "-" + number)
                .unstarted(() -> serve(client, number));
        open.put(client, thread);
        thread.start();
        if (closed) {
          closeQuietly(client);
        }
      }
    } catch (IOException stopped) {
      closeQuietly(socket);
    }
  }

  private void serve(Socket client, int number) {
    try (client) {
      script.serve(new RudeConnection(number, client, requests::add));
    } catch (IOException ended) {
      closeQuietly(client);
    } finally {
      open.remove(client);
    }
  }

  private static void closeQuietly(@Nullable AutoCloseable socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (Exception e) {
      System.getLogger(RudeNode.class.getName())
          .log(System.Logger.Level.DEBUG, "closing a socket failed", e);
    }
  }
}
