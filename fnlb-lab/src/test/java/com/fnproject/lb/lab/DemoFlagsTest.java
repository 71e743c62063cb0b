package com.fnproject.lb.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoFlagsTest {

  @Test
  void hasDefaultsForEverything() throws Exception {
    assertThat(DemoFlags.parse()).isEqualTo(new DemoFlags(false, null, ":8081", 3, 100, List.of()));
  }

  @Test
  void takesGosSpellingsAndPassesOnWhatIsTheBalancers() throws Exception {
    assertThat(
            DemoFlags.parse(
                "-for=1m30s",
                "--listen",
                "[::1]:1",
                "-nodes",
                "20",
                "--rate=5000",
                "--router",
                "a",
                "--router-option",
                "k=1",
                "-router-option=l=2"))
        .isEqualTo(
            new DemoFlags(
                false,
                Duration.ofSeconds(90),
                "[::1]:1",
                20,
                5000,
                List.of("--router", "a", "--router-option", "k=1", "--router-option", "l=2")));
    assertThat(DemoFlags.parse("--for", "30").limit()).isEqualTo(Duration.ofSeconds(30));
    assertThat(DemoFlags.parse("-h").help()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--for=soon|flag --for: 'soon' (expected: a time from 1ms to 24h, such as 30s, 500ms or"
            + " 1m30s)",
        "--for=0|flag --for: '0' (expected: a time from 1ms to 24h, such as 30s, 500ms or 1m30s)",
        "--for=25h|flag --for: '25h' (expected: a time from 1ms to 24h, such as 30s, 500ms or"
            + " 1m30s)",
        "--nodes=0|flag --nodes: '0' (expected: a whole number from 1 to 20)",
        "--nodes=21|flag --nodes: '21' (expected: a whole number from 1 to 20)",
        "--rate=-1|flag --rate: '-1' (expected: a whole number from 1 to 5000)",
        "--rate=1e3|flag --rate: '1e3' (expected: a whole number from 1 to 5000)",
        "--rate|Missing required parameter for option '--rate' (N)",
        "--speed=1|unknown flag '--speed=1' (expected: one of --for, --listen, --nodes, --rate,"
            + " --router, --router-option, --help)",
        "now|unexpected argument 'now' (expected: flags only)",
      })
  void refusesWithFlagValueAndWhatWasExpected(String argument, String fault) {
    DemoFlags.Misuse misuse =
        catchThrowableOfType(DemoFlags.Misuse.class, () -> DemoFlags.parse(argument));
    assertThat(misuse.faults()).containsExactly(fault);
  }

  @Test
  void namesAllFaultsAtOnce() {
    DemoFlags.Misuse misuse =
        catchThrowableOfType(
            DemoFlags.Misuse.class, () -> DemoFlags.parse("--for=x", "--nodes=x", "--rate=x"));
    assertThat(misuse.faults()).hasSize(3);
  }
}
