package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.SipHash;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LegacyPolicyTest extends RoutingPolicyContractTest {

  private static final long MILLIS = 1_000_000L;

  private final Dice dice = new Dice();
  private final LegacyPolicy policy = new LegacyPolicy(dice);
  private final FakeNode a = new FakeNode("a:8080");
  private final FakeNode b = new FakeNode("b:8080");
  private final FakeNode c = new FakeNode("c:8080");

  /** Its home among three nodes is the third. */
  private final FakeFunction function = new FakeFunction("/r/primesapp/primes");

  private final NodeSelector selector = policy.newSelector(FakeSnapshot.of(a, b, c));

  @Override
  RoutingPolicyProvider provider() {
    return new LegacyProvider();
  }

  @Override
  String name() {
    return "legacy";
  }

  @ParameterizedTest
  @CsvSource({
    "/r/myapp/hello, 48ace58778eef077, 0 0 0 4 4",
    "/r/primesapp/primes, 4fb41046a3ff5991, 0 0 2 2 2",
    "/invoke/01D7M8KVR41BT061G0A0000002, 8d0f951c33b0278e, 0 0 0 0 9",
    "/t/testapp/pyfn-trigger, e368ff54cb4029d9, 0 0 2 2 2",
    "/, c4ef3f885f5650c8, 0 0 0 3 3",
    "'', 4dccf8f6e62ea9ad, 0 0 2 2 6",
  })
  void sendsAPathToTheHomeItHadWithTheOriginal(String path, String hash, String homes) {
    assertThat(SipHash.hash(path)).isEqualTo(Long.parseUnsignedLong(hash, 16));
    int[] sizes = {1, 2, 3, 5, 10};
    String[] expected = homes.split(" ");
    for (int i = 0; i < sizes.length; i++) {
      List<FakeNode> nodes = nodes("n", sizes[i]);
      // The key of the function is another: the original knew paths only.
      FakeCall call = new FakeCall(new FakeFunction("some-id"), path);
      FakeNode chosen = call.select(policy.newSelector(FakeSnapshot.of(nodes)));
      assertThat(nodes.indexOf(chosen)).isEqualTo(Integer.parseInt(expected[i]));
    }
  }

  @Test
  void countsNodesInByteOrderOfTheirNames() {
    FakeNode ten = new FakeNode("10.0.0.10:8080");
    FakeNode two = new FakeNode("10.0.0.2:8080");
    FakeNode three = new FakeNode("10.0.0.3:8080");
    NodeSelector byName = policy.newSelector(FakeSnapshot.of(two, three, ten));
    assertThat(new FakeCall(function).select(byName)).isSameAs(three);
    assertThat(new FakeCall(new FakeFunction("/r/myapp/hello")).select(byName)).isSameAs(ten);
  }

  @Test
  void neverMakesTheSecondNodeAHomeAsTheOriginalNeverDid() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(LegacyPolicy.home(SipHash.hash("/r/app/f" + i), 2 + i % 50)).isNotEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // The key that the generator turns into 12345, whose upper half, the divisor, is 0: at once,
    // and after a jump to 6.
    "2de82e7706a3a298, 1, 0",
    "2de82e7706a3a298, 2, 0",
    "2de82e7706a3a298, 2147483647, 0",
    "0019dc9a8613c3023, 6, 0",
    "0019dc9a8613c3023, 7, 6",
    "0019dc9a8613c3023, 2147483647, 6",
  })
  void staysWhereItIsWhereTheOriginalDividedByZero(String hash, int nodes, int home) {
    assertThat(LegacyPolicy.home(Long.parseUnsignedLong(hash, 16), nodes)).isEqualTo(home);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 100",
    "499000000, 100",
    "499999999, 100",
    "500000000, 40",
    "500000001, 39",
    "501000000, 39",
    "750000000, 35",
    "1000000000, 30",
    "1250000000, 25",
    "1500000000, 20",
    "1750000000, 15",
    "1999999999, 10",
    "2000000000, 10",
    "2000000001, 10",
    "9223372036854775807, 10",
  })
  void acceptsAPercentageByTheAverageWait(long waitNanos, int percent) {
    assertThat(LegacyPolicy.acceptance(waitNanos)).isEqualTo(percent);
  }

  @ParameterizedTest
  @CsvSource({
    "499, 99, c", // no dice below half a second
    "500, 39, c",
    "500, 40, a",
    "1000, 29, c",
    "1000, 30, a",
    "2000, 9, c",
    "2000, 10, a",
    "60000, 9, c",
    "60000, 10, a",
  })
  void goesToTheNextNodeByNameWhenTheDiceRefuse(long waitMillis, int die, String node) {
    learn(c, waitMillis * MILLIS);
    dice.next.add(die);
    assertThat(new FakeCall(function).select(selector).id()).isEqualTo(node + ":8080");
  }

  @Test
  void castsFreshDiceAtEveryNodeAndRoundAgain() {
    learn(a, 500 * MILLIS);
    learn(b, 1000 * MILLIS);
    learn(c, 2000 * MILLIS);
    dice.next.addAll(List.of(10, 40, 30, 10, 39));
    assertThat(new FakeCall(function).select(selector)).isSameAs(a);
    assertThat(dice.next).isEmpty();
  }

  @Test
  void passesOverTriedNodesWithoutCastingDice() {
    learn(c, 2000 * MILLIS);
    assertThat(new FakeCall(function).tried(List.of(c, a)).select(selector)).isSameAs(b);
  }

  @Test
  void endsTheSearchWhenTheDiceRefuseForEver() {
    learn(a, 3000 * MILLIS);
    learn(b, 3000 * MILLIS);
    learn(c, 3000 * MILLIS);
    for (int i = 0; i < LegacySelector.MAX_REFUSALS; i++) {
      dice.next.add(99);
    }
    assertThat(new FakeCall(function).tried(List.of(b)).select(selector)).isIn(a, c);
    assertThat(dice.next).isEmpty();
  }

  @Test
  void countsAnAnswerWithoutWaitAsNoWaitWhateverItsStatus() {
    learn(c, 1000);
    for (Outcome outcome : List.of(Outcome.RAN, Outcome.NOT_RUN, Outcome.BUSY)) {
      end(c, FakeResult.of(outcome));
    }
    assertThat(average(c)).isEqualTo(729);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOT_SENT", "UNREACHABLE", "BROKEN", "TIMED_OUT", "ABANDONED"})
  void learnsNothingWithoutAnAnswer(Outcome outcome) {
    learn(c, 1000);
    end(c, FakeResult.of(outcome));
    assertThat(average(c)).isEqualTo(1000);
  }

  @Test
  void keepsOneAverageForEachNodeAndFunction() {
    learn(c, 1000 * MILLIS);
    FakeFunction other = new FakeFunction("/t/testapp/pyfn-trigger");
    assertThat(average(a)).isZero();
    assertThat(new FakeCall(other).select(selector)).isSameAs(c);
  }

  @Test
  void remembersTheAverageOfANodeThatWasOutForAWhile() {
    learn(c, 1000 * MILLIS);
    policy.newSelector(FakeSnapshot.of(a, b));
    dice.next.add(30);
    assertThat(new FakeCall(function).select(policy.newSelector(FakeSnapshot.of(a, b, c))))
        .isSameAs(a);
  }

  private void learn(FakeNode node, long waitNanos) {
    end(node, FakeResult.waited(waitNanos));
  }

  /** An attempt at the node, as if it were the only one. */
  private void end(FakeNode node, FakeResult result) {
    FakeCall call = new FakeCall(function);
    Deque<Integer> later = new ArrayDeque<>(dice.next);
    dice.next.clear();
    dice.next.add(0); // accepted, should it be asked
    call.select(policy.newSelector(FakeSnapshot.of(node)));
    dice.next.clear();
    dice.next.addAll(later);
    call.end(policy, result);
  }

  private long average(FakeNode node) {
    return WaitAverages.of(function).nanos(node);
  }

  /** Dice that fall as told, and must not be cast more often. */
  private static final class Dice implements RandomGenerator {
    final Deque<Integer> next = new ArrayDeque<>();

    @Override
    public int nextInt(int bound) {
      assertThat(bound).isEqualTo(100);
      return next.remove();
    }

    @Override
    public long nextLong() {
      throw new UnsupportedOperationException();
    }
  }
}
