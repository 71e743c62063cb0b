package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FunctionTableTest {

  @ParameterizedTest
  @CsvSource({
    "/invoke/01D7M8KVR41BT061G0A0000002, true",
    "/t/app, true",
    "/t/app/source/deeper, true",
    "/r/app/route, true",
    "/t, false",
    "/invoke, false",
    "/tt/app, false",
    "/v2/apps, false",
    "/version, false",
    "/, false",
    "*, false",
  })
  void tellsInvocationsFromWhatAnyNodeCanAnswer(String path, boolean invocation) {
    assertThat(FunctionTable.isInvocation(path)).isEqualTo(invocation);
  }

  @Test
  void remembersAFunctionWithItsState() {
    FunctionTable table = new FunctionTable(10);
    RoutedFunction function = table.function("/t/a/b");
    assertThat(function.key()).isEqualTo("/t/a/b");
    assertThat(function.hash()).isEqualTo(SipHash.hash("/t/a/b"));
    Object state = function.state(f -> new Object());
    assertThat(table.function("/t/a/b")).isSameAs(function);
    assertThat(table.function("/t/a/b").<Object>state(f -> new Object())).isSameAs(state);
    assertThat(table.function("/t/a/c")).isNotSameAs(function);
  }

  @Test
  void manyThreadsGetOneStateForOneFunction() throws Exception {
    RoutedFunction function = new FunctionTable(10).function("/t/a/b");
    Set<Object> states =
        Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        threads.execute(
            () -> {
              try {
                start.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              states.add(function.<Object>state(f -> new Object()));
            });
      }
      start.countDown();
    }
    assertThat(states).hasSize(1);
  }

  @Test
  void pathsThatAClientInventsDoNotPushOutAFunctionInUse() {
    FunctionTable table = new FunctionTable(100);
    RoutedFunction real = table.function("/t/real/one");
    for (int i = 0; i < 20_000; i++) {
      RoutedFunction unused = table.function("/t/invented/" + i);
      if (i % 10 == 0) {
        assertThat(table.function("/t/real/one")).as("after %d invented paths", i).isSameAs(real);
      }
    }
  }

  @Test
  void forgetsSoThatNeitherManyNorLongPathsFillTheMemory() {
    FunctionTable table = new FunctionTable(100);
    for (int i = 0; i < 10_000; i++) {
      RoutedFunction unused = table.function("/t/short/" + i);
    }
    assertThat(table.places()).isBetween(1L, 100L);
    String tail = "x".repeat(49 * FunctionTable.PATH_PER_PLACE);
    for (int i = 0; i < 1000; i++) {
      RoutedFunction unused = table.function("/t/long/" + i + tail);
    }
    assertThat(table.places()).isLessThanOrEqualTo(100L);
  }

  @Test
  void aLongPathTakesAsManyPlacesAsShortOnesOfItsLength() {
    FunctionTable table = new FunctionTable(100);
    RoutedFunction unused = table.function("/t/short");
    assertThat(table.places()).isEqualTo(1);
    unused = table.function("/t/" + "x".repeat(49 * FunctionTable.PATH_PER_PLACE));
    assertThat(table.places()).isEqualTo(51);
  }
}
