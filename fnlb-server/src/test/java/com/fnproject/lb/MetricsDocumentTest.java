package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.testbed.wire.RawClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/metrics.md says what the balancer tells, no more and no less. */
class MetricsDocumentTest {

  private static Set<String> all(Pattern pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1) + " " + matcher.group(2));
    }
    return found;
  }

  @Test
  void theDocumentHasEveryMetricWithItsTypeAndNoOther() throws Exception {
    // Its meters are there whether it answers or not.
    FnLoadBalancer balancer =
        FnLoadBalancer.start("--listen", "127.0.0.1:0", "--nodes", "127.0.0.1:1");
    String told;
    try (RawClient client = RawClient.connect(balancer.port())) {
      told = client.get("/observe/metrics").text();
    } finally {
      int unused = balancer.stop();
    }
    String document = Files.readString(Path.of("../docs/metrics.md"));
    assertThat(all(Pattern.compile("(?m)^\\| `(fnlb_\\w+)` \\| (\\w+) \\|"), document))
        .isNotEmpty()
        .isEqualTo(all(Pattern.compile("(?m)^# TYPE (fnlb_\\w+) (\\w+)$"), told));
  }

  @Test
  void theDocumentHasEveryOutcome() throws Exception {
    List<String> lines = Files.readAllLines(Path.of("../docs/metrics.md"));
    for (Outcome outcome : Outcome.values()) {
      String row = "| `" + outcome.name().toLowerCase(Locale.ROOT) + "` | ";
      assertThat(lines).as(row).anyMatch(line -> line.startsWith(row));
    }
  }
}
