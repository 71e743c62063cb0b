package com.fnproject.lb.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that resolve, do not, or hang. */
@Timeout(30)
class NameLookupTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final InetAddress[] HERE = {InetAddress.ofLiteral("127.0.0.1")};

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "10.1.2.3", "::1", "fe80::1", "2001:db8::2"})
  void takesAnAddressForItselfWithoutALookUp(String address) throws Exception {
    try (NameLookup names =
        new NameLookup(
            name -> {
              throw new AssertionError(name + " was looked up");
            })) {
      assertThat(names.addresses(address, Duration.ZERO))
          .containsExactly(InetAddress.ofLiteral(address));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fn-1", "localhost", "1.2.3.4.example", "a.b", "1node"})
  void looksNamesUp(String name) throws Exception {
    assertThat(NameLookup.literal(name)).isNull();
    try (NameLookup names = new NameLookup(asked -> asked.equals(name) ? HERE : null)) {
      assertThat(names.addresses(name, LONG)).isEqualTo(HERE);
    }
  }

  @Test
  void saysWhyANameHasNoAddress() {
    Semaphore signal = new Semaphore(0);
    try (NameLookup names =
        new NameLookup(
            name -> {
              if (name.equals("slow")) {
                signal.acquireUninterruptibly();
                return HERE;
              }
              throw new UnknownHostException(name + ": Temporary failure in name resolution");
            })) {
      assertThatThrownBy(() -> names.addresses("unknown", LONG))
          .isInstanceOf(UnknownHostException.class)
          .hasMessage("name unknown does not resolve");
      assertThatThrownBy(() -> names.addresses("slow", Duration.ofMillis(20)))
          .isInstanceOf(UnknownHostException.class)
          .hasMessage("name slow was not resolved within 20 ms");
      signal.release();
    }
  }

  @Test
  void asksOnceForANameThatHangsAndHoldsUpNoOther() throws Exception {
    Semaphore signal = new Semaphore(0);
    AtomicInteger asked = new AtomicInteger();
    try (NameLookup names =
        new NameLookup(
            name -> {
              if (name.equals("slow")) {
                asked.incrementAndGet();
                signal.acquireUninterruptibly();
              }
              return HERE;
            })) {
      List<CompletableFuture<InetAddress[]>> waiting = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        CompletableFuture<InetAddress[]> result = new CompletableFuture<>();
        waiting.add(result);
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    result.complete(names.addresses("slow", LONG));
                  } catch (Exception e) {
                    result.completeExceptionally(e);
                  }
                });
      }
      await().until(() -> asked.get() == 1);
      assertThat(names.addresses("fast", LONG)).isEqualTo(HERE);
      signal.release(100);
      for (CompletableFuture<InetAddress[]> result : waiting) {
        assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(HERE);
      }
      assertThat(asked.get()).isLessThan(100);
      // Nothing is remembered: a name may move.
      int before = asked.get();
      assertThat(names.addresses("slow", LONG)).isEqualTo(HERE);
      assertThat(asked.get()).isEqualTo(before + 1);
    }
  }

  @Test
  void looksNothingUpAfterItsEnd() {
    NameLookup names = new NameLookup(name -> HERE);
    names.close();
    assertThatThrownBy(() -> names.addresses("fn-1", LONG))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage("name fn-1 was not looked up: too many names are");
  }

  @Test
  void endsWhenItsThreadIsInterrupted() throws Exception {
    Semaphore signal = new Semaphore(0);
    try (NameLookup names =
        new NameLookup(
            name -> {
              signal.acquireUninterruptibly();
              return HERE;
            })) {
      CompletableFuture<InetAddress[]> result = new CompletableFuture<>();
      Thread thread =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      result.complete(names.addresses("slow", LONG));
                    } catch (Exception e) {
                      result.completeExceptionally(e);
                    }
                  });
      thread.interrupt();
      assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InterruptedException.class);
      signal.release();
    }
  }
}
