package com.fnproject.lb.lab;

import com.fnproject.lb.TimeSpan;
import com.fnproject.lb.node.Quoted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The flags of {@code fnlb demo}, in the spellings that the balancer's own have.
 *
 * @param limit how long to run; null = until it is stopped
 * @param listen where the balancer listens, as it was said; the balancer checks it
 * @param nodes how many simulated nodes are in the balancer at first
 * @param rate calls a second
 * @param router the policy and its options as arguments of the balancer, which checks them
 */
record DemoFlags(
    boolean help,
    @Nullable Duration limit,
    String listen,
    int nodes,
    int rate,
    List<String> router) {

  static final int MAX_NODES = 20;
  static final int MAX_RATE = 5_000;

  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration MOST = Duration.ofHours(24);

  static final String HELP =
      """
      Usage: fnlb demo [flags]
      Starts simulated Fn nodes, a balancer in front of them and some traffic, and shows where
      functions are hot. Ends on Ctrl-C.

        --for=TIME                  end after this time, such as 30s or 1m30s
        --listen=ADDRESS            the balancer's address (default :8081)
        --nodes=N                   simulated nodes in the balancer, 1 to %d (default 3);
                                    one more is started for you to add
        --rate=N                    calls a second, 1 to %d (default 100); more than about
                                    200 for each node is more than they can serve
        --router=NAME               the balancer's routing policy (default its own)
        --router-option=NAME=VALUE  an option of the policy; may be repeated
        -h, --help                  print this and exit

      On a terminal the table is redrawn in place; elsewhere it is printed every two seconds.
      """
          .formatted(MAX_NODES, MAX_RATE);

  /** A command line that makes no sense. */
  static final class Misuse extends Exception {
    private final List<String> faults;

    Misuse(List<String> faults) {
      super(String.join("; ", faults));
      this.faults = List.copyOf(faults);
    }

    /** Everything that is wrong, a line each. */
    List<String> faults() {
      return faults;
    }
  }

  /**
   * Reads a command line.
   *
   * @throws Misuse if it has an unknown flag or a value that is not as expected
   */
  static DemoFlags parse(String... args) throws Misuse {
    ParseResult said;
    try {
      said = new CommandLine(spec()).parseArgs(args);
    } catch (UnmatchedArgumentException e) {
      throw new Misuse(List.of(unmatched(e.getUnmatched().getFirst())));
    } catch (ParameterException e) {
      throw new Misuse(List.of(String.valueOf(e.getMessage())));
    }
    List<String> faults = new ArrayList<>();
    DemoFlags flags =
        new DemoFlags(
            said.isUsageHelpRequested(),
            time(said.matchedOptionValue("--for", ""), faults),
            said.matchedOptionValue("--listen", ":8081"),
            count("--nodes", said.matchedOptionValue("--nodes", "3"), MAX_NODES, faults),
            count("--rate", said.matchedOptionValue("--rate", "100"), MAX_RATE, faults),
            router(said));
    if (!faults.isEmpty()) {
      throw new Misuse(faults);
    }
    return flags;
  }

  private static String unmatched(String argument) {
    return argument.startsWith("-")
        ? "unknown flag "
            + Quoted.of(argument)
            + " (expected: one of --for, --listen, --nodes, --rate, --router, --router-option,"
            + " --help)"
        : "unexpected argument " + Quoted.of(argument) + " (expected: flags only)";
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("fnlb demo");
    spec.parser()
        .posixClusteredShortOptionsAllowed(false)
        .abbreviatedOptionsAllowed(false)
        .expandAtFiles(false)
        .overwrittenOptionsAllowed(true);
    spec.addOption(option("for", "TIME").type(String.class).build());
    spec.addOption(option("listen", "ADDRESS").type(String.class).build());
    spec.addOption(option("nodes", "N").type(String.class).build());
    spec.addOption(option("rate", "N").type(String.class).build());
    spec.addOption(option("router", "NAME").type(String.class).build());
    spec.addOption(
        option("router-option", "NAME=VALUE")
            .type(List.class)
            .auxiliaryTypes(String.class)
            .build());
    spec.addOption(OptionSpec.builder("--help", "-help", "-h").usageHelp(true).build());
    return spec;
  }

  private static OptionSpec.Builder option(String name, String value) {
    return OptionSpec.builder("--" + name, "-" + name).paramLabel(value).arity("1");
  }

  private static @Nullable Duration time(String text, List<String> faults) {
    if (text.isEmpty()) {
      return null;
    }
    Duration time = TimeSpan.parse(text);
    if (time == null || time.compareTo(LEAST) < 0 || time.compareTo(MOST) > 0) {
      faults.add(
          "flag --for: %s (expected: a time from %s to %s, such as 30s, 500ms or 1m30s)"
              .formatted(Quoted.of(text), TimeSpan.text(LEAST), TimeSpan.text(MOST)));
    }
    return time;
  }

  private static int count(String flag, String text, int most, List<String> faults) {
    int number = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > most) {
      faults.add(
          "flag %s: %s (expected: a whole number from 1 to %d)"
              .formatted(flag, Quoted.of(text), most));
    }
    return number;
  }

  private static List<String> router(ParseResult said) {
    List<String> arguments = new ArrayList<>();
    for (String flag : List.of("--router", "--router-option")) {
      OptionSpec option = said.matchedOption(flag);
      if (option != null) {
        option.originalStringValues().forEach(value -> arguments.addAll(List.of(flag, value)));
      }
    }
    return arguments;
  }
}
