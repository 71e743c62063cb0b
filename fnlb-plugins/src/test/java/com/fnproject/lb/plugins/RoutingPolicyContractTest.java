package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the SPI asks of every policy. */
abstract class RoutingPolicyContractTest {

  private static final Outcome[] OUTCOMES = Outcome.values();

  abstract RoutingPolicyProvider provider();

  abstract String name();

  /** Options that are known to the policy, and good. */
  Map<String, String> goodOptions() {
    return Map.of();
  }

  /**
   * Fails if the policy believes that calls are under way. A policy without books has nothing to
   * check.
   */
  void assertNothingBooked(RoutingPolicy policy, List<FakeNode> nodes) {}

  @Test
  void isFoundByTheServiceLoaderUnderItsName() {
    assertThat(ServiceLoader.load(RoutingPolicyProvider.class))
        .filteredOn(found -> found.name().equals(name()))
        .singleElement()
        .isInstanceOf(provider().getClass());
    assertThat(provider().spiVersion()).isEqualTo(RoutingPolicyProvider.SPI_VERSION);
  }

  @Test
  void offersNothingFromAnEmptySnapshot() {
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(1))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of());
      assertThat(new FakeCall(new FakeFunction("/t/app/f")).select(selector)).isNull();
      assertNothingBooked(policy, List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16, 17, 60})
  void offersEveryNodeOnceAndThenNone(int size) {
    List<FakeNode> nodes = nodes("n", size);
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(2))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      FakeCall call = new FakeCall(new FakeFunction("/t/app/f"));
      List<FakeNode> offered = new ArrayList<>();
      for (FakeNode node = call.select(selector); node != null; node = call.select(selector)) {
        offered.add(node);
        assertThat(offered.size()).isLessThanOrEqualTo(size);
        call.end(policy, FakeResult.of(Outcome.UNREACHABLE));
      }
      assertThat(offered).containsExactlyInAnyOrderElementsOf(nodes);
      assertNothingBooked(policy, nodes);
    }
  }

  @Test
  void offersNothingWhenEveryNodeWasTried() {
    List<FakeNode> nodes = nodes("n", 5);
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(3))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      FakeCall call = new FakeCall(new FakeFunction("/t/app/f")).tried(nodes);
      assertThat(call.select(selector)).isNull();
      assertNothingBooked(policy, nodes);
    }
  }

  @Test
  void returnsOnlyUntriedNodesOfTheSelectorsOwnSnapshotWhateverHappens() {
    Random random = new Random(4);
    List<FakeNode> all = nodes("n", 40);
    List<FakeFunction> functions = functions(20);
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(4))) {
      for (int round = 0; round < 50; round++) {
        List<FakeNode> present = all.stream().filter(node -> random.nextBoolean()).toList();
        NodeSelector selector = policy.newSelector(FakeSnapshot.of(present));
        for (int i = 0; i < 100; i++) {
          FakeCall call = new FakeCall(functions.get(random.nextInt(functions.size())));
          call.tried(all.stream().filter(node -> random.nextInt(3) == 0).toList());
          attempt(policy, selector, present, call, randomResult(random));
        }
      }
      assertNothingBooked(policy, all);
    }
  }

  @Test
  void servesOnFromAnOlderSelectorAfterANewOneWasBuilt() {
    List<FakeNode> before = nodes("a", 20);
    List<FakeNode> after = nodes("b", 3);
    FakeFunction function = new FakeFunction("/t/app/f");
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(5))) {
      NodeSelector older = policy.newSelector(FakeSnapshot.of(before));
      NodeSelector newer = policy.newSelector(FakeSnapshot.of(after));
      for (int i = 0; i < 50; i++) {
        attempt(policy, newer, after, new FakeCall(function), FakeResult.RAN);
        attempt(policy, older, before, new FakeCall(function), FakeResult.RAN);
      }
      assertNothingBooked(policy, before);
      assertNothingBooked(policy, after);
    }
  }

  @Test
  void choosesTheSameNodesFromTheSameSeed() {
    assertThat(history(6)).isEqualTo(history(6));
  }

  /** The nodes of 2,000 attempts in a cluster that changes, with up to 30 calls at once. */
  private List<String> history(long seed) {
    Random random = new Random(seed);
    List<FakeNode> nodes = nodes("n", 25);
    List<FakeFunction> functions = functions(10);
    List<String> chosen = new ArrayList<>();
    List<FakeCall> underWay = new ArrayList<>();
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(seed))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      for (int i = 0; i < 2000; i++) {
        if (i % 500 == 499) {
          selector = policy.newSelector(FakeSnapshot.of(nodes.subList(0, 5 + i / 100)));
        }
        if (underWay.size() == 30 || (!underWay.isEmpty() && random.nextInt(3) == 0)) {
          underWay.remove(random.nextInt(underWay.size())).end(policy, randomResult(random));
        }
        FakeCall call = new FakeCall(functions.get(random.nextInt(functions.size())));
        chosen.add(call.select(selector).id());
        underWay.add(call);
      }
    }
    return chosen;
  }

  @Test
  void refusesAnOptionItDoesNotKnowByKeyValueAndExpectation() {
    Map<String, String> options = new HashMap<>(goodOptions());
    options.put("no-such-option", "some value");
    FakeContext context = new FakeContext(options, new Random(7));
    assertThatThrownBy(() -> provider().create(context).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key 'no-such-option': 'some value' (expected: ")
        .hasMessageContaining(name());
  }

  @Test
  void acceptsItsOptions() {
    FakeContext context = new FakeContext(goodOptions(), new Random(8));
    assertThatCode(() -> provider().create(context).close()).doesNotThrowAnyException();
  }

  @Test
  void closesBeforeAndAfterUse() {
    assertThatCode(() -> provider().create(FakeContext.seeded(9)).close())
        .doesNotThrowAnyException();
    RoutingPolicy policy = provider().create(FakeContext.seeded(9));
    List<FakeNode> nodes = nodes("n", 2);
    NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
    attempt(policy, selector, nodes, new FakeCall(new FakeFunction("f")), FakeResult.RAN);
    assertThatCode(policy::close).doesNotThrowAnyException();
  }

  /**
   * The races: selections of one function on two threads, a result against a selection, both
   * against the building of a selector, and the first use of a node's and a function's state.
   */
  @Test
  void keepsItsBooksAndItsWordUnderConcurrentCallsAndChanges() throws Exception {
    int callers = 6;
    List<FakeNode> all = nodes("n", 30);
    List<FakeFunction> functions = functions(5);
    record Current(List<FakeNode> nodes, NodeSelector selector) {}
    try (RoutingPolicy policy = provider().create(FakeContext.seeded(10));
        ExecutorService threads = Executors.newFixedThreadPool(callers + 1)) {
      AtomicReference<Current> current =
          new AtomicReference<>(new Current(all, policy.newSelector(FakeSnapshot.of(all))));
      CountDownLatch start = new CountDownLatch(callers + 1);
      List<Future<?>> done = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        Random random = new Random(caller);
        done.add(
            threads.submit(
                () -> {
                  start.countDown();
                  start.await();
                  for (int i = 0; i < 3000; i++) {
                    Current now = current.get();
                    FakeCall call = new FakeCall(functions.get(random.nextInt(functions.size())));
                    for (int attempt = 0; attempt < 1 + random.nextInt(3); attempt++) {
                      attempt(policy, now.selector, now.nodes, call, randomResult(random));
                    }
                  }
                  return null;
                }));
      }
      done.add(
          threads.submit(
              () -> {
                start.countDown();
                start.await();
                Random random = new Random(11);
                for (int i = 0; i < 300; i++) {
                  List<FakeNode> some = all.stream().filter(node -> random.nextInt(4) > 0).toList();
                  current.set(new Current(some, policy.newSelector(FakeSnapshot.of(some))));
                }
                return null;
              }));
      for (Future<?> thread : done) {
        thread.get();
      }
      assertNothingBooked(policy, all);
    }
  }

  private static void attempt(
      RoutingPolicy policy,
      NodeSelector selector,
      List<FakeNode> present,
      FakeCall call,
      RoutingResult result) {
    boolean someLeft = present.stream().anyMatch(node -> !call.tried(node));
    FakeNode node = call.select(selector);
    if (node == null) {
      assertThat(someLeft).as("nodes are left, but none was offered").isFalse();
      return;
    }
    assertThat(present).contains(node);
    assertThat(call.tried(node)).as("%s was tried before", node).isFalse();
    call.end(policy, result);
  }

  private static FakeResult randomResult(Random random) {
    FakeResult result = FakeResult.of(OUTCOMES[random.nextInt(OUTCOMES.length)]);
    return result.status() == 200 ? FakeResult.waited(random.nextLong(3_000_000_000L)) : result;
  }

  static List<FakeNode> nodes(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new FakeNode("%s%03d:8080".formatted(prefix, i)))
        .toList();
  }

  static List<FakeFunction> functions(int count) {
    return IntStream.range(0, count).mapToObj(i -> new FakeFunction("/t/app/f" + i)).toList();
  }
}
