package com.fnproject.lb;

import io.helidon.common.Version;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;

/** What {@code --help} and {@code --version} print. */
final class Usage {

  private static final int FLAG_COLUMN = 30;
  private static final int TEXT_COLUMN = 50;

  private Usage() {}

  /** The help, in lines of at most 80 characters. */
  static String help() {
    StringBuilder help =
        new StringBuilder(
            """
            Usage: fnlb [flags]
            Balances calls over a cluster of Fn servers, so that functions stay hot.

            A flag may be written -x VALUE, -x=VALUE, --x VALUE or --x=VALUE, be given as an
            environment variable (--hc-path is FNLB_HC_PATH) or be a key of the file that
            --config names. Flags win over variables, variables over the file.
            Times are seconds, or such as 30s, 500ms, 1m30s; sizes bytes, or such as 64KiB.
            """);
    for (Setting.Group group : Setting.Group.values()) {
      help.append('\n').append(group.title()).append(":\n");
      TextTable table = table();
      for (Setting<?> setting : Settings.ALL) {
        if (setting.group() == group) {
          table.addRowValues(flag(setting), text(setting));
        }
      }
      table.toString(help);
    }
    help.append('\n');
    TextTable table = table();
    table.addRowValues("-h, --help", "print this and exit");
    table.addRowValues("--version", "print the versions (fnlb, Java, Helidon) and exit");
    table.toString(help);
    return help.append(
            """

            The variable LOG_LEVEL sets what is logged on stderr: error, warn, info (the
            default), debug or trace.
            """)
        .toString();
  }

  /** The versions of fnlb, Java and Helidon, in one line. */
  static String version() {
    return "fnlb %s (Java %s, Helidon %s)%n"
        .formatted(release(), Runtime.version(), Version.VERSION);
  }

  /** The version of fnlb; {@code unpackaged} when it does not run from its jar. */
  static String release() {
    return Objects.requireNonNullElse(
        Usage.class.getPackage().getImplementationVersion(), "unpackaged");
  }

  private static TextTable table() {
    return TextTable.forColumns(
        CommandLine.Help.defaultColorScheme(Ansi.OFF),
        new Column(FLAG_COLUMN, 2, Overflow.SPAN),
        new Column(TEXT_COLUMN, 0, Overflow.WRAP));
  }

  private static String flag(Setting<?> setting) {
    return setting.isSwitch() ? setting.flag() : setting.flag() + "=" + setting.kind().metavar();
  }

  private static String text(Setting<?> setting) {
    return setting.defaultText().isEmpty()
        ? setting.description()
        : setting.description() + " (default " + setting.defaultText() + ")";
  }
}
