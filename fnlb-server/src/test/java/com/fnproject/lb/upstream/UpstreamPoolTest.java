package com.fnproject.lb.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.wire.DeadPort;
import com.fnproject.lb.testbed.wire.MutePort;
import com.fnproject.lb.testbed.wire.RudeConnection;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.upstream.UpstreamException.Kind;
import io.helidon.common.buffers.BufferData;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to one node, taken and given back. */
@Timeout(30)
class UpstreamPoolTest {

  private final AtomicLong clock = new AtomicLong();
  private final NameLookup names =
      new NameLookup(
          name ->
              switch (name) {
                case "two" ->
                    new InetAddress[] {
                      InetAddress.ofLiteral("127.0.0.2"), InetAddress.ofLiteral("127.0.0.1")
                    };
                default -> throw new UnknownHostException(name);
              });

  @AfterEach
  void close() {
    names.close();
  }

  private UpstreamPool pool(String host, int port, int max, int maxIdle) {
    UpstreamConfig config =
        new UpstreamConfig(
            max,
            maxIdle,
            Duration.ofMillis(200),
            Duration.ofMillis(20),
            Duration.ofSeconds(5),
            65_536);
    return new UpstreamPool(host, port, config, names, clock::get);
  }

  private static void assertFails(UpstreamPool pool, Kind kind, String reason) {
    assertThatThrownBy(() -> pool.acquire(false))
        .isInstanceOfSatisfying(
            UpstreamException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e.sent()).isFalse();
              assertThat(e.reason()).contains(reason);
            });
    assertThat(pool.inUse()).isZero();
  }

  @Test
  void saysWhyItHasNoConnection() throws Exception {
    try (DeadPort dead = DeadPort.open();
        MutePort mute = MutePort.open();
        UpstreamPool refused = pool("127.0.0.1", dead.port(), 1, 1);
        UpstreamPool silent = pool("127.0.0.1", mute.port(), 1, 1);
        UpstreamPool unknown = pool("unknown", 1, 1, 1)) {
      assertFails(refused, Kind.CONNECT, "Connection refused");
      assertFails(silent, Kind.CONNECT, "no connection within 200 ms");
      assertFails(unknown, Kind.CONNECT, "name unknown does not resolve");
    }
  }

  @Test
  void triesEveryAddressOfAName() {
    // Everything on 127/8 is this machine, but the node listens on 127.0.0.1 only.
    try (RudeNode node = RudeNode.start(RudeConnection::ignore);
        UpstreamPool pool = pool("two", node.port(), 1, 1)) {
      UpstreamConnection connection = pool.acquire(false);
      assertThat(connection.reused()).isFalse();
      pool.release(connection, false);
    }
  }

  @Test
  void reusesTheConnectionThatCameBackLast() {
    try (RudeNode node = RudeNode.start(RudeConnection::ignore);
        UpstreamPool pool = pool("127.0.0.1", node.port(), 3, 2)) {
      UpstreamConnection first = pool.acquire(false);
      UpstreamConnection second = pool.acquire(false);
      UpstreamConnection third = pool.acquire(false);
      assertFails0(pool);
      pool.release(first, true);
      pool.release(second, true);
      pool.release(third, true);
      assertThat(pool.idle()).isEqualTo(2);
      assertThat(pool.inUse()).isZero();
      await().until(() -> node.openConnections() == 2);
      assertThat(pool.acquire(false)).isSameAs(second);
      assertThat(second.reused()).isTrue();
      pool.release(second, false);
      assertThat(pool.acquire(false)).isSameAs(first);
      pool.release(first, false);
      await().until(() -> node.openConnections() == 0);
      assertThat(pool.idle()).isZero();
    }
  }

  private static void assertFails0(UpstreamPool pool) {
    assertThatThrownBy(() -> pool.acquire(false))
        .isInstanceOfSatisfying(
            UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NO_CONNECTION_FREE))
        .hasMessage("all 3 connections to the node are in use");
  }

  @Test
  void neverOpensMoreThanItMayEvenWhenAConnectionMustBeFresh() {
    try (RudeNode node = RudeNode.start(RudeConnection::ignore);
        UpstreamPool pool = pool("127.0.0.1", node.port(), 2, 2)) {
      UpstreamConnection first = pool.acquire(false);
      UpstreamConnection second = pool.acquire(false);
      pool.release(first, true);
      UpstreamConnection fresh = pool.acquire(true);
      assertThat(fresh).isNotSameAs(first);
      assertThat(fresh.reused()).isFalse();
      await().until(() -> node.connections() == 3 && node.openConnections() == 2);
      pool.release(second, true);
      pool.release(fresh, true);
      assertThat(pool.idle()).isEqualTo(2);
    }
  }

  @Test
  void handsOutNoConnectionThatTheNodeHasClosedOrSpokenOn() {
    Semaphore signal = new Semaphore(0);
    try (RudeNode node =
            RudeNode.start(
                connection -> {
                  connection.await(signal);
                  if (connection.number() == 1) {
                    connection.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
                  } else if (connection.number() == 2) {
                    connection.reset();
                  }
                });
        UpstreamPool pool = pool("127.0.0.1", node.port(), 9, 9)) {
      UpstreamConnection[] connections = new UpstreamConnection[3];
      for (int i = 0; i < 3; i++) {
        connections[i] = pool.acquire(false);
      }
      for (UpstreamConnection connection : connections) {
        pool.release(connection, true);
      }
      signal.release(3);
      await().until(() -> node.openConnections() == 0);
      UpstreamConnection connection = pool.acquire(false);
      assertThat(connection.reused()).isFalse();
      assertThat(connection).isNotIn((Object[]) connections);
      assertThat(pool.idle()).isZero();
      pool.release(connection, false);
    }
  }

  @Test
  void closesWhatLiesIdleTooLong() {
    try (RudeNode node = RudeNode.start(RudeConnection::ignore);
        UpstreamPool pool = pool("127.0.0.1", node.port(), 2, 2)) {
      UpstreamConnection old = pool.acquire(false);
      UpstreamConnection young = pool.acquire(false);
      pool.release(old, true);
      clock.addAndGet(UpstreamPool.IDLE_LIMIT.toNanos());
      pool.release(young, true);
      pool.sweep();
      assertThat(pool.idle()).isEqualTo(2);
      clock.incrementAndGet();
      pool.sweep();
      assertThat(pool.idle()).isEqualTo(1);
      assertThat(pool.acquire(false)).isSameAs(young);
      pool.release(young, false);
    }
  }

  @Test
  void closesWhatItsNodeTakesNothingOfAnyMoreAndNothingThatOnlyWaits() throws Exception {
    Semaphore end = new Semaphore(0);
    try (RudeNode node = RudeNode.start(connection -> connection.await(end));
        UpstreamPool pool = pool("127.0.0.1", node.port(), 2, 2)) {
      UpstreamConnection waiting = pool.acquire(false);
      waiting.writer().write(BufferData.create("GET / HTTP/1.1\r\n"));
      UpstreamConnection stuck = pool.acquire(false);
      FutureTask<Void> writer =
          new FutureTask<>(
              () -> {
                while (true) {
                  stuck.writer().write(BufferData.create(new byte[65_536]));
                }
              });
      Thread unused = Thread.ofVirtual().start(writer);
      await()
          .until(
              () -> {
                clock.addAndGet(Duration.ofSeconds(6).toNanos());
                pool.sweep();
                return writer.isDone();
              });
      assertThat(stuck.stalled()).isTrue();
      assertThat(waiting.stalled()).isFalse();
      pool.release(stuck, false);
      pool.release(waiting, true);
      assertThat(pool.acquire(false)).isSameAs(waiting);
      pool.release(waiting, false);
      end.release(2);
    }
  }

  /** Calls outlive the pool of a node that is removed; its own thread must go on watching them. */
  @Test
  void watchesForStalledWritesUntilTheLastConnectionOfAClosedPoolIsBack() throws Exception {
    Semaphore end = new Semaphore(0);
    UpstreamConfig impatient =
        new UpstreamConfig(
            1, 1, Duration.ofSeconds(1), Duration.ZERO, Duration.ofMillis(100), 65_536);
    try (RudeNode node = RudeNode.start(connection -> connection.await(end))) {
      UpstreamPool pool =
          new UpstreamPool("127.0.0.1", node.port(), impatient, names, System::nanoTime);
      UpstreamConnection stuck = pool.acquire(false);
      pool.close();
      FutureTask<Void> writer =
          new FutureTask<>(
              () -> {
                while (true) {
                  stuck.writer().write(BufferData.create(new byte[65_536]));
                }
              });
      Thread unused = Thread.ofVirtual().start(writer);
      await().until(writer::isDone);
      assertThat(stuck.stalled()).isTrue();
      pool.release(stuck, false);
      end.release();
    }
  }

  @Test
  void keepsNothingAfterItsEnd() {
    try (RudeNode node = RudeNode.start(RudeConnection::ignore)) {
      UpstreamPool pool = pool("127.0.0.1", node.port(), 2, 2);
      UpstreamConnection idle = pool.acquire(false);
      UpstreamConnection used = pool.acquire(false);
      pool.release(idle, true);
      pool.close();
      await().until(() -> node.openConnections() == 1);
      pool.release(used, true);
      await().until(() -> node.openConnections() == 0);
      assertThat(pool.idle()).isZero();
      assertThat(pool.inUse()).isZero();
    }
  }
}
