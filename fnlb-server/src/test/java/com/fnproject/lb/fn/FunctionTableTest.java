package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.fn.FnListing.Stamps;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;
import com.fnproject.lb.spi.SipHash;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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
    FunctionTable table = Tables.withoutApi(10);
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
    RoutedFunction function = Tables.withoutApi(10).function("/t/a/b");
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
    FunctionTable table = Tables.withoutApi(100);
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
    FunctionTable table = Tables.withoutApi(100);
    for (int i = 0; i < 10_000; i++) {
      RoutedFunction unused = table.function("/t/short/" + i);
    }
    assertThat(table.pathPlaces()).isBetween(1L, 100L);
    String tail = "x".repeat(49 * FunctionTable.PATH_PER_PLACE);
    for (int i = 0; i < 1000; i++) {
      RoutedFunction unused = table.function("/t/long/" + i + tail);
    }
    assertThat(table.pathPlaces()).isLessThanOrEqualTo(100L);
  }

  @Test
  void aLongPathTakesAsManyPlacesAsShortOnesOfItsLength() {
    FunctionTable table = Tables.withoutApi(100);
    RoutedFunction unused = table.function("/t/short");
    assertThat(table.pathPlaces()).isEqualTo(1);
    unused = table.function("/t/" + "x".repeat(49 * FunctionTable.PATH_PER_PLACE));
    assertThat(table.pathPlaces()).isEqualTo(51);
  }

  private final List<List<String>> merges = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();

  /** Finds this for every trigger. */
  private static final class OneAnswer implements TriggerLookups.Source {
    @Nullable String functionId;
    int asked;

    @Override
    public boolean available() {
      return true;
    }

    @Override
    public TriggerLookups.@Nullable Found find(TriggerPath trigger) {
      asked++;
      return functionId == null ? null : new TriggerLookups.Found(functionId, Stamps.NONE, asked);
    }
  }

  private final OneAnswer source = new OneAnswer();

  private FunctionTable table(int maxFunctions, int maxTriggers, int maxPaths) {
    return new FunctionTable(
        Tables.config(maxFunctions, maxTriggers, maxPaths),
        source,
        (from, into) -> merges.add(List.of(from.key(), into.key())),
        null,
        nanos::get,
        MeterRegistry.create(MetricsConfig.create()));
  }

  private FnListing listing(Map<String, Stamps> functions, Map<String, String> triggers) {
    return new FnListing(functions, triggers, true, nanos.get());
  }

  private static Stamps at(String function, String app) {
    return new Stamps(function, app);
  }

  @Test
  void everyPathOfAKnownFunctionHasTheOneRecordOfItsId() {
    FunctionTable table = table(10, 10, 10);
    table.listed(
        listing(Map.of("f1", Stamps.NONE), Map.of("/t/a/x", "f1", "/t/a", "f1", "/t/a/", "f1")));
    FnFunction function = table.function("/invoke/f1");
    assertThat(function.key()).isEqualTo("/invoke/f1");
    for (String path : List.of("/t/a/x", "/t/a", "/t/a/")) {
      assertThat(table.function(path)).as(path).isSameAs(function);
    }
    assertThat(table.function("/t/a/x/")).isNotSameAs(function);
    assertThat(merges).isEmpty();
  }

  @Test
  void theRecordOfAPathIsMergedIntoTheFunctionsOnceThatIsKnown() {
    FunctionTable table = table(10, 10, 10);
    FnFunction byId = table.function("/invoke/f1");
    FnFunction byPath = table.function("/t/a/x");
    assertThat(byPath.key()).isEqualTo("/t/a/x");
    FnListing listing = listing(Map.of("f1", Stamps.NONE), Map.of("/t/a/x", "f1", "/t/a/y", "f1"));
    table.listed(listing);
    table.listed(listing);
    assertThat(merges).containsExactly(List.of("/t/a/x", "/invoke/f1"));
    assertThat(table.function("/t/a/x")).isSameAs(byId);
    assertThat(table.function("/invoke/f1")).isSameAs(byId);
  }

  @Test
  void aTriggerThatIsFoundWhileItsCallWaitsNeverHasARecordOfItsOwn() {
    FunctionTable table = table(10, 10, 10);
    source.functionId = "f1";
    assertThat(table.function("/t/a/x").key()).isEqualTo("/invoke/f1");
    assertThat(table.function("/t/a/x").key()).isEqualTo("/invoke/f1");
    assertThat(source.asked).isEqualTo(1);
    assertThat(merges).isEmpty();
  }

  @Test
  void aTriggerThatWasNotFoundIsLookedUpAgainOnlyAfterAWhile() {
    FunctionTable table = table(10, 10, 10);
    for (int i = 0; i < 10; i++) {
      assertThat(table.function("/t/a/x").key()).isEqualTo("/t/a/x");
    }
    assertThat(source.asked).isEqualTo(1);
    nanos.addAndGet(FunctionTable.NEGATIVE_NANOS);
    source.functionId = "f1";
    assertThat(table.function("/t/a/x").key()).isEqualTo("/invoke/f1");
    assertThat(merges).containsExactly(List.of("/t/a/x", "/invoke/f1"));
  }

  @Test
  void aChangeOfTheFunctionOrItsAppGrowsItsGenerationOnce() {
    FunctionTable table = table(10, 10, 10);
    Map<String, String> triggers = Map.of("/t/a/x", "f1");
    table.listed(listing(Map.of("f1", at("1", "1"), "f2", at("1", "1")), triggers));
    FnFunction function = table.function("/t/a/x");
    FnFunction other = table.function("/invoke/f2");
    assertThat(function.generation()).isZero();
    for (Stamps stamps : List.of(at("2", "1"), at("2", "1"), at("2", "2"), at("", ""))) {
      nanos.incrementAndGet();
      table.listed(listing(Map.of("f1", stamps, "f2", at("1", "1")), triggers));
    }
    assertThat(function.generation()).isEqualTo(2);
    nanos.incrementAndGet();
    table.listed(listing(Map.of("f1", at("3", "3"), "f2", at("1", "1")), triggers));
    assertThat(function.generation()).isEqualTo(3);
    assertThat(other.generation()).isZero();
    assertThat(table.function("/t/a/x")).isSameAs(function);
  }

  @Test
  void aTriggerThatMovesToAnotherFunctionTakesNoRecordWithIt() {
    FunctionTable table = table(10, 10, 10);
    Map<String, Stamps> functions = Map.of("f1", Stamps.NONE, "f2", Stamps.NONE);
    table.listed(listing(functions, Map.of("/t/a/x", "f1")));
    FnFunction first = table.function("/t/a/x");
    nanos.incrementAndGet();
    table.listed(listing(functions, Map.of("/t/a/x", "f2")));
    assertThat(table.function("/t/a/x")).isSameAs(table.function("/invoke/f2"));
    assertThat(table.function("/invoke/f1")).isSameAs(first);
    assertThat(merges).isEmpty();
  }

  @Test
  void whatAWholeListingDoesNotHaveIsForgottenUnlessItIsNewer() {
    FunctionTable table = table(10, 10, 10);
    table.listed(
        listing(
            Map.of("f1", Stamps.NONE, "f2", Stamps.NONE), Map.of("/t/a/x", "f1", "/t/a/y", "f2")));
    FnFunction gone = table.function("/t/a/x");
    FnFunction kept = table.function("/t/a/y");
    nanos.incrementAndGet();
    FnListing later = listing(Map.of("f2", Stamps.NONE), Map.of());
    table.listed(new FnListing(later.functions(), later.triggers(), false, later.askedNanos()));
    assertThat(table.function("/t/a/x")).as("a partial listing").isSameAs(gone);
    nanos.incrementAndGet();
    table.listed(later);
    assertThat(table.function("/t/a/x").key()).isEqualTo("/t/a/x");
    assertThat(table.function("/t/a/y").key()).isEqualTo("/t/a/y");
    assertThat(table.function("/invoke/f1")).isNotSameAs(gone);
    assertThat(table.function("/invoke/f2")).isSameAs(kept);

    nanos.addAndGet(FunctionTable.NEGATIVE_NANOS + 1);
    FnListing early = listing(Map.of("f2", Stamps.NONE), Map.of());
    source.functionId = "f3";
    source.asked = (int) Math.min(nanos.get(), Integer.MAX_VALUE - 1);
    assertThat(table.function("/t/a/z").key()).isEqualTo("/invoke/f3");
    table.listed(new FnListing(early.functions(), early.triggers(), true, source.asked - 1));
    assertThat(table.function("/t/a/z").key())
        .as("found after it was listed")
        .isEqualTo("/invoke/f3");
  }

  @Test
  void aMillionInventedPathsPushOutNoFunctionThatIsKnown() {
    FunctionTable table = table(100, 100, 1000);
    Map<String, Stamps> functions = new HashMap<>();
    Map<String, String> triggers = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      functions.put("f" + i, Stamps.NONE);
      triggers.put("/t/a/" + i, "f" + i);
    }
    table.listed(listing(functions, triggers));
    List<FnFunction> known = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      known.add(table.function("/invoke/f" + i));
    }
    for (int i = 0; i < 1_000_000; i++) {
      RoutedFunction unused = table.function((i % 2 == 0 ? "/invoke/g" : "/r/g/") + i);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(table.function("/invoke/f" + i)).isSameAs(known.get(i));
      assertThat(table.function("/t/a/" + i)).isSameAs(known.get(i));
    }
    assertThat(table.pathPlaces()).isLessThanOrEqualTo(1000);
  }

  @Test
  void aListingPushesNothingOut() {
    FunctionTable table = table(5, 5, 100);
    Map<String, Stamps> functions = new HashMap<>(Map.of("f1", Stamps.NONE));
    table.listed(listing(functions, Map.of("/t/a/x", "f1")));
    FnFunction function = table.function("/t/a/x");
    Map<String, String> triggers = new HashMap<>(Map.of("/t/a/x", "f1"));
    for (int i = 0; i < 1000; i++) {
      functions.put("g" + i, Stamps.NONE);
      triggers.put("/t/g/" + i, "g" + i);
    }
    for (int i = 0; i < 10; i++) {
      nanos.incrementAndGet();
      table.listed(listing(functions, triggers));
    }
    assertThat(table.function("/t/a/x")).isSameAs(function);
  }

  @Test
  void aFunctionThatIsEvictedIsNotKeptByItsTrigger() {
    FunctionTable table = table(5, 100, 100);
    for (int i = 0; i < 100; i++) {
      source.functionId = "f" + i;
      for (int j = 0; j < 20; j++) {
        RoutedFunction unused = table.function("/t/a/" + i);
      }
    }
    source.functionId = null;
    for (int i = 0; i < 100; i++) {
      FnFunction triggered = table.function("/t/a/" + i);
      if (triggered.key().startsWith("/invoke/")) {
        assertThat(table.function("/invoke/f" + i)).isSameAs(triggered);
      }
    }
  }

  /** The end of a call of this function. */
  private static void ended(FunctionTable table, FnFunction function, Outcome outcome, int status) {
    RoutingCall call = answering(RoutingCall.class, Map.of("function", function));
    RoutingResult result =
        answering(RoutingResult.class, Map.of("outcome", outcome, "status", status));
    NodeRegistry registry = Registries.unconnected(snapshot -> ignored -> null, System::nanoTime);
    boolean unused = registry.apply(new NodeChange.Add(NodeAddress.parse("fn-1")));
    table.onAttempt(call, registry.table().nodes().all().getFirst(), result);
    registry.close();
  }

  private static <T> T answering(Class<T> type, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> answers.get(method.getName())));
  }

  @Test
  void whatHasRunIsAFunctionAlsoWithoutAnApi() {
    FunctionTable table = Tables.withoutApi(1000);
    FnFunction ran = table.function("/invoke/f1");
    ended(table, ran, Outcome.RAN, 200);
    FnFunction redirected = table.function("/invoke/f1/");
    ended(table, redirected, Outcome.RAN, 307);
    FnFunction slash = table.function("/invoke/f2/x");
    ended(table, slash, Outcome.RAN, 200);
    FnFunction absent = table.function("/invoke/f3");
    ended(table, absent, Outcome.NOT_RUN, 404);
    for (int i = 0; i < 100_000; i++) {
      RoutedFunction unused = table.function("/invoke/g" + i);
      unused = table.function("/invoke/g" + i);
      unused = table.function("/invoke/g" + i);
    }
    assertThat(table.function("/invoke/f1")).isSameAs(ran);
    assertThat(table.pathPlaces()).isLessThanOrEqualTo(1000);
    for (FnFunction invented : List.of(redirected, slash, absent)) {
      assertThat(table.function(invented.key())).as(invented.key()).isNotSameAs(invented);
    }
  }
}
