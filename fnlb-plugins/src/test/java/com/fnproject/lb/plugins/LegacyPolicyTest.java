package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.CallHead;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.Snapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LegacyPolicyTest extends RoutingPolicyContract {

  private static final long MILLIS = 1_000_000L;

  private final Dice dice = new Dice();
  private final LegacyPolicy policy = new LegacyPolicy(dice);
  private final DrivenNode a = new DrivenNode("a:8080");
  private final DrivenNode b = new DrivenNode("b:8080");
  private final DrivenNode c = new DrivenNode("c:8080");

  /** Its home among three nodes is the third. */
  private final DrivenFunction function = new DrivenFunction("/r/primesapp/primes");

  private final NodeSelector selector = policy.newSelector(Snapshot.of(a, b, c));

  @Override
  protected RoutingPolicyProvider provider() {
    return new LegacyProvider();
  }

  @Override
  protected String name() {
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
      List<DrivenNode> nodes = nodes("n", sizes[i]);
      // The key of the function is another: the original knew paths only.
      ManualCall call =
          new ManualCall(new DrivenFunction("some-id"), new CallHead("POST", path, Map.of()));
      DrivenNode chosen = call.select(policy.newSelector(Snapshot.of(nodes)));
      assertThat(nodes.indexOf(chosen)).isEqualTo(Integer.parseInt(expected[i]));
    }
  }

  @Test
  void countsNodesInByteOrderOfTheirNames() {
    DrivenNode ten = new DrivenNode("10.0.0.10:8080");
    DrivenNode two = new DrivenNode("10.0.0.2:8080");
    DrivenNode three = new DrivenNode("10.0.0.3:8080");
    NodeSelector byName = policy.newSelector(Snapshot.of(two, three, ten));
    assertThat(new ManualCall(function).select(byName)).isSameAs(three);
    assertThat(new ManualCall(new DrivenFunction("/r/myapp/hello")).select(byName)).isSameAs(ten);
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
    assertThat(new ManualCall(function).select(selector).id()).isEqualTo(node + ":8080");
  }

  @Test
  void castsFreshDiceAtEveryNodeAndRoundAgain() {
    learn(a, 500 * MILLIS);
    learn(b, 1000 * MILLIS);
    learn(c, 2000 * MILLIS);
    dice.next.addAll(List.of(10, 40, 30, 10, 39));
    assertThat(new ManualCall(function).select(selector)).isSameAs(a);
    assertThat(dice.next).isEmpty();
  }

  @Test
  void passesOverTriedNodesWithoutCastingDice() {
    learn(c, 2000 * MILLIS);
    assertThat(new ManualCall(function).tried(List.of(c, a)).select(selector)).isSameAs(b);
  }

  @Test
  void endsTheSearchWhenTheDiceRefuseForEver() {
    learn(a, 3000 * MILLIS);
    learn(b, 3000 * MILLIS);
    learn(c, 3000 * MILLIS);
    for (int i = 0; i < LegacySelector.MAX_REFUSALS; i++) {
      dice.next.add(99);
    }
    assertThat(new ManualCall(function).tried(List.of(b)).select(selector)).isIn(a, c);
    assertThat(dice.next).isEmpty();
  }

  @Test
  void countsAnAnswerWithoutWaitAsNoWaitWhateverItsStatus() {
    learn(c, 1000);
    for (Outcome outcome : List.of(Outcome.RAN, Outcome.NOT_RUN, Outcome.BUSY)) {
      end(c, AttemptResult.of(outcome));
    }
    assertThat(average(c)).isEqualTo(729);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOT_SENT", "UNREACHABLE", "BROKEN", "TIMED_OUT", "ABANDONED"})
  void learnsNothingWithoutAnAnswer(Outcome outcome) {
    learn(c, 1000);
    end(c, AttemptResult.of(outcome));
    assertThat(average(c)).isEqualTo(1000);
  }

  @Test
  void keepsOneAverageForEachNodeAndFunction() {
    learn(c, 1000 * MILLIS);
    DrivenFunction other = new DrivenFunction("/t/testapp/pyfn-trigger");
    assertThat(average(a)).isZero();
    assertThat(new ManualCall(other).select(selector)).isSameAs(c);
  }

  @Test
  void remembersTheAverageOfANodeThatWasOutForAWhile() {
    learn(c, 1000 * MILLIS);
    policy.newSelector(Snapshot.of(a, b));
    dice.next.add(30);
    assertThat(new ManualCall(function).select(policy.newSelector(Snapshot.of(a, b, c))))
        .isSameAs(a);
  }

  private void learn(DrivenNode node, long waitNanos) {
    end(node, AttemptResult.waited(waitNanos));
  }

  /** An attempt at the node, as if it were the only one. */
  private void end(DrivenNode node, AttemptResult result) {
    ManualCall call = new ManualCall(function);
    Deque<Integer> later = new ArrayDeque<>(dice.next);
    dice.next.clear();
    dice.next.add(0); // accepted, should it be asked
    call.select(policy.newSelector(Snapshot.of(node)));
    dice.next.clear();
    dice.next.addAll(later);
    call.end(policy, result);
  }

  private long average(DrivenNode node) {
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
