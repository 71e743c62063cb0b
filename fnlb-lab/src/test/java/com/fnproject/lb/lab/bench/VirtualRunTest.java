package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualRunTest {
  @TempDir Path folder;

  /** Nodes without a limit of cores, starts of 1 s, runs of 100 ms, half a millisecond each way. */
  private static final String HEAD =
      """
      fnlb-workload 1
      name by-hand
      end 100
      warm-up 10
      node a memory=1024
      node b memory=1024
      function f memory=128 start=1000
      """;

  @Test
  void comesToWhatCanBeReckonedByHand() throws Exception {
    Figures figures =
        run(
            HEAD
                + """
                calls
                1 f 100
                11 f 100
                20 f 100
                20 f 100
                60 f 100
                """);
    // Not counted: the first, which starts a container on a. The second finds it paused (1 ms). Of
    // the next two, one finds it, for the other a second container starts: it is taken by the first
    // container after 100 ms, long before its own is there. The last comes after 30 s of idleness.
    assertThat(figures.calls()).isEqualTo(4);
    assertThat(figures.coldPercent()).isEqualTo(25);
    assertThat(figures.launches()).isEqualTo(500);
    assertThat(figures.rejectedPercent()).isZero();
    // Slowdowns of 100 ms: 102/100 twice; 202/100 for the one that waited; 1,101/100.
    assertThat(figures.p50Slowdown()).isCloseTo(1.02, within(1e-9));
    assertThat(figures.p99Slowdown()).isCloseTo(11.01, within(1e-9));
    // All on one of two nodes: twice the mean.
    assertThat(figures.imbalance()).isCloseTo(2, within(1e-9));
    assertThat(figures.movedPercent()).isNaN();
    assertThat(figures.latePercent()).isZero();
  }

  @Test
  void countsWhatMovesAlthoughItsNodeLivesAndWhatNodesBreak() throws Exception {
    StringBuilder text = new StringBuilder(HEAD);
    text.append("function g memory=128 start=1000\nevent 50 lost b\ncalls\n");
    for (int second = 20; second < 80; second++) {
      text.append(second).append(" f 100\n");
    }
    // Under way when its node is killed.
    text.insert(text.indexOf("50 f"), "49.95 g 100\n");
    Figures figures = run(text.toString(), byFunction(Map.of("f", "a", "g", "b")));
    assertThat(figures.movedPercent()).isZero();
    assertThat(figures.rejectedPercent()).isCloseTo(100.0 / 61, within(1e-9));

    Figures moved = run(text.toString(), byFunction(Map.of("f", "last", "g", "b")));
    // From b, which is lost, f has to go: nobody's fault.
    assertThat(moved.movedPercent()).isNaN();

    Figures fickle =
        run(
            text.toString()
                .replace("lost b", "added c")
                .replace("node b", "node c memory=128\nnode b"),
            byFunction(Map.of("f", "last", "g", "b")));
    assertThat(fickle.movedPercent()).as("f goes from b to c although b lives").isEqualTo(100);
  }

  @Test
  void rejectsWhatIsRefusedOrNeverOverAndCallsItSlow() throws Exception {
    String refuse =
        """
        fnlb-workload 1
        name refuse
        end 100
        node a memory=128 mode=refuse
        function f memory=128 start=1000
        calls
        10 f 5000
        11 f 5000
        """;
    // The second finds the only container busy and is refused; no other node is there.
    Figures figures = run(refuse);
    assertThat(figures.rejectedPercent()).isEqualTo(50);
    assertThat(figures.p99Slowdown()).isCloseTo(149 / 5.0, within(1e-9));
    assertThat(run(refuse.replace("11 f", "99 f")).rejectedPercent()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void isTheSameEveryTime(int balancers) throws Exception {
    Workload workload = read(crowd());
    for (RoutingPolicyProvider provider : installed()) {
      Figures once =
          new VirtualRun(workload, provider, Map.of(), balancers, Workload.SECOND, 5).run();
      assertThat(new VirtualRun(workload, provider, Map.of(), balancers, Workload.SECOND, 5).run())
          .as(provider.name())
          .isEqualTo(once);
      assertThat(once.rejectedPercent()).isLessThan(5);
    }
  }

  @Test
  void tellsPoliciesWhatNodesTell() throws Exception {
    List<String> read = new ArrayList<>();
    RoutingPolicyProvider nosy =
        provider(
            snapshot ->
                call -> {
                  var warmth = call.function().warmth();
                  var reading = snapshot.node(0).reading();
                  read.add(
                      (reading == null ? "?" : reading.memoryUsed() >> 20)
                          + " "
                          + (warmth == null || warmth.size() == 0
                              ? "-"
                              : warmth.idle(0) + " " + warmth.busy(0)));
                  return snapshot.node(0);
                });
    String text = HEAD + "calls\n0 f 100\n5 f 7000\n9 f 100\n";
    Figures unused = new VirtualRun(read(text), nosy, Map.of(), 1, Workload.SECOND, 1).run();
    assertThat(read).containsExactly("? -", "128 1 0", "128 0 1");
    read.clear();
    unused = new VirtualRun(read(text), nosy, Map.of(), 1, 0, 1).run();
    assertThat(read).containsExactly("? -", "? -", "? -");
  }

  /** Some hundred calls of five functions on three small nodes, one of which is killed. */
  private static String crowd() {
    StringBuilder text = new StringBuilder("fnlb-workload 1\nname crowd\nend 60\nwarm-up 10\n");
    for (String node : List.of("a", "b", "c")) {
      text.append("node ").append(node).append(" cores=4 memory=2048\n");
    }
    for (int f = 0; f < 5; f++) {
      text.append("function f").append(f).append(" memory=128 start=300 pull=200 idle=5\n");
    }
    text.append("event 30 lost b\nevent 45 added b\nevent 50 slowed a 2\ncalls\n");
    for (int i = 0; i < 590; i++) {
      text.append(i / 10).append('.').append(i % 10).append(" f").append(i * i % 5).append(" 80\n");
    }
    return text.toString();
  }

  private Figures run(String text) throws Exception {
    return run(text, byFunction(Map.of("f", "a")));
  }

  private Figures run(String text, RoutingPolicyProvider provider) throws Exception {
    return new VirtualRun(read(text), provider, Map.of(), 1, 0, 1).run();
  }

  private Workload read(String text) throws Exception {
    Path file = folder.resolve("workload");
    Files.writeString(file, text);
    return WorkloadFile.read(file);
  }

  private static List<RoutingPolicyProvider> installed() {
    return ServiceLoader.load(RoutingPolicyProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /** Sends each function to its node while that is there; "last" is the last one. */
  private static RoutingPolicyProvider byFunction(Map<String, String> homes) {
    return provider(
        snapshot ->
            call -> {
              String home = homes.get(call.function().key().replace("/invoke/", ""));
              for (int i = snapshot.size() - 1; i >= 0; i--) {
                RoutingNode node = snapshot.node(i);
                if ((home.equals("last") || node.id().equals(home)) && !call.tried(node)) {
                  return node;
                }
              }
              return null;
            });
  }

  private static RoutingPolicyProvider provider(Function<NodeSnapshot, NodeSelector> selector) {
    return new RoutingPolicyProvider() {
      @Override
      public String name() {
        return "scripted";
      }

      @Override
      public int spiVersion() {
        return SPI_VERSION;
      }

      @Override
      public RoutingPolicy create(PolicyContext context) {
        return selector::apply;
      }
    };
  }
}
