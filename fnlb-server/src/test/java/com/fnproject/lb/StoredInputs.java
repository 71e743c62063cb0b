package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs fuzz targets on their stored inputs without the fuzzer, whose agent would rewrite the
 * classes of all other tests.
 */
public final class StoredInputs {

  private static final int FEWEST = 3;

  private StoredInputs() {}

  /** Runs a target on every input stored for it; it must not throw. */
  public static void run(Class<?> targets, String target, Consumer<byte[]> code) throws Exception {
    String folder = targets.getSimpleName() + "Inputs/" + target;
    List<Path> inputs;
    try (Stream<Path> files = Files.list(Path.of(targets.getResource(folder).toURI()))) {
      inputs = files.toList();
    }
    assertThat(inputs).as(folder).hasSizeGreaterThanOrEqualTo(FEWEST);
    for (Path input : inputs) {
      byte[] bytes = Files.readAllBytes(input);
      assertThatCode(() -> code.accept(bytes)).as("%s", input).doesNotThrowAnyException();
    }
  }
}
