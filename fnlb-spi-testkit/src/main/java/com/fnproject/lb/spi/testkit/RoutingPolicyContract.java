package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the SPI asks of every policy. Extend it in your own tests; a policy that passes costs no
 * call and no fallback in the server, whatever else may be said of its choices.
 */
public abstract class RoutingPolicyContract {

  private static final Outcome[] OUTCOMES = Outcome.values();

  /** For extension. */
  protected RoutingPolicyContract() {}

  /**
   * The provider under test.
   *
   * @return a new one, or the same each time
   */
  protected abstract RoutingPolicyProvider provider();

  /**
   * The name under which operators find the policy.
   *
   * @return what {@link RoutingPolicyProvider#name()} should return
   */
  protected abstract String name();

  /**
   * Options that are known to the policy, and good.
   *
   * @return none, unless overridden
   */
  protected Map<String, String> goodOptions() {
    return Map.of();
  }

  /**
   * Whether {@link NodeSelector#explain} names the very node that {@link NodeSelector#select} would
   * return; not to be expected of a policy that draws lots.
   *
   * @return false, unless overridden
   */
  protected boolean foretells() {
    return false;
  }

  /**
   * Fails if the policy believes that calls are under way. Nothing is checked unless this is
   * overridden: the SPI does not show a policy's books.
   *
   * @param policy what {@link #provider()} created
   * @param nodes all nodes that the policy has seen
   */
  protected void assertNothingBooked(RoutingPolicy policy, List<DrivenNode> nodes) {}

  @Test
  void isFoundByTheServiceLoaderUnderItsName() {
    assertThat(ServiceLoader.load(RoutingPolicyProvider.class))
        .filteredOn(found -> found.name().equals(name()))
        .singleElement()
        .isInstanceOf(provider().getClass());
    assertThat(name()).matches("[a-z][a-z0-9-]*");
    assertThat(provider().spiVersion()).isBetween(1, RoutingPolicyProvider.SPI_VERSION);
  }

  @Test
  void offersNothingFromAnEmptySnapshot() {
    try (RoutingPolicy policy = create(1)) {
      NodeSelector selector = policy.newSelector(Snapshot.of());
      assertThat(new ManualCall(new DrivenFunction("/t/app/f")).select(selector)).isNull();
      assertNothingBooked(policy, List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16, 17, 60})
  void offersEveryNodeOnceAndThenNone(int size) {
    assertOffersEach(nodes("n", size));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.MIN_VALUE, 1e-9, 0.3, 1e9, Double.MAX_VALUE})
  void offersEveryNodeWhateverItsWeight(double weight) {
    List<DrivenNode> nodes = nodes("n", 20);
    nodes.subList(5, 15).forEach(node -> node.weight(weight));
    assertOffersEach(nodes);
    nodes.forEach(node -> node.weight(weight));
    assertOffersEach(nodes);
  }

  private void assertOffersEach(List<DrivenNode> nodes) {
    try (RoutingPolicy policy = create(2)) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      ManualCall call = new ManualCall(new DrivenFunction("/t/app/f"));
      List<DrivenNode> offered = new ArrayList<>();
      for (DrivenNode node = call.select(selector); node != null; node = call.select(selector)) {
        offered.add(node);
        assertThat(offered).hasSizeLessThanOrEqualTo(nodes.size());
        call.end(policy, AttemptResult.of(Outcome.UNREACHABLE));
      }
      assertThat(offered).containsExactlyInAnyOrderElementsOf(nodes);
      assertNothingBooked(policy, nodes);
    }
  }

  @Test
  void offersNothingWhenEveryNodeWasTried() {
    List<DrivenNode> nodes = nodes("n", 5);
    try (RoutingPolicy policy = create(3)) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      ManualCall call = new ManualCall(new DrivenFunction("/t/app/f")).tried(nodes);
      assertThat(call.select(selector)).isNull();
      assertNothingBooked(policy, nodes);
    }
  }

  @Test
  void returnsOnlyUntriedNodesOfTheSelectorsOwnSnapshotWhateverHappens() {
    Random random = new Random(4);
    List<DrivenNode> all = nodes("n", 40);
    List<DrivenFunction> functions = functions(20);
    try (RoutingPolicy policy = create(4)) {
      for (int round = 0; round < 50; round++) {
        List<DrivenNode> present = all.stream().filter(node -> random.nextBoolean()).toList();
        NodeSelector selector = policy.newSelector(Snapshot.of(present));
        for (int i = 0; i < 100; i++) {
          ManualCall call = new ManualCall(functions.get(random.nextInt(functions.size())));
          call.tried(all.stream().filter(node -> random.nextInt(3) == 0).toList());
          attempt(policy, selector, present, call, randomResult(random));
        }
      }
      assertNothingBooked(policy, all);
    }
  }

  @Test
  void servesOnFromAnOlderSelectorAfterANewOneWasBuilt() {
    List<DrivenNode> before = nodes("a", 20);
    List<DrivenNode> after = nodes("b", 3);
    DrivenFunction function = new DrivenFunction("/t/app/f");
    try (RoutingPolicy policy = create(5)) {
      NodeSelector older = policy.newSelector(Snapshot.of(before));
      NodeSelector newer = policy.newSelector(Snapshot.of(after));
      for (int i = 0; i < 50; i++) {
        attempt(policy, newer, after, new ManualCall(function), AttemptResult.RAN);
        attempt(policy, older, before, new ManualCall(function), AttemptResult.RAN);
      }
      assertNothingBooked(policy, before);
      assertNothingBooked(policy, after);
    }
  }

  @ParameterizedTest
  @EnumSource
  void isDoneWithAnAttemptHoweverItEnded(Outcome outcome) {
    List<DrivenNode> nodes = nodes("n", 6);
    DrivenFunction function = new DrivenFunction("/t/app/f");
    try (RoutingPolicy policy = create(6)) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      for (int round = 0; round < 20; round++) {
        List<ManualCall> calls = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
          ManualCall call = new ManualCall(function).at(round * 1_000_000_000L);
          assertThat(call.select(selector)).isNotNull();
          calls.add(call);
        }
        calls.forEach(call -> call.end(policy, AttemptResult.of(outcome)));
        assertNothingBooked(policy, nodes);
      }
    }
  }

  @Test
  void choosesTheSameNodesFromTheSameSeed() {
    assertThat(chaos(7, false)).isEqualTo(chaos(7, false));
  }

  /** Whether a call is about to follow or not. */
  @ParameterizedTest
  @ValueSource(longs = {8, 13, 29})
  void changesNothingByExplaining(long seed) {
    assertThat(chaos(seed, true)).isEqualTo(chaos(seed, false));
  }

  /**
   * A cluster in which anything may happen, at random moments. No call is lost, no hold is left,
   * and no call is turned away while an eligible node has not been tried.
   */
  @ParameterizedTest
  @ValueSource(longs = {9, 10, 11})
  void losesNoCallWhateverHappens(long seed) {
    assertThat(chaos(seed, false)).hasSize(PolicyChaos.CALLS);
  }

  private List<String> chaos(long seed, boolean explaining) {
    PolicyChaos chaos = new PolicyChaos(provider(), Map.of(), seed, explaining && foretells());
    if (explaining) {
      chaos.explainAll();
    }
    try (PolicyDriver driver = chaos.run()) {
      assertNothingBooked(driver.policy(), chaos.everyNode());
    }
    return chaos.endings();
  }

  @Test
  void isDoneWithEveryCallWhenItCloses() {
    PolicyChaos chaos = new PolicyChaos(provider(), Map.of(), 12, false);
    PolicyDriver driver = chaos.runHalf();
    driver.close();
    assertThat(driver.underWay()).isZero();
    assertThat(driver.held()).isZero();
    assertNothingBooked(driver.policy(), chaos.everyNode());
  }

  @Test
  void refusesAnOptionItDoesNotKnowByKeyValueAndExpectation() {
    Map<String, String> options = new HashMap<>(goodOptions());
    options.put("no-such-option", "some value");
    SeededContext context = new SeededContext(options, 13);
    assertThatThrownBy(() -> provider().create(context).close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key 'no-such-option': 'some value' (expected: ")
        .hasMessageContaining(name());
  }

  @Test
  void acceptsItsOptions() {
    SeededContext context = new SeededContext(goodOptions(), 14);
    assertThatCode(() -> provider().create(context).close()).doesNotThrowAnyException();
  }

  @Test
  void closesBeforeAndAfterUse() {
    assertThatCode(() -> create(15).close()).doesNotThrowAnyException();
    RoutingPolicy policy = create(15);
    List<DrivenNode> nodes = nodes("n", 2);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    ManualCall call = new ManualCall(new DrivenFunction("f"));
    attempt(policy, selector, nodes, call, AttemptResult.RAN);
    assertThatCode(policy::close).doesNotThrowAnyException();
  }

  /**
   * The races: selections of one function on two threads, a result against a selection, both
   * against the building of a selector, a wake against the end of the hold, and the first use of a
   * node's and a function's state.
   */
  @Test
  void keepsItsBooksAndItsWordUnderConcurrentCallsAndChanges() throws Exception {
    int callers = 6;
    List<DrivenNode> all = nodes("n", 30);
    List<DrivenFunction> functions = functions(5);
    record Current(List<DrivenNode> nodes, NodeSelector selector) {}
    ExecutorService threads = Executors.newFixedThreadPool(callers + 1);
    try (RoutingPolicy policy = create(16)) {
      AtomicReference<Current> current =
          new AtomicReference<>(new Current(all, policy.newSelector(Snapshot.of(all))));
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
                    Current now = Objects.requireNonNull(current.get());
                    ManualCall call =
                        new ManualCall(functions.get(random.nextInt(functions.size())))
                            .at(i * 10_000_000L)
                            .holdable();
                    boolean stays = true;
                    for (int left = 1 + random.nextInt(3); stays && left > 0; left--) {
                      stays = attempt(policy, now.selector, now.nodes, call, randomResult(random));
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
                Random random = new Random(17);
                for (int i = 0; i < 300; i++) {
                  List<DrivenNode> some =
                      all.stream().filter(node -> random.nextInt(4) > 0).toList();
                  current.set(new Current(some, policy.newSelector(Snapshot.of(some))));
                }
                return null;
              }));
      for (Future<?> thread : done) {
        thread.get();
      }
      assertThat(functions).allMatch(function -> function.held() == 0);
      assertNothingBooked(policy, all);
    } finally {
      threads.shutdownNow();
    }
  }

  /** False if the call is over because its client left while it was held. */
  private static boolean attempt(
      RoutingPolicy policy,
      NodeSelector selector,
      List<DrivenNode> present,
      ManualCall call,
      RoutingResult result) {
    boolean someLeft = present.stream().anyMatch(node -> !call.tried(node));
    DrivenNode node = call.select(selector);
    if (call.isHeld()) {
      assertThat(node).as("a node for a call that is to be held").isNull();
      HoldEnd wish = result.outcome() == Outcome.ABANDONED ? HoldEnd.CLIENT_GONE : HoldEnd.EXPIRED;
      if (call.endHold(policy, wish) == HoldEnd.CLIENT_GONE) {
        return false;
      }
      node = call.select(selector);
    }
    if (node == null) {
      assertThat(someLeft).as("nodes are left, but none was offered").isFalse();
      return true;
    }
    assertThat(present).contains(node);
    assertThat(call.tried(node)).as("%s was tried before", node).isFalse();
    call.end(policy, result);
    return true;
  }

  private static AttemptResult randomResult(Random random) {
    Outcome outcome = OUTCOMES[random.nextInt(OUTCOMES.length)];
    return outcome == Outcome.RAN
        ? AttemptResult.waited(random.nextInt(2_000_000_000))
        : AttemptResult.of(outcome);
  }

  private RoutingPolicy create(long seed) {
    return provider().create(SeededContext.of(seed));
  }

  /**
   * Nodes without a driver.
   *
   * @param prefix how their ids begin
   * @param count how many
   * @return in byte order of their ids
   */
  public static List<DrivenNode> nodes(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new DrivenNode("%s%03d:8080".formatted(prefix, i)))
        .toList();
  }

  /**
   * Functions without a driver.
   *
   * @param count how many
   * @return with keys as triggers have them
   */
  public static List<DrivenFunction> functions(int count) {
    return IntStream.range(0, count).mapToObj(i -> new DrivenFunction("/t/app/f" + i)).toList();
  }
}
