package com.fnproject.lb.lab.bench;

import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.SeededContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The flags of {@code fnlb bench routing}.
 *
 * @param scenarios the generated workloads
 * @param files workloads in files
 * @param contenders the rows of each table; the summary compares with the first
 * @param balancers how many balancers, a table for each
 * @param seeds how many runs of each kind, with the seeds 1, 2, …
 * @param readingsNanos how often balancers read the nodes' metrics; 0 = never
 * @param rate calls a second of generated workloads
 * @param live through real balancers and sockets instead of in virtual time
 * @param timeScale how many times faster than the clock a live workload's time passes
 * @param balancerFlags flags of the balancers of live runs
 * @param csv where to write a line for each run; null = nowhere
 * @param write where to write the one workload instead of running it; null = run
 */
record BenchFlags(
    boolean help,
    List<Scenario> scenarios,
    List<Path> files,
    List<Contender> contenders,
    List<Integer> balancers,
    int seeds,
    long readingsNanos,
    int threads,
    int rate,
    boolean live,
    double timeScale,
    List<String> balancerFlags,
    @Nullable Path csv,
    @Nullable Path write) {

  /** The policy that the others are compared with unless the command line says otherwise. */
  private static final String REFERENCE = "hot-set";

  private static final int MAX_BALANCERS = 64;
  private static final int MAX_SEEDS = 100;
  private static final int MAX_THREADS = 64;
  private static final int MAX_RATE = 5_000;

  /** Ten times as fast, this is what two processors carry with all that a call costs there. */
  private static final int LIVE_RATE = 70;

  static final String HELP =
      """
      Usage: fnlb bench routing [flags]
      Runs routing policies on the same workloads in virtual time and prints how many calls were
      cold, how slow calls were, and more; docs/routing.md says what exactly.

        --workloads=NAMES       which of the workloads below (default all, or none with
                                --workload)
        --workload=FILE         a workload from a file; may be repeated
        --policies=NAMES        which policies (default all); the first is compared with
        --option=POLICY.KEY=VALUE
                                an option of a policy; may be repeated
        --variant=NAME=POLICY:KEY=VALUE,...
                                one row more: the policy with these options; may be repeated
        --balancers=NUMBERS     balancers that share nothing, such as 1,4,16 (default 1)
        --seeds=N               runs of each kind, with seeds 1 to N (default 5)
        --readings=SECONDS|off  how often balancers read the nodes' metrics (default 5)
        --threads=N             runs at once (default 2)
        --rate=N                calls a second of the workloads below (default 280; with --live
                                %d); with fewer, each is longer, and the load the same
        --csv=FILE              write a line for each run
        --write-workload=FILE   write the one workload that is named, with seed --seeds, and end
        --live                  through real balancers and sockets, one run at a time
        --time-scale=X          how much faster than the clock with --live (default 10)
        --balancer=FLAG         a flag of each balancer with --live, such as
                                --balancer=--scrape-metrics=off; may be repeated
        -h, --help              print this and exit

      Workloads: %s
      """
          .formatted(
              LIVE_RATE, wrapped(Arrays.stream(Scenario.values()).map(Scenario::label).toList()));

  private static String wrapped(List<String> names) {
    int half = (names.size() + 1) / 2;
    return String.join(", ", names.subList(0, half))
        + ",\n           "
        + String.join(", ", names.subList(half, names.size()));
  }

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
  static BenchFlags parse(String... args) throws Misuse {
    ParseResult said;
    try {
      said = new CommandLine(spec()).parseArgs(args);
    } catch (UnmatchedArgumentException e) {
      throw new Misuse(List.of(unmatched(e.getUnmatched().getFirst())));
    } catch (ParameterException e) {
      throw new Misuse(List.of(String.valueOf(e.getMessage())));
    }
    Reader reader = new Reader(said);
    BenchFlags flags = reader.flags();
    if (!reader.faults.isEmpty()) {
      throw new Misuse(reader.faults);
    }
    return flags;
  }

  private static String unmatched(String argument) {
    return argument.startsWith("-")
        ? "unknown flag " + Quoted.of(argument) + " (see fnlb bench routing --help)"
        : "unexpected argument " + Quoted.of(argument) + " (expected: flags only)";
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("fnlb bench routing");
    spec.parser()
        .posixClusteredShortOptionsAllowed(false)
        .abbreviatedOptionsAllowed(false)
        .expandAtFiles(false)
        .overwrittenOptionsAllowed(true);
    for (String name :
        List.of(
            "workloads",
            "policies",
            "balancers",
            "seeds",
            "readings",
            "threads",
            "rate",
            "time-scale",
            "csv",
            "write-workload")) {
      spec.addOption(option(name).type(String.class).build());
    }
    for (String name : List.of("workload", "option", "variant", "balancer")) {
      spec.addOption(option(name).type(List.class).auxiliaryTypes(String.class).build());
    }
    spec.addOption(OptionSpec.builder("--live", "-live").type(boolean.class).arity("0").build());
    spec.addOption(OptionSpec.builder("--help", "-help", "-h").usageHelp(true).build());
    return spec;
  }

  private static OptionSpec.Builder option(String name) {
    return OptionSpec.builder("--" + name, "-" + name).paramLabel("VALUE").arity("1");
  }

  /** Reads one command line, noting what is wrong. */
  private static final class Reader {
    private final ParseResult said;
    private final List<String> faults = new ArrayList<>();

    Reader(ParseResult said) {
      this.said = said;
    }

    BenchFlags flags() {
      List<Path> files = all("--workload").stream().map(Path::of).toList();
      List<Scenario> scenarios = scenarios(files.isEmpty() ? "all" : "");
      String write = one("--write-workload", "");
      int seeds = number("--seeds", "5", MAX_SEEDS);
      if (!write.isEmpty() && (scenarios.size() != 1 || !files.isEmpty())) {
        faults.add("flag --write-workload: needs --workloads with one name");
      }
      String csv = one("--csv", "");
      boolean live = said.hasMatchedOption("--live");
      return new BenchFlags(
          said.isUsageHelpRequested(),
          scenarios,
          files,
          contenders(),
          balancers(),
          seeds,
          readings(),
          number("--threads", "2", MAX_THREADS),
          number("--rate", live ? "" + LIVE_RATE : "" + Generator.CALLS_PER_SECOND, MAX_RATE),
          live,
          timeScale(),
          all("--balancer"),
          csv.isEmpty() ? null : Path.of(csv),
          write.isEmpty() ? null : Path.of(write));
    }

    private String one(String flag, String otherwise) {
      return said.matchedOptionValue(flag, otherwise);
    }

    private List<String> all(String flag) {
      OptionSpec option = said.matchedOption(flag);
      return option == null ? List.of() : option.originalStringValues();
    }

    private int number(String flag, String otherwise, int most) {
      return number(flag, one(flag, otherwise), 1, most);
    }

    private int number(String flag, String text, int least, int most) {
      int number = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
      if (number < least || number > most) {
        faults.add(
            "flag %s: %s (expected: a whole number from %d to %d)"
                .formatted(flag, Quoted.of(text), least, most));
      }
      return number;
    }

    private List<Scenario> scenarios(String otherwise) {
      String text = one("--workloads", otherwise);
      if (text.equals("all")) {
        return List.of(Scenario.values());
      }
      List<Scenario> chosen = new ArrayList<>();
      Map<String, Scenario> known =
          Arrays.stream(Scenario.values())
              .collect(Collectors.toMap(Scenario::label, s -> s, (a, b) -> a, LinkedHashMap::new));
      for (String name : names(text)) {
        Scenario scenario = known.get(name);
        if (scenario == null) {
          faults.add(
              "flag --workloads: %s (expected: all, or some of %s)"
                  .formatted(Quoted.of(name), String.join(", ", known.keySet())));
        } else {
          chosen.add(scenario);
        }
      }
      return chosen;
    }

    private static List<String> names(String text) {
      return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    private List<Integer> balancers() {
      return names(one("--balancers", "1")).stream()
          .map(text -> number("--balancers", text, 1, MAX_BALANCERS))
          .toList();
    }

    private long readings() {
      String text = one("--readings", "5");
      if (text.equals("off")) {
        return 0;
      }
      double seconds = text.matches("[0-9]{1,5}(\\.[0-9]{1,3})?") ? Double.parseDouble(text) : 0;
      if (seconds < 0.1 || seconds > 3_600) {
        faults.add(
            "flag --readings: %s (expected: off, or seconds from 0.1 to 3600)"
                .formatted(Quoted.of(text)));
      }
      return (long) (seconds * Workload.SECOND);
    }

    private double timeScale() {
      String text = one("--time-scale", "10");
      double scale = text.matches("[0-9]{1,3}(\\.[0-9]{1,3})?") ? Double.parseDouble(text) : 0;
      if (scale < 0.1 || scale > 100) {
        faults.add(
            "flag --time-scale: %s (expected: a number from 0.1 to 100)"
                .formatted(Quoted.of(text)));
      }
      return scale;
    }

    private List<Contender> contenders() {
      Map<String, RoutingPolicyProvider> providers = new TreeMap<>();
      for (RoutingPolicyProvider one : ServiceLoader.load(RoutingPolicyProvider.class)) {
        providers.put(one.name(), one);
      }
      List<String> all = new ArrayList<>(providers.keySet());
      if (all.remove(REFERENCE)) {
        all.addFirst(REFERENCE);
      }
      Map<String, Map<String, String>> options = options(providers);
      List<Contender> chosen = new ArrayList<>();
      for (String name : names(one("--policies", String.join(",", all)))) {
        RoutingPolicyProvider provider = provider("--policies", name, providers);
        if (provider != null) {
          add(chosen, new Contender(name, provider, options.getOrDefault(name, Map.of())));
        }
      }
      for (String text : all("--variant")) {
        variant(text, providers, options, chosen);
      }
      return chosen;
    }

    private @Nullable RoutingPolicyProvider provider(
        String flag, String name, Map<String, RoutingPolicyProvider> providers) {
      RoutingPolicyProvider provider = providers.get(name);
      if (provider == null) {
        faults.add(
            "flag %s: no policy %s (expected: one of %s)"
                .formatted(flag, Quoted.of(name), String.join(", ", providers.keySet())));
      }
      return provider;
    }

    private Map<String, Map<String, String>> options(Map<String, RoutingPolicyProvider> providers) {
      Map<String, Map<String, String>> options = new LinkedHashMap<>();
      for (String text : all("--option")) {
        int dot = text.indexOf('.');
        int equals = text.indexOf('=');
        if (dot < 0 || equals < dot) {
          faults.add("flag --option: %s (expected: POLICY.KEY=VALUE)".formatted(Quoted.of(text)));
        } else if (provider("--option", text.substring(0, dot), providers) != null) {
          options
              .computeIfAbsent(text.substring(0, dot), absent -> new LinkedHashMap<>())
              .put(text.substring(dot + 1, equals), text.substring(equals + 1));
        }
      }
      return options;
    }

    /** {@code NAME=POLICY:KEY=VALUE,…}. */
    private void variant(
        String text,
        Map<String, RoutingPolicyProvider> providers,
        Map<String, Map<String, String>> options,
        List<Contender> chosen) {
      int equals = text.indexOf('=');
      int colon = text.indexOf(':');
      boolean formed = equals > 0 && colon > equals;
      Map<String, String> own = new LinkedHashMap<>();
      for (String pair : formed ? names(text.substring(colon + 1)) : List.<String>of()) {
        int at = pair.indexOf('=');
        formed &= at > 0;
        if (at > 0) {
          own.put(pair.substring(0, at), pair.substring(at + 1));
        }
      }
      if (!formed) {
        faults.add(
            "flag --variant: %s (expected: NAME=POLICY:KEY=VALUE,KEY=VALUE)"
                .formatted(Quoted.of(text)));
        return;
      }
      String name = text.substring(equals + 1, colon);
      RoutingPolicyProvider provider = provider("--variant", name, providers);
      if (provider != null) {
        Map<String, String> merged = new LinkedHashMap<>(options.getOrDefault(name, Map.of()));
        merged.putAll(own);
        add(chosen, new Contender(text.substring(0, equals), provider, merged));
      }
    }

    /** Asks the policy at once whether it takes its options. */
    private void add(List<Contender> chosen, Contender contender) {
      if (chosen.stream().anyMatch(other -> other.label().equals(contender.label()))) {
        faults.add("two rows of the name " + Quoted.of(contender.label()));
      }
      try {
        Objects.requireNonNull(
                contender.provider().create(new SeededContext(contender.options(), 1)))
            .close();
      } catch (RuntimeException e) {
        faults.add("policy " + Quoted.of(contender.label()) + ": " + e.getMessage());
      }
      chosen.add(contender);
    }
  }
}
