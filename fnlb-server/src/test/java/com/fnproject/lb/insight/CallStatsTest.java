package com.fnproject.lb.insight;

import static com.fnproject.lb.insight.CallStats.MAX_CALLS;
import static com.fnproject.lb.insight.CallStats.MAX_PATH;
import static com.fnproject.lb.insight.CallStats.MAX_SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingResult;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CallStatsTest {

  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

  private final SteppedClock clock = new SteppedClock(ZoneOffset.UTC);
  private final CallStats stats = new CallStats(clock);
  private final CallMeters meters = new CallMeters();
  private NodeRegistry registry;
  private Node a;
  private Node b;

  @BeforeEach
  void addNodes() {
    registry = Registries.unconnected(nodes -> call -> null, () -> 0);
    registry.apply(new NodeChange.Add(NodeAddress.parse("a:1")));
    registry.apply(new NodeChange.Add(NodeAddress.parse("b:1")));
    a = registry.table().nodes().all().getFirst();
    b = registry.table().nodes().all().getLast();
  }

  @AfterEach
  void removeNodes() {
    registry.close();
  }

  @Test
  void addsUpWhatIsOverByTimeNodeAndPath() {
    answer(b, "/x", 0);
    answer(a, "/y", 0);
    answer(a, "/x", 0);
    answer(a, "/x", 0);
    clock.step(Duration.ofMillis(999));
    answer(a, "/x", 0);
    assertThat(rows()).isEmpty();
    clock.step(Duration.ofMillis(1));
    answer(a, "/x", 0);
    List<String> first = List.of("12:00:00Z a:1 /x 3", "12:00:00Z a:1 /y 1", "12:00:00Z b:1 /x 1");
    assertThat(rows()).isEqualTo(first);
    assertThat(rows()).isEqualTo(first);
    clock.step(Duration.ofSeconds(1));
    assertThat(rows())
        .hasSize(4)
        .startsWith(first.toArray(String[]::new))
        .endsWith("12:00:01Z a:1 /x 1");
  }

  @Test
  void averagesTheWaitInSecondsAndTakesOneThatIsNotToldForNone() {
    answer(a, "/x", 1_500_000_000);
    answer(a, "/x", 500_000_000);
    answer(a, "/x", -1);
    clock.step(Duration.ofSeconds(1));
    assertThat(stats.rows(Instant.MIN))
        .singleElement()
        .satisfies(row -> assertThat(row.meanWaitSeconds()).isCloseTo(2.0 / 3, within(1e-9)));
  }

  @ParameterizedTest
  @EnumSource
  void countsEveryAnswerAndNoFailureWithoutOne(Outcome outcome) {
    stats.onAttempt(new Call("/x"), a, new Result(outcome, 0, -1));
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).isEmpty();
    stats.onAttempt(new Call("/x"), a, new Result(outcome, 503, -1));
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).containsExactly("12:00:01Z a:1 /x 1");
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-23T11:59:59.999Z, 3",
    "2026-11-23T12:00:00Z, 2",
    "2026-11-23T12:00:00.001Z, 2",
    "2026-11-23T12:00:01.999Z, 1",
    "2026-11-23T12:00:02Z, 0",
    "2026-11-23T13:00:00Z, 0",
    "+1000000000-12-31T23:59:59.999999999Z, 0",
  })
  void showsRowsWithALaterTimestampOnly(Instant since, int count) {
    for (int i = 0; i < 3; i++) {
      answer(a, "/x", 0);
      clock.step(Duration.ofSeconds(1));
    }
    assertThat(stats.rows(since)).hasSize(count);
  }

  @Test
  void forgetsWhatIsOlderThanAMinute() {
    answer(a, "/x", 0);
    clock.step(Duration.ofSeconds(MAX_SECONDS));
    assertThat(rows()).hasSize(1);
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).isEmpty();
  }

  @Test
  void showsOnlySecondsOfWhichEveryAnswerIsStillKnown() {
    answer(a, "/first", 0);
    clock.step(Duration.ofSeconds(1));
    answer(a, "/second", 0);
    clock.step(Duration.ofSeconds(1));
    for (int i = 0; i < MAX_CALLS - 2; i++) {
      answer(b, "/third", 0);
    }
    clock.step(Duration.ofSeconds(1));
    assertThat(rows())
        .containsExactly(
            "12:00:00Z a:1 /first 1",
            "12:00:01Z a:1 /second 1",
            "12:00:02Z b:1 /third " + (MAX_CALLS - 2));
    answer(a, "/fourth", 0);
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).hasSize(3).first().isEqualTo("12:00:01Z a:1 /second 1");
    for (int i = 0; i < 2 * MAX_CALLS; i++) {
      answer(b, "/too-many", 0);
    }
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).isEmpty();
    answer(a, "/after", 0);
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).containsExactly("12:00:05Z a:1 /after 1");
  }

  @Test
  void cutsLongPaths() {
    String longest = "/" + "x".repeat(MAX_PATH - 1);
    answer(a, longest, 0);
    answer(b, longest + "y", 0);
    clock.step(Duration.ofSeconds(1));
    List<StatsRow> rows = stats.rows(Instant.MIN);
    assertThat(rows.get(0).path()).isEqualTo(longest);
    assertThat(rows.get(1).path()).isEqualTo(longest.substring(0, MAX_PATH - 1) + "…");
  }

  @Test
  void showsTimestampsInTheClocksZone() {
    SteppedClock tokyo = new SteppedClock(ZoneId.of("Asia/Tokyo"));
    CallStats inTokyo = new CallStats(tokyo);
    inTokyo.onAttempt(new Call("/x"), a, new Result(Outcome.RAN, 200, -1));
    tokyo.step(Duration.ofSeconds(1));
    assertThat(inTokyo.rows(Instant.MIN).getFirst().timestamp())
        .hasToString("2026-11-23T21:00+09:00");
  }

  @Test
  void countsTheCallsOfManyThreads() throws Exception {
    List<FutureTask<Void>> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      FutureTask<Void> thread =
          new FutureTask<>(
              () -> {
                for (int call = 0; call < 5000; call++) {
                  answer(a, "/x", 1_000_000_000);
                }
              },
              null);
      threads.add(thread);
      Thread unused = Thread.ofPlatform().start(thread);
    }
    for (FutureTask<Void> thread : threads) {
      thread.get(30, TimeUnit.SECONDS);
    }
    clock.step(Duration.ofSeconds(1));
    assertThat(rows()).containsExactly("12:00:00Z a:1 /x 40000");
    assertThat(meters.attempts(Outcome.RAN)).isEqualTo(40_000);
  }

  @Test
  void metersCountAttemptsByOutcome() {
    meters.onAttempt(new Call("/x"), a, new Result(Outcome.BUSY, 503, -1));
    meters.onAttempt(new Call("/x"), b, new Result(Outcome.BUSY, 503, -1));
    meters.onAttempt(new Call("/x"), b, new Result(Outcome.UNREACHABLE, 0, -1));
    assertThat(Outcome.values())
        .extracting(outcome -> outcome + " " + meters.attempts(outcome))
        .containsExactly(
            "RAN 0",
            "NOT_RUN 0",
            "BUSY 2",
            "NOT_SENT 0",
            "UNREACHABLE 1",
            "BROKEN 0",
            "TIMED_OUT 0",
            "ABANDONED 0");
  }

  private void answer(Node node, String path, long waitNanos) {
    RoutingResult result = new Result(Outcome.RAN, 200, waitNanos);
    stats.onAttempt(new Call(path), node, result);
    meters.onAttempt(new Call(path), node, result);
  }

  private List<String> rows() {
    return stats.rows(Instant.MIN).stream()
        .map(
            row ->
                row.timestamp().toInstant().toString().substring(11)
                    + " "
                    + row.node()
                    + " "
                    + row.path()
                    + " "
                    + row.calls())
        .toList();
  }

  private static final class SteppedClock extends Clock {
    private final ZoneId zone;
    private volatile Instant now = START;

    SteppedClock(ZoneId zone) {
      this.zone = zone;
    }

    void step(Duration by) {
      now = now.plus(by);
    }

    @Override
    public ZoneId getZone() {
      return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private record Result(Outcome outcome, int status, long waitNanos) implements RoutingResult {
    @Override
    public long nowNanos() {
      return 0;
    }

    @Override
    public long latencyNanos() {
      return 0;
    }

    @Override
    public long retryAfterNanos() {
      return -1;
    }
  }

  private record Call(String path) implements RoutingCall {
    @Override
    public RoutedFunction function() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long nowNanos() {
      return 0;
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public boolean tried(RoutingNode node) {
      return false;
    }

    @Override
    public String method() {
      return "POST";
    }

    @Override
    public String header(String name) {
      return null;
    }

    @Override
    public long memo() {
      return 0;
    }

    @Override
    public void memo(long bits) {}

    @Override
    public boolean mayHold() {
      return false;
    }

    @Override
    public RoutingNode hold(long maxNanos) {
      throw new IllegalStateException("no call may be held");
    }

    @Override
    public boolean wake(RoutingNode hint) {
      return false;
    }

    @Override
    public RoutingNode wokenFor() {
      return null;
    }

    @Override
    public Object note() {
      return null;
    }

    @Override
    public void note(Object reference) {}
  }
}
