package com.fnproject.lb.lab.select;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.lab.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectBenchTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** As the launcher runs it: JMH's lists are found, and its own processes start. */
  @Test
  void printsALineForEachClusterAndPolicyAndTheMemoryOfEach(@TempDir Path folder) throws Exception {
    Path printed = folder.resolve("out");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    // JMH runs one at a time on a machine, which is good for measuring only.
                    "-Djmh.ignoreLock=true",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "bench",
                    "select",
                    "--policies=harness,bounded-load",
                    "--nodes=3",
                    "--threads=2",
                    "--functions=50",
                    "--time=10ms"))
            .redirectOutput(printed.toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(printed);
    assertThat(lines).anyMatch(line -> line.matches("harness +3 +2( +[0-9]+){3} +[0-9.]+"));
    assertThat(lines).anyMatch(line -> line.matches("bounded-load +3 +2( +[0-9]+){3} +[0-9.]+"));
    assertThat(lines.getLast()).matches("bounded-load +[0-9,]+");
  }

  @Test
  void measuresEveryPolicyThatIsFoundUnlessToldOtherwise() throws Exception {
    assertThat(SelectFlags.parse().policies())
        .startsWith("harness")
        .contains("bounded-load", "consistent-hash", "idle-first", "legacy", "round-robin")
        .allSatisfy(policy -> Policies.create(policy).close());
  }

  @Test
  void findsTheMemoryThatAPolicyKeepsOfFunctions() {
    // Sixteen places of the order are 64 bytes at least, and the objects around them.
    assertThat(StateMemory.bytes("bounded-load", 100, 10_000)).isBetween(640_000L, 4_000_000L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--policies=bounded-load,nosuch | flag --policies: 'nosuch' (expected: some of harness,",
        "--nodes=10,,20 | flag --nodes: '' (expected: a whole number from 1 to 100000)",
        "--functions=0 | flag --functions: '0' (expected: a whole number from 1 to 1000000)",
        "--threads=65 | flag --threads: '65' (expected: a whole number from 1 to 64)",
        "--time=5ms | flag --time: '5ms' (expected: a time from 10ms to 1m, such as 500ms)",
        "--nosuch=1 | (expected: what fnlb bench select --help says)",
        "nonsense | (expected: what fnlb bench select --help says)",
      })
  void refusesWhatMakesNoSense(String argument, String expected) {
    assertThat(run(argument)).isEqualTo(2);
    assertThat(text(err)).startsWith("fnlb: ").contains(expected);
    assertThat(text(out)).isEmpty();
  }

  @Test
  void saysWhatItCanDo() {
    assertThat(run("--help")).isZero();
    assertThat(text(out)).isEqualTo(SelectFlags.HELP);
  }

  private int run(String... args) {
    return SelectBench.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        args);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
