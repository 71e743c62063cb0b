package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of the bench, in the test's process. */
class RoutingBenchTest {
  private static final String TINY =
      """
      fnlb-workload 1
      name tiny
      end 30
      node a memory=1024
      node b memory=1024
      function f memory=128 start=500
      calls
      1 f 50
      5 f 50
      9 f 50
      """;

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void printsATableForEachWorkloadAndNumberOfBalancersAndASummary() throws Exception {
    Path file = Files.writeString(folder.resolve("tiny"), TINY);
    Path csv = folder.resolve("csv");
    int code =
        run(
            "--workload=" + file,
            "--policies=bounded-load,round-robin",
            "--variant=loose=bounded-load:balance=2",
            "--balancers=1,2",
            "--seeds=2",
            "--readings=off",
            "--csv=" + csv);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(code).isZero();
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines.get(0)).isEqualTo("tiny, 1 balancer, 2 seeds, 3 calls counted");
    assertThat(lines.get(1)).startsWith("policy").contains("cold %", "p99 slowdown", "moved %");
    // One of three is cold; round robin makes two of them so.
    assertThat(lines.get(2)).matches("bounded-load +33\\.3 \\+-0\\.00 +333 \\+-0\\.00 .* -");
    assertThat(lines.get(3)).matches("round-robin +66\\.7 \\+-0\\.00 +667 \\+-0\\.00 .* -");
    assertThat(lines.get(4)).startsWith("loose ");
    assertThat(lines).contains("tiny, 2 balancers, 2 seeds, 3 calls counted");
    assertThat(lines).anyMatch(line -> line.startsWith("all, relative to bounded-load: "));
    assertThat(Files.readAllLines(csv))
        .hasSize(1 + 2 * 3 * 2)
        .startsWith(
            "workload,balancers,policy,seed,calls,cold-percent,launches,p50-slowdown,p99-slowdown,"
                + "rejected-percent,imbalance,moved-percent")
        .element(1)
        .asString()
        .startsWith("tiny,1,bounded-load,1,3,33.3333,333.333,1.04000,11.0");
  }

  @Test
  void writesAWorkloadThatItReads() throws Exception {
    Path file = folder.resolve("steady");
    assertThat(run("--workloads=steady", "--seeds=4", "--write-workload=" + file)).isZero();
    assertThat(WorkloadFile.read(file)).isEqualTo(Scenario.STEADY.make(4, 280));
  }

  @Test
  void makesFewerAndLongerCallsLiveUnlessToldOtherwise() throws Exception {
    assertThat(BenchFlags.parse().rate()).isEqualTo(280);
    BenchFlags live =
        BenchFlags.parse("--live", "--time-scale=2.5", "--balancer=--hc-path=/", "--balancer=-x");
    assertThat(live.rate()).isEqualTo(70);
    assertThat(live.timeScale()).isEqualTo(2.5);
    assertThat(live.balancerFlags()).containsExactly("--hc-path=/", "-x");
    assertThat(BenchFlags.parse("--live", "--rate=5").rate()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--workloads=stormy|flag --workloads: 'stormy' (expected: all, or some of steady, bursty,",
        "--policies=best|flag --policies: no policy 'best' (expected: one of bounded-load,",
        "--option=load-factor=2|flag --option: 'load-factor=2' (expected: POLICY.KEY=VALUE)",
        "--option=best.k=1|flag --option: no policy 'best' (expected: one of bounded-load,",
        "--option=bounded-load.balance=x|policy 'bounded-load': key 'balance': 'x' (expected:",
        "--variant=a|flag --variant: 'a' (expected: NAME=POLICY:KEY=VALUE,KEY=VALUE)",
        "--variant=legacy=legacy:|two rows of the name 'legacy'",
        "--balancers=0|flag --balancers: '0' (expected: a whole number from 1 to 64)",
        "--balancers=1,x|flag --balancers: 'x' (expected: a whole number from 1 to 64)",
        "--seeds=101|flag --seeds: '101' (expected: a whole number from 1 to 100)",
        "--readings=0|flag --readings: '0' (expected: off, or seconds from 0.1 to 3600)",
        "--threads=-1|flag --threads: '-1' (expected: a whole number from 1 to 64)",
        "--write-workload=x|flag --write-workload: needs --workloads with one name",
        "--rate=0|flag --rate: '0' (expected: a whole number from 1 to 5000)",
        "--time-scale=101|flag --time-scale: '101' (expected: a number from 0.1 to 100)",
        "--speed=1|unknown flag '--speed=1' (see fnlb bench routing --help)",
        "now|unexpected argument 'now' (expected: flags only)",
        "--workload=/nowhere|workload /nowhere cannot be read:",
      })
  void refusesWithFlagValueAndWhatWasExpected(String argument, String fault) {
    assertThat(run(argument)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("fnlb: " + fault);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void tellsItsFlagsAndWorkloadsWhenAsked() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("--policies=", "long-tail", "memory-tight");
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).allMatch(line -> line.length() <= 100);
  }

  private int run(String... args) {
    return RoutingBench.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }
}
