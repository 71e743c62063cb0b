package com.fnproject.lb.health;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up on platform threads. The JDK's resolver is native code: called on a virtual thread
 * it occupies a carrier, of which there are as many as processors, and a name server that does not
 * answer (10 s and more a name) would stop every call that the balancer serves. Thread-safe.
 */
final class NameLookup implements AutoCloseable {

  /** As many names may hang at once before they delay others. */
  private static final int THREADS = 32;

  private static final int QUEUE = 1024;
  private static final int IDLE_SECONDS = 10;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(QUEUE),
          Thread.ofPlatform().daemon().name("health-lookup-", 0).factory());

  /** At most one look-up for a name, however often it is asked for while it hangs. */
  private final Map<String, FutureTask<InetAddress[]>> underWay = new ConcurrentHashMap<>();

  NameLookup() {
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * The addresses of a host; an address stands for itself. Blocks until they are known.
   *
   * @param host a name or an IP address, IPv6 without brackets
   * @throws UnknownHostException if the name does not resolve, or too many names are being looked
   *     up
   * @throws InterruptedException if the thread is interrupted; the look-up goes on for others
   */
  InetAddress[] addresses(String host) throws UnknownHostException, InterruptedException {
    InetAddress literal = literal(host);
    if (literal != null) {
      return new InetAddress[] {literal};
    }
    try {
      return underWay.computeIfAbsent(host, this::start).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException unknown) {
        throw unknown;
      }
      throw new IllegalStateException(e.getCause());
    } catch (RejectedExecutionException e) {
      throw new UnknownHostException(host);
    }
  }

  private static @Nullable InetAddress literal(String host) {
    char first = host.charAt(0);
    if (host.indexOf(':') < 0 && (first < '0' || first > '9')) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private FutureTask<InetAddress[]> start(String host) {
    FutureTask<InetAddress[]> lookup =
        new FutureTask<>(
            () -> {
              try {
                return InetAddress.getAllByName(host);
              } finally {
                underWay.remove(host);
              }
            });
    threads.execute(lookup);
    return lookup;
  }

  /** Starts no more look-ups. Threads in a native call end with it; they are daemons. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
