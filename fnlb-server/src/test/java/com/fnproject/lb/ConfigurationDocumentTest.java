package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code docs/configuration.md} and the table of settings say the same. */
class ConfigurationDocumentTest {

  private static final Pattern HEADING = Pattern.compile("(?m)^##(#?) `?([^`\n]+)`?$");

  @TempDir Path folder;

  private static String document() throws IOException {
    return Files.readString(Path.of("../docs/configuration.md"));
  }

  static List<Setting<?>> settings() {
    return Settings.ALL;
  }

  private static String frame(Setting<?> setting) throws IOException {
    String heading = "\n### `" + setting.key() + "`\n";
    assertThat(document()).containsOnlyOnce(heading);
    String rest = document().split(Pattern.quote(heading), 2)[1];
    return rest.split("\n##", 2)[0] + "\n";
  }

  @Test
  void hasTheSettingsUnderTheHeadingsAndInTheOrderOfTheHelp() throws IOException {
    List<String> headings =
        HEADING.matcher(document()).results().map(heading -> heading.group(2)).toList();
    assertThat(headings)
        .containsExactlyElementsOf(
            Usage.help()
                .lines()
                .filter(line -> line.matches("  --(?!version).*|[^\\s].*:"))
                .map(line -> line.replaceAll("^  --([a-z-]+).*", "$1").replaceAll(":$", ""))
                .toList());
  }

  @ParameterizedTest
  @MethodSource("settings")
  void tellsWhatASettingMayBeItsDefaultAndItsNames(Setting<?> setting) throws IOException {
    String byDefault =
        setting.defaultText().isEmpty() ? "empty" : "`" + setting.defaultText() + "`";
    String key = setting.equals(Settings.CONFIG) ? "" : ", key `" + setting.key() + "`";
    assertThat(frame(setting))
        .contains(
            """
            - Value: %s
            - Default: %s
            - Where: `%s`, `%s`%s
            """
                .formatted(
                    setting.kind().expected(), byDefault, setting.flag(), setting.variable(), key));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void givesExamplesThatWork(Setting<?> setting) throws IOException {
    Files.writeString(folder.resolve("fnlb.yaml"), "");
    for (MatchResult example :
        Pattern.compile("(?m)^- Example: `(.*)`$").matcher(frame(setting)).results().toList()) {
      assertThat(example.group(1)).contains(setting.flag());
      String[] args = example.group(1).replace("fnlb.yaml", folder + "/fnlb.yaml").split(" ");
      assertThat(read(args)).isInstanceOf(Startup.Serve.class);
    }
  }

  @Test
  void givesAFileThatWorks() throws IOException {
    String yaml = document().split("```yaml\n", 2)[1].split("```", 2)[0];
    Path file = Files.writeString(folder.resolve("fnlb.yaml"), yaml);
    Startup.Serve serve = (Startup.Serve) read("--config", file.toString());
    assertThat(serve.config().nodes()).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void refersToSettingsThatExist(Setting<?> setting) throws IOException {
    List<String> keys = Settings.ALL.stream().map(Setting::key).toList();
    List<String> links =
        Pattern.compile("\\(#([^)]+)\\)")
            .matcher(frame(setting))
            .results()
            .map(link -> link.group(1))
            .toList();
    assertThat(keys).containsAll(links);
  }

  private static Startup read(String... args) {
    PrintStream none = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return Startup.read(args, Map.of(), none, none);
  }
}
