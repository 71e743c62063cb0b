package com.fnproject.lb.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process as a shell sees it, without a terminal. */
class MainTest {
  @TempDir Path folder;
  private Path out;
  private Path err;
  private Process process;

  @BeforeEach
  void name() {
    out = folder.resolve("out");
    err = folder.resolve("err");
  }

  @AfterEach
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Test
  void printsTheTableAsPlainLinesUntilItIsInterrupted() throws Exception {
    start("demo", "--listen", "127.0.0.1:0");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> Files.readString(out).contains("\nerrors "));
    String signal = interruptsAreIgnored() ? "-TERM" : "-INT";
    Process kill = new ProcessBuilder("kill", signal, "" + process.pid()).start();
    assertThat(kill.waitFor()).isZero();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    List<String> lines = Files.readAllLines(out);
    assertThat(lines.getFirst()).matches("The balancer is at 127\\.0\\.0\\.1:[0-9]+\\. Try .*");
    assertThat(lines).anyMatch(line -> line.matches("fnlb demo, [0-9]+ s: .*calls/s.*"));
    assertThat(lines)
        .filteredOn(line -> line.matches("127\\.0\\.0\\.1:[0-9]+ +online .*"))
        .hasSizeGreaterThanOrEqualTo(3);
    assertThat(lines.getLast())
        .matches(
            "[1-9][0-9]* calls in [0-9]+ s, 0 errors, (.* not sent in time, )?[1-9][0-9]* cold starts");
    assertThat(lines).allMatch(line -> line.matches("[ -~]{0,100}"));
    assertThat(Files.readString(err)).doesNotContain("Exception", " error ");
  }

  @Test
  void endsWith0WhenItsTimeIsOver() throws Exception {
    assertThat(run("demo", "--for", "100ms", "--listen", "127.0.0.1:0", "--rate", "1"))
        .isEqualTo(0);
    assertThat(Files.readString(out)).contains("spare", " cold starts");
    assertThat(Files.readString(err)).doesNotContain("Exception");
  }

  @Test
  void redrawsInPlaceOnATerminalAndGivesItBackBeforeTheSummary() throws Exception {
    assumeThat(Path.of("/usr/bin/script")).as("makes a terminal").isExecutable();
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    String demo = "exec " + String.join(" ", command("demo", "--rate=1", "--listen=127.0.0.1:0"));
    start(List.of("/usr/bin/script", "-qec", demo, "/dev/null"), Map.of("TERM", "xterm"));
    Pattern title = Pattern.compile("fnlb demo, [0-9]+ s: .* 3 nodes online");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> title.matcher(Files.readString(out)).find());
    process.descendants().forEach(ProcessHandle::destroy);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    String shown = Files.readString(out);
    String back = "\033[?7h\033[?25h\033[?1049l";
    int begin = shown.indexOf("\033[?1049h\033[?25l");
    int end = shown.indexOf(back);
    assertThat(begin).isNotNegative().isLessThan(end);
    assertThat(shown.substring(begin, end)).contains("curl -sSL -X PUT ", " info  node 127.0.0.1:");
    assertThat(shown.substring(end + back.length()))
        .contains("cold starts")
        .doesNotContain("\033", " info ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bench", "dmeo", "demo --for x", "demo now"})
  void endsWith2AndNothingOnStdoutWhenItIsToldNonsense(String command) throws Exception {
    assertThat(run(command.isEmpty() ? new String[0] : command.split(" "))).isEqualTo(2);
    assertThat(out).isEmptyFile();
    assertThat(Files.readString(err)).startsWith("fnlb: ").contains("expected: ");
  }

  @Test
  void endsWith0AndNothingOnStderrWhenItIsAskedForHelp() throws Exception {
    assertThat(run("demo", "--help")).isEqualTo(0);
    assertThat(out).hasContent(DemoFlags.HELP);
    assertThat(err).isEmptyFile();
  }

  private int run(String... args) throws IOException, InterruptedException {
    start(args);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private void start(String... args) throws IOException {
    start(command(args), Map.of());
  }

  private void start(List<String> command, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
    process.getOutputStream().close();
  }

  private static List<String> command(String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    return command;
  }

  /** A shell's background jobs ignore INT, and so does whatever they start. */
  private static boolean interruptsAreIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    String mask =
        Files.readAllLines(status, StandardCharsets.US_ASCII).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(mask.substring(7).strip(), 16) & 0b10) != 0;
  }
}
