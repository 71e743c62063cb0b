package com.fnproject.lb;

import com.fnproject.lb.node.Quoted;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A command line, read as Go's {@code flag} package reads one: {@code -x v}, {@code -x=v}, {@code
 * --x v} and {@code --x=v} are the same, the last of several wins, nothing is abbreviated,
 * clustered or expanded.
 *
 * @param help whether the help was asked for
 * @param version whether the version was asked for
 * @param texts what was said, by key; several texts only for repeatable settings
 */
record Flags(boolean help, boolean version, Map<String, List<String>> texts) {

  /** A command line that cannot be read; the message names the culprit. */
  static final class Misuse extends Exception {

    Misuse(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Reads a command line. Values are not looked at.
   *
   * @throws Misuse on a flag that does not exist or has no value, and on anything that is no flag
   */
  static Flags parse(String... args) throws Misuse {
    ParseResult result;
    try {
      result = new CommandLine(spec()).parseArgs(args);
    } catch (UnmatchedArgumentException e) {
      throw new Misuse(unmatched(e.getUnmatched().getFirst()), e);
    } catch (ParameterException e) {
      if (e.getCause() instanceof TypeConversionException badSwitch) {
        throw new Misuse(String.valueOf(badSwitch.getMessage()), e);
      }
      throw new Misuse(String.valueOf(e.getMessage()), e);
    }
    Map<String, List<String>> texts = new LinkedHashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      OptionSpec option = result.matchedOption(setting.flag());
      if (option == null) {
        continue;
      }
      List<String> all = option.originalStringValues();
      texts.put(setting.key(), setting.isRepeatable() ? all : List.of(all.getLast()));
    }
    return new Flags(result.isUsageHelpRequested(), result.isVersionHelpRequested(), texts);
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("fnlb");
    spec.parser()
        .posixClusteredShortOptionsAllowed(false)
        .abbreviatedOptionsAllowed(false)
        .expandAtFiles(false)
        .overwrittenOptionsAllowed(true);
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
      return option.type(Boolean.class).converters(text -> isOn(setting, text)).build();
    }
    if (setting.isRepeatable()) {
      return option.type(List.class).auxiliaryTypes(String.class).arity("1").build();
    }
    return option.type(String.class).arity("1").build();
  }

  /** Picocli itself reads switches, so a wrong value must be told here and not with the others. */
  private static boolean isOn(Setting<?> setting, String text) {
    try {
      return Kind.SWITCH.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("flag " + setting.flag() + ": " + e.getMessage());
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
