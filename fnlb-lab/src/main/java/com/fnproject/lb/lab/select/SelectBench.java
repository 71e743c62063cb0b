package com.fnproject.lb.lab.select;

import java.io.PrintStream;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The command {@code fnlb bench select}. */
public final class SelectBench {

  private static final int WARM_UPS = 3;
  private static final int ITERATIONS = 5;
  private static final int MEMORY_NODES = 1000;
  private static final int MEMORY_FUNCTIONS = 10_000;

  private SelectBench() {}

  /**
   * Measures, and prints a table.
   *
   * @return the exit code: 0, 1 when it failed, 2 when what was asked makes no sense
   */
  public static int run(PrintStream out, PrintStream err, String... args) {
    SelectFlags flags;
    try {
      flags = SelectFlags.parse(args);
    } catch (SelectFlags.Misuse e) {
      e.faults.forEach(fault -> err.println("fnlb: " + fault));
      err.println("fnlb: see fnlb bench select --help");
      return 2;
    }
    if (flags.help()) {
      out.print(SelectFlags.HELP);
      return 0;
    }
    try {
      measure(flags, out, err);
      return 0;
    } catch (RunnerException e) {
      err.println("fnlb: the benchmark failed: " + e.getMessage());
      return 1;
    }
  }

  private static void measure(SelectFlags flags, PrintStream out, PrintStream err)
      throws RunnerException {
    out.printf(
        Locale.ROOT,
        "A pick is select and onResult; %,d functions, called with a frequency of 1/rank; %d calls"
            + " in flight for each node.%n",
        flags.functions(),
        PickBenchmark.IN_FLIGHT_PER_NODE);
    out.printf(
        "What '%s' takes is in all numbers. The best is of %d iterations, and tells most on a busy"
            + " machine.%n%n",
        Policies.HARNESS, ITERATIONS);
    out.printf(
        "%-18s %6s %7s %8s %8s %8s %10s%n",
        "policy", "nodes", "threads", "ns/pick", "+- 99.9%", "best", "bytes/pick");
    for (int nodes : flags.nodes()) {
      for (int threads : flags.threads()) {
        for (String policy : flags.policies()) {
          err.printf("fnlb: measuring %s, %d nodes, %d threads%n", policy, nodes, threads);
          RunResult result = run(flags, policy, nodes, threads);
          Result<?> time = result.getPrimaryResult();
          out.printf(
              Locale.ROOT,
              "%-18s %6d %7d %8.0f %8.0f %8.0f %10.1f%n",
              policy,
              nodes,
              threads,
              time.getScore(),
              time.getScoreError(),
              time.getStatistics().getMin(),
              bytes(result));
          out.flush();
        }
      }
    }
    out.printf(
        Locale.ROOT,
        "%n%-18s %s%n",
        "policy",
        "KiB of state for %,d hot functions on %,d nodes"
            .formatted(MEMORY_FUNCTIONS, MEMORY_NODES));
    for (String policy : flags.policies()) {
      long bytes = StateMemory.bytes(policy, MEMORY_NODES, MEMORY_FUNCTIONS);
      out.printf(Locale.ROOT, "%-18s %,d%n", policy, bytes / 1024);
    }
  }

  private static RunResult run(SelectFlags flags, String policy, int nodes, int threads)
      throws RunnerException {
    TimeValue time = TimeValue.milliseconds(flags.time().toMillis());
    Options options =
        new OptionsBuilder()
            .include(PickBenchmark.class.getName() + ".resultAndSelect")
            .param("policyName", policy)
            .param("nodes", Integer.toString(nodes))
            .param("functions", Integer.toString(flags.functions()))
            .threads(threads)
            .forks(1)
            .warmupIterations(WARM_UPS)
            .warmupTime(time)
            .measurementIterations(ITERATIONS)
            .measurementTime(time)
            .addProfiler(GCProfiler.class)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    Collection<RunResult> results = new Runner(options).run();
    return results.iterator().next();
  }

  /** Bytes per pick, or NaN where the virtual machine does not tell. */
  private static double bytes(RunResult result) {
    for (Map.Entry<String, ?> secondary : result.getSecondaryResults().entrySet()) {
      if (secondary.getKey().endsWith("gc.alloc.rate.norm")) {
        return ((Result<?>) secondary.getValue()).getScore();
      }
    }
    return Double.NaN;
  }
}
