package com.fnproject.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyLoaderTest {

  @TempDir private Path folder;

  private final ClassLoader before = Thread.currentThread().getContextClassLoader();

  @AfterEach
  void restoreTheClassPath() {
    Thread.currentThread().setContextClassLoader(before);
  }

  private static RoutingPolicy load(String name, Map<String, String> options) {
    return PolicyLoader.load(
            new RoutingConfig(name, options, Optional.empty()), new SplittableRandom(1))
        .policy();
  }

  /** Adds a provider to the class path as a jar would. */
  private void provide(String className) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(RoutingPolicyProvider.class.getName()), className + "\n");
    Thread.currentThread()
        .setContextClassLoader(
            new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hot-set",
        "round-robin",
        "bounded-load",
        "legacy",
        "idle-first",
        "consistent-hash"
      })
  void findsTheBuiltInPolicies(String name) {
    try (RoutingPolicy policy = load(name, Map.of())) {
      assertThat(policy.getClass().getPackageName()).startsWith("com.fnproject.lb.plugins");
    }
  }

  @Test
  void anUnknownPolicyIsRefusedWithAllThatThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load("hot-sat", Map.of()))
        .withMessage(
            "key 'router': 'hot-sat' (expected: one of bounded-load, consistent-hash, hot-set, idle-first,"
                + " legacy, round-robin)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bounded-load | balance | 0.5 | a number from 1 to 1000, such as 1.25",
        "bounded-load | balanse | 2 | an option of bounded-load: balance",
        "idle-first | idle-window | 30 | a time from 1s to 1h, such as 30s",
        "legacy | x | y | no option, for legacy has none",
      })
  void anOptionThatThePolicyRefusesIsNamedWithWhatWasExpected(
      String policy, String key, String value, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load(policy, Map.of(key, value)))
        .withMessage(
            "key 'router-option' of router '%s': '%s=%s' (expected: %s)",
            policy, key, value, expected);
  }

  @Test
  void aProviderOfAStrangerIsFound() throws IOException {
    provide(Strange.class.getName());
    try (RoutingPolicy policy = load("strange", Map.of())) {
      assertThat(policy).isInstanceOf(StrangePolicy.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TooNew | is written for version 2 of the SPI (expected: 1 to 1)",
        "TooOld | is written for version 0 of the SPI (expected: 1 to 1)",
        "Twice | has the name 'legacy' of com.fnproject.lb.plugins.LegacyProvider",
        "Nameless | has the name 'null' (expected: at most 64 lower-case letters, digits and hyphens,"
            + " a letter first)",
        "Shouting | has the name 'Strange Policy' (expected: at most 64 lower-case letters, digits"
            + " and hyphens, a letter first)",
        "Mute | does not tell its name and version: java.lang.IllegalStateException: mute",
      })
  void aProviderThatCannotBeUsedStopsTheStartWhateverPolicyIsWanted(String type, String why)
      throws IOException {
    String name = PolicyLoaderTest.class.getName() + "$" + type;
    provide(name);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load("bounded-load", Map.of()))
        .withMessage("routing policy " + name + " " + why);
  }

  @Test
  void aProviderWhoseClassIsMissingIsNamed() throws IOException {
    provide("com.example.Missing");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load("bounded-load", Map.of()))
        .withMessageContaining("com.example.Missing");
  }

  @ParameterizedTest
  @CsvSource({
    "Broken, cannot create its policy: java.lang.NoClassDefFoundError: com/example/Library",
    "Empty, created no policy",
  })
  void aPolicyThatCannotBeCreatedIsNamed(String type, String why) throws IOException {
    String name = PolicyLoaderTest.class.getName() + "$" + type;
    provide(name);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load("strange", Map.of()))
        .withMessage("routing policy " + name + " " + why);
  }

  private static final class StrangePolicy implements RoutingPolicy {
    @Override
    public com.fnproject.lb.spi.NodeSelector newSelector(
        com.fnproject.lb.spi.NodeSnapshot snapshot) {
      return call -> null;
    }
  }

  /** A provider of a policy named "strange"; what is derived from it does one thing wrong. */
  public static class Strange implements RoutingPolicyProvider {
    @Override
    public String name() {
      return "strange";
    }

    @Override
    public int spiVersion() {
      return 1;
    }

    @Override
    public RoutingPolicy create(PolicyContext context) {
      return new StrangePolicy();
    }
  }

  public static final class TooNew extends Strange {
    @Override
    public int spiVersion() {
      return 2;
    }
  }

  public static final class TooOld extends Strange {
    @Override
    public int spiVersion() {
      return 0;
    }
  }

  public static final class Twice extends Strange {
    @Override
    public String name() {
      return "legacy";
    }
  }

  public static final class Nameless extends Strange {
    @Override
    public String name() {
      return null;
    }
  }

  public static final class Shouting extends Strange {
    @Override
    public String name() {
      return "Strange Policy";
    }
  }

  public static final class Mute extends Strange {
    @Override
    public String name() {
      throw new IllegalStateException("mute");
    }
  }

  public static final class Broken extends Strange {
    @Override
    public RoutingPolicy create(PolicyContext context) {
      throw new NoClassDefFoundError("com/example/Library");
    }
  }

  public static final class Empty extends Strange {
    @Override
    public RoutingPolicy create(PolicyContext context) {
      return null;
    }
  }
}
