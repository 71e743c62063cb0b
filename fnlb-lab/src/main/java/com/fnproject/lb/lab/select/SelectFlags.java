package com.fnproject.lb.lab.select;

import com.fnproject.lb.TimeSpan;
import com.fnproject.lb.node.Quoted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The flags of {@code fnlb bench select}.
 *
 * @param time of one measured iteration
 */
record SelectFlags(
    boolean help,
    List<String> policies,
    List<Integer> nodes,
    int functions,
    List<Integer> threads,
    Duration time) {

  private static final int MAX_NODES = 100_000;
  private static final int MAX_FUNCTIONS = 1_000_000;
  private static final int MAX_THREADS = 64;

  static final String HELP =
      """
      Usage: fnlb bench select [flags]
      Measures what a routing policy costs: nanoseconds and bytes per pick, and memory per
      10,000 functions. A pick is select and onResult of one call each, in a steady state with
      two calls in flight for each node.

        --policies=NAME,...  which to measure (default all; 'harness' is none, and what the
                             numbers of all others contain)
        --nodes=N,...        nodes of the cluster (default 10,100,1000,5000)
        --functions=N        functions, called with a frequency of 1/rank (default 100000)
        --threads=N,...      threads that pick at once (default 1,2)
        --time=TIME          of one of five measured iterations, after three for warming up
                             (default 1s)
        -h, --help           print this and exit

      Each line is measured in a virtual machine of its own, in about ten seconds. Only one
      such benchmark runs at a time on a machine; another one fails and says so.
      """;

  /** A command line that makes no sense. */
  static final class Misuse extends Exception {
    final List<String> faults;

    Misuse(List<String> faults) {
      super(String.join("; ", faults));
      this.faults = List.copyOf(faults);
    }
  }

  /**
   * Reads a command line.
   *
   * @throws Misuse if it has an unknown flag or a value that is not as expected
   */
  static SelectFlags parse(String... args) throws Misuse {
    ParseResult said;
    try {
      said = new CommandLine(spec()).parseArgs(args);
    } catch (ParameterException e) {
      throw new Misuse(List.of(e.getMessage() + " (expected: what fnlb bench select --help says)"));
    }
    List<String> faults = new ArrayList<>();
    SelectFlags flags =
        new SelectFlags(
            said.isUsageHelpRequested(),
            policies(said.matchedOptionValue("--policies", ""), faults),
            numbers(
                "nodes", said.matchedOptionValue("--nodes", "10,100,1000,5000"), MAX_NODES, faults),
            number(
                "functions",
                said.matchedOptionValue("--functions", "100000"),
                MAX_FUNCTIONS,
                faults),
            numbers("threads", said.matchedOptionValue("--threads", "1,2"), MAX_THREADS, faults),
            time(said.matchedOptionValue("--time", "1s"), faults));
    if (!faults.isEmpty()) {
      throw new Misuse(faults);
    }
    return flags;
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("fnlb bench select");
    spec.parser().abbreviatedOptionsAllowed(false).expandAtFiles(false);
    for (String name : List.of("policies", "nodes", "functions", "threads", "time")) {
      spec.addOption(
          OptionSpec.builder("--" + name, "-" + name).arity("1").type(String.class).build());
    }
    spec.addOption(OptionSpec.builder("--help", "-help", "-h").usageHelp(true).build());
    return spec;
  }

  private static List<String> policies(String text, List<String> faults) {
    List<String> known = Policies.names();
    if (text.isEmpty()) {
      return known;
    }
    List<String> policies = List.of(text.split(",", -1));
    for (String policy : policies) {
      if (!known.contains(policy)) {
        faults.add(
            "flag --policies: %s (expected: some of %s)"
                .formatted(Quoted.of(policy), String.join(", ", known)));
      }
    }
    return policies;
  }

  private static List<Integer> numbers(String flag, String text, int most, List<String> faults) {
    List<Integer> numbers = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      numbers.add(number(flag, one, most, faults));
    }
    return numbers;
  }

  private static int number(String flag, String text, int most, List<String> faults) {
    int number = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > most) {
      faults.add(
          "flag --%s: %s (expected: a whole number from 1 to %d)"
              .formatted(flag, Quoted.of(text), most));
    }
    return number;
  }

  private static Duration time(String text, List<String> faults) {
    Duration time = TimeSpan.parse(text);
    if (time == null || time.toMillis() < 10 || time.toMinutes() > 1) {
      faults.add(
          "flag --time: %s (expected: a time from 10ms to 1m, such as 500ms)"
              .formatted(Quoted.of(text)));
      return Duration.ZERO;
    }
    return time;
  }
}
