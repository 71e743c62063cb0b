package com.fnproject.lb;

import com.fnproject.lb.node.Quoted;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command line, read as Go's {@code flag} package reads one: {@code -x v}, {@code -x=v}, {@code
 * --x v} and {@code --x=v} are the same, the last of several wins, nothing is abbreviated,
 * clustered or expanded.
 *
 * @param help whether the help was asked for
 * @param version whether the version was asked for
 * @param texts what was said, by key; several texts only for repeatable settings
 * @param faults what cannot be read, a line each: flags that do not exist, flags without a value,
 *     and what is no flag
 */
record Flags(boolean help, boolean version, Map<String, List<String>> texts, List<String> faults) {

  /** Reads a command line. Values are not looked at. */
  static Flags parse(String... args) {
    ParseResult result = new CommandLine(spec()).parseArgs(args);
    List<String> faults = new ArrayList<>();
    result.errors().forEach(error -> faults.add(unreadable(error)));
    addUnmatched(List.of(args), result.unmatched(), faults);
    Map<String, List<String>> texts = new LinkedHashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      OptionSpec option = result.matchedOption(setting.flag());
      if (option == null) {
        continue;
      }
      List<String> all = option.originalStringValues();
      texts.put(setting.key(), setting.isRepeatable() ? all : List.of(all.getLast()));
    }
    return new Flags(result.isUsageHelpRequested(), result.isVersionHelpRequested(), texts, faults);
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("fnlb");
    spec.parser()
        .posixClusteredShortOptionsAllowed(false)
        .abbreviatedOptionsAllowed(false)
        .expandAtFiles(false)
        .overwrittenOptionsAllowed(true)
        .unmatchedArgumentsAllowed(true)
        .collectErrors(true);
    for (Setting<?> setting : Settings.ALL) {
      spec.addOption(option(setting));
    }
    spec.addOption(OptionSpec.builder("--help", "-help", "-h").usageHelp(true).build());
    spec.addOption(OptionSpec.builder("--version", "-version").versionHelp(true).build());
    return spec;
  }

  private static OptionSpec option(Setting<?> setting) {
    OptionSpec.Builder option =
        OptionSpec.builder(setting.flag(), "-" + setting.key())
            .paramLabel(setting.kind().metavar());
    if (setting.isSwitch()) {
      return option.type(String.class).arity("1").preprocessor(Flags::switchedOn).build();
    }
    if (setting.isRepeatable()) {
      return option.type(List.class).auxiliaryTypes(String.class).arity("1").build();
    }
    return option.type(String.class).arity("1").build();
  }

  /** A switch takes no value but one behind an equals sign, so that it is given here. */
  private static boolean switchedOn(
      Stack<String> rest, CommandSpec spec, ArgSpec option, Map<String, Object> how) {
    if (!"=".equals(how.get("separator"))) {
      rest.push("true");
    }
    return false;
  }

  private static String unreadable(Exception error) {
    if (error instanceof MissingParameterException missing
        && missing.getMissing().getFirst() instanceof OptionSpec option) {
      for (Setting<?> setting : Settings.ALL) {
        if (setting.flag().equals(option.longestName())) {
          String expected = setting.kind().expected();
          return "flag " + setting.flag() + ": no value (expected: " + expected + ")";
        }
      }
    }
    return String.valueOf(error.getMessage());
  }

  private static void addUnmatched(List<String> args, List<String> unmatched, List<String> faults) {
    int at = -1;
    boolean hasValue = false;
    for (String argument : unmatched) {
      int before = at;
      at += 1 + args.subList(at + 1, args.size()).indexOf(argument);
      // What follows an unknown flag is probably its value.
      if (hasValue && at == before + 1 && !argument.startsWith("-")) {
        hasValue = false;
        continue;
      }
      hasValue = argument.startsWith("-") && argument.indexOf('=') < 0;
      faults.add(unmatched(argument));
    }
  }

  private static String unmatched(String argument) {
    if (!argument.startsWith("-")) {
      return "unexpected argument " + Quoted.of(argument) + " (expected: flags only)";
    }
    int equals = argument.indexOf('=');
    String flag = equals < 0 ? argument : argument.substring(0, equals);
    Collection<String> known = new ArrayList<>(List.of("--help", "--version"));
    Settings.ALL.forEach(setting -> known.add(setting.flag()));
    return "unknown flag " + Quoted.of(flag) + Nearest.hint(flag, known);
  }
}
