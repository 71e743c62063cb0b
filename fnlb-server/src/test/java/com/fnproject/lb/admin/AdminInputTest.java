package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The fuzz targets on their stored inputs, without the fuzzer, whose agent would rewrite the
 * classes of all other tests.
 */
@Timeout(10)
class AdminInputTest {

  private final AdminInputFuzz targets = new AdminInputFuzz();

  @Test
  void nodeBodiesAreTakenOrRefusedByName() throws Exception {
    run("nodeBody", targets::nodeBody);
  }

  @Test
  void queriesAreTakenOrRefusedByName() throws Exception {
    run("since", targets::since);
  }

  private static void run(String target, Consumer<byte[]> code) throws Exception {
    List<Path> inputs;
    Path folder =
        Path.of(AdminInputTest.class.getResource("AdminInputFuzzInputs/" + target).toURI());
    try (Stream<Path> files = Files.list(folder)) {
      inputs = files.toList();
    }
    assertThat(inputs).hasSizeGreaterThanOrEqualTo(3);
    for (Path input : inputs) {
      assertThatCode(() -> code.accept(read(input))).as("%s", input).doesNotThrowAnyException();
    }
  }

  private static byte[] read(Path input) throws IOException {
    return Files.readAllBytes(input);
  }
}
