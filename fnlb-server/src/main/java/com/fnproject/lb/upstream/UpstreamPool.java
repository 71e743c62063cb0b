package com.fnproject.lb.upstream;

import com.fnproject.lb.upstream.UpstreamException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one node. Thread-safe. The connection used last is used next, so that a pool
 * that was large for a moment shrinks again.
 *
 * <p>An idle connection is asked whether it still lives before it is handed out: one that the node
 * has closed never costs a call. Only a close that crosses a request on the wire can.
 */
public final class UpstreamPool implements AutoCloseable {

  /** How long a connection may lie idle; below the 75 s and more that servers commonly allow. */
  static final Duration IDLE_LIMIT = Duration.ofSeconds(60);

  private static final Duration LONGEST_SWEEP_INTERVAL = Duration.ofSeconds(15);
  private static final Duration SHORTEST_SWEEP_INTERVAL = Duration.ofMillis(100);

  private final String host;

  /** What the host is if it needs no look-up. */
  private final InetAddress @Nullable [] literal;

  private final int port;
  private final UpstreamConfig config;
  private final NameLookup names;
  private final LongSupplier clock;

  private final ConcurrentLinkedDeque<UpstreamConnection> idle = new ConcurrentLinkedDeque<>();
  private final AtomicInteger idleCount = new AtomicInteger();

  /** In use and idle. */
  private final Set<UpstreamConnection> open = ConcurrentHashMap.newKeySet();

  private final Semaphore places;
  private final Thread sweeper;
  private volatile boolean closed;

  /**
   * Creates an empty pool and starts the thread that closes what lies idle or stalls for too long.
   *
   * @param host name or IP address, IPv6 without brackets; a name is resolved at each connect
   * @param port 1 to 65535
   * @param config its limits
   * @param names resolves the host; closed by the caller
   * @param clock nanoseconds, monotonic
   */
  public UpstreamPool(
      String host, int port, UpstreamConfig config, NameLookup names, LongSupplier clock) {
    this.host = host;
    InetAddress address = NameLookup.literal(host);
    this.literal = address == null ? null : new InetAddress[] {address};
    this.names = names;
    this.port = port;
    this.config = config;
    this.clock = clock;
    this.places = new Semaphore(config.maxConnections());
    this.sweeper =
        Thread.ofVirtual().name("pool-sweeper-" + host + ":" + port).start(this::sweepUntilClosed);
  }

  UpstreamConfig config() {
    return config;
  }

  /**
   * Takes a connection, an idle one if it lives, else a new one. Blocks while one is awaited or
   * made.
   *
   * @param fresh whether an idle connection will not do
   * @throws UpstreamException of kind NO_CONNECTION_FREE or CONNECT
   */
  UpstreamConnection acquire(boolean fresh) {
    takePlace();
    UpstreamConnection connection = null;
    try {
      connection = fresh ? null : livingIdle();
      if (connection == null) {
        if (fresh) {
          makeRoom();
        }
        connection = connect();
        connection.begin(false);
      }
      return connection;
    } finally {
      if (connection == null) {
        places.release();
      }
    }
  }

  /** Gives a connection back, exactly once; it is kept only if it may carry another exchange. */
  void release(UpstreamConnection connection, boolean reusable) {
    if (!reusable || !keep(connection)) {
      discard(connection);
    }
    places.release();
  }

  private void discard(UpstreamConnection connection) {
    open.remove(connection);
    connection.close();
  }

  private boolean keep(UpstreamConnection connection) {
    if (closed) {
      return false;
    }
    if (idleCount.incrementAndGet() > config.maxIdle()) {
      idleCount.decrementAndGet();
      return false;
    }
    connection.idleSince(clock.getAsLong());
    idle.offerFirst(connection);
    if (closed) {
      closeIdle();
    }
    return true;
  }

  /** Connections that carry an exchange now; 0 or more. */
  int inUse() {
    return config.maxConnections() - places.availablePermits();
  }

  /** Connections that lie idle; 0 or more. */
  int idle() {
    return Math.max(0, idleCount.get());
  }

  /** Closes what is idle; connections in use are closed when they come back. */
  @Override
  public void close() {
    closed = true;
    closeIdle();
    sweeper.interrupt();
  }

  private void takePlace() {
    if (places.tryAcquire()) {
      return;
    }
    try {
      if (places.tryAcquire(config.connectionWait().toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new UpstreamException(
        Kind.NO_CONNECTION_FREE,
        false,
        "all " + config.maxConnections() + " connections to the node are in use",
        null);
  }

  // With an idle connection at hand and all places taken, a new one would be one too many.
  private void makeRoom() {
    UpstreamConnection oldest = idle.pollLast();
    if (oldest != null) {
      idleCount.decrementAndGet();
      discard(oldest);
    }
  }

  private @Nullable UpstreamConnection livingIdle() {
    UpstreamConnection connection;
    while ((connection = idle.pollFirst()) != null) {
      idleCount.decrementAndGet();
      if (connection.quiet()) {
        connection.begin(true);
        return connection;
      }
      discard(connection);
    }
    return null;
  }

  private UpstreamConnection connect() {
    long deadline = clock.getAsLong() + config.connectTimeout().toNanos();
    IOException failure = null;
    for (InetAddress address : literal == null ? resolve() : literal) {
      long left = deadline - clock.getAsLong();
      if (left <= 0) {
        break;
      }
      try {
        UpstreamConnection connection =
            UpstreamConnection.open(
                new InetSocketAddress(address, port),
                Duration.ofNanos(Math.max(left, 1_000_000)),
                clock);
        open.add(connection);
        return connection;
      } catch (IOException e) {
        failure = e;
      }
    }
    String reason =
        failure == null || failure instanceof SocketTimeoutException
            ? "no connection within " + config.connectTimeout().toMillis() + " ms"
            : String.valueOf(failure.getMessage());
    throw new UpstreamException(Kind.CONNECT, false, reason, failure);
  }

  private InetAddress[] resolve() {
    try {
      return names.addresses(host, config.connectTimeout());
    } catch (UnknownHostException e) {
      throw new UpstreamException(Kind.CONNECT, false, String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamException(Kind.CONNECT, false, "interrupted", e);
    }
  }

  private void sweepUntilClosed() {
    long interval =
        Math.clamp(
            config.answerTimeout().toMillis(),
            SHORTEST_SWEEP_INTERVAL.toMillis(),
            LONGEST_SWEEP_INTERVAL.toMillis());
    // Calls may outlive the pool, and a node that was removed may stall as well as any other.
    while (!closed || !open.isEmpty()) {
      try {
        Thread.sleep(interval);
      } catch (InterruptedException e) {
        continue;
      }
      sweep();
    }
  }

  /**
   * Closes connections from the far end of the stack that have been idle for too long, and those
   * whose node takes nothing any more of what is sent to it.
   */
  void sweep() {
    for (UpstreamConnection connection : open) {
      connection.closeIfStalled(config.answerTimeout());
    }
    UpstreamConnection oldest;
    while ((oldest = idle.peekLast()) != null
        && clock.getAsLong() - oldest.idleSince() > IDLE_LIMIT.toNanos()) {
      if (idle.removeLastOccurrence(oldest)) {
        idleCount.decrementAndGet();
        discard(oldest);
      }
    }
  }

  private void closeIdle() {
    UpstreamConnection connection;
    while ((connection = idle.pollFirst()) != null) {
      idleCount.decrementAndGet();
      discard(connection);
    }
  }
}
