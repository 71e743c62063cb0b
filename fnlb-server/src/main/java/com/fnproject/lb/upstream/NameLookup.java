package com.fnproject.lb.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks names up on platform threads. The JDK's resolver is native code: called on a virtual thread
 * it occupies a carrier, of which there are as many as processors, and a name server that does not
 * answer (10 s and more a name) would stop every call that the balancer serves. Thread-safe.
 */
public final class NameLookup implements AutoCloseable {

  /** What knows names, for as long as it takes. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] addresses(String name) throws UnknownHostException;
  }

  /** As many names may hang at once before they delay others. */
  static final int THREADS = 32;

  private static final int QUEUE = 1024;
  private static final int IDLE_SECONDS = 10;

  private final Resolver resolver;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(QUEUE),
          Thread.ofPlatform().daemon().name("name-lookup-", 0).factory());

  /** At most one look-up for a name, however often it is asked for while it hangs. */
  private final Map<String, FutureTask<InetAddress[]>> underWay = new ConcurrentHashMap<>();

  /** Asks the system. Threads are started as they are needed. */
  public NameLookup() {
    this(InetAddress::getAllByName);
  }

  NameLookup(Resolver resolver) {
    this.resolver = resolver;
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * The addresses of a host; an address stands for itself. Blocks until they are known.
   *
   * @param host a name or an IP address, IPv6 without brackets
   * @param timeout the longest time to wait; the look-up goes on for others
   * @return at least one
   * @throws UnknownHostException if there are none, or not in time; its message is the reason, fit
   *     for an operator
   * @throws InterruptedException if the thread is interrupted; the look-up goes on for others
   */
  public InetAddress[] addresses(String host, Duration timeout)
      throws UnknownHostException, InterruptedException {
    InetAddress literal = literal(host);
    if (literal != null) {
      return new InetAddress[] {literal};
    }
    try {
      return underWay
          .computeIfAbsent(host, this::start)
          .get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw failure("name " + host + " does not resolve", e);
    } catch (TimeoutException e) {
      throw failure("name " + host + " was not resolved within " + timeout.toMillis() + " ms", e);
    } catch (RejectedExecutionException e) {
      throw failure("name " + host + " was not looked up: too many names are", e);
    }
  }

  private static UnknownHostException failure(String reason, Throwable cause) {
    UnknownHostException failure = new UnknownHostException(reason);
    failure.initCause(cause);
    return failure;
  }

  /**
   * The address that a host is, without any look-up.
   *
   * @param host a name or an IP address, IPv6 without brackets
   * @return null for a name
   */
  static @Nullable InetAddress literal(String host) {
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
                return resolver.addresses(host);
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
