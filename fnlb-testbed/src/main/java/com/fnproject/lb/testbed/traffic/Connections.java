package com.fnproject.lb.testbed.traffic;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Keep-alive connections to one place, last used, first reused. There are never more than calls
 * under way at once. Thread-safe.
 */
final class Connections implements AutoCloseable {
  /** Well under the 75 s after which a balancer closes an idle one. */
  private static final long MAX_IDLE_NANOS = Duration.ofSeconds(30).toNanos();

  private record Idle(RawClient client, long sinceNanos) {
    boolean expired() {
      return System.nanoTime() - sinceNanos > MAX_IDLE_NANOS;
    }
  }

  private final ConcurrentLinkedDeque<Idle> idle = new ConcurrentLinkedDeque<>();
  private final String host;
  private final int port;
  private final Duration patience;

  Connections(String host, int port, Duration patience) {
    this.host = host;
    this.port = port;
    this.patience = patience;
  }

  /**
   * Sends a request once, on whatever connection, and reads the whole answer.
   *
   * @return the answer's status
   */
  int exchange(byte[] request) throws IOException {
    RawClient client = take();
    boolean reusable = false;
    try {
      RawAnswer answer = client.send(request).readAnswer();
      if (!answer.body().complete()) {
        throw new EOFException("the answer broke off");
      }
      reusable = !"close".equalsIgnoreCase(answer.head().header("Connection"));
      return answer.status();
    } finally {
      if (reusable) {
        idle.addFirst(new Idle(client, System.nanoTime()));
        closeExpired();
      } else {
        client.close();
      }
    }
  }

  private RawClient take() throws IOException {
    Idle last = idle.pollFirst();
    if (last != null && !last.expired()) {
      return last.client();
    }
    if (last != null) {
      last.client().close();
    }
    return RawClient.connect(host, port).patience(patience);
  }

  private void closeExpired() {
    @Nullable Idle oldest = idle.peekLast();
    if (oldest != null && oldest.expired() && idle.remove(oldest)) {
      oldest.client().close();
    }
  }

  @Override
  public void close() {
    for (Idle one = idle.pollFirst(); one != null; one = idle.pollFirst()) {
      one.client().close();
    }
  }
}
