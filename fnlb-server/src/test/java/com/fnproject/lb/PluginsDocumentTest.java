package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/plugins.md} shows the sample as it is. */
class PluginsDocumentTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pom.xml",
        "src/main/java/com/example/leastbusy/LeastBusy.java",
        "src/main/resources/META-INF/services/com.fnproject.lb.spi.RoutingPolicyProvider",
        "src/test/java/com/example/leastbusy/LeastBusyTest.java"
      })
  void showsEachFileOfTheSampleWithItsName(String file) throws IOException {
    String text = Files.readString(Path.of("../fnlb-plugins/sample", file));
    assertThat(Files.readString(Path.of("../docs/plugins.md")))
        .contains("`" + file + "`", "\n" + text.stripTrailing() + "\n```\n");
  }
}
