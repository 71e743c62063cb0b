package com.fnproject.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fnproject.lb.FnLoadBalancer;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drop-in plug-ins: what is found, what is refused, and what a plug-in sees. */
class PluginsTest {

  private static final String SERVICE =
      "META-INF/services/com.fnproject.lb.spi.RoutingPolicyProvider";

  /** Answers by its {@code toString}, so that a test hears what the plug-in saw. */
  private static final String SAYS =
      """
      static RoutingPolicy says(Object what) {
        return new Policy() {
          @Override public String toString() { return String.valueOf(what); }
        };
      }
      static String kind(String type) {
        try {
          return Class.forName(type).getClassLoader() == Provider.class.getClassLoader()
              ? "own" : "foreign";
        } catch (ClassNotFoundException e) {
          return "none";
        }
      }
      """;

  @TempDir Path folder;

  private static LoadedPolicy load(Path plugins, String router, Map<String, String> options) {
    return PolicyLoader.load(
        new RoutingConfig(router, options, Optional.of(plugins)), new SplittableRandom(1));
  }

  private String saidBy(String router) {
    try (LoadedPolicy loaded = load(folder, router, Map.of())) {
      return loaded.policy().toString();
    }
  }

  private String refusal(String router) {
    return assertThatIllegalArgumentException()
        .isThrownBy(() -> load(folder, router, Map.of()))
        .actual()
        .getMessage();
  }

  /** Whether the process holds the file open, as Linux tells. */
  private static boolean isOpen(Path file) throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    assumeThat(descriptors).isDirectory();
    Path real = file.toRealPath();
    try (Stream<Path> open = Files.list(descriptors)) {
      return open.anyMatch(
          descriptor -> {
            try {
              return Files.readSymbolicLink(descriptor).equals(real);
            } catch (IOException e) {
              return false;
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zone.jar", "ZONE.JAR", "zone/a.jar"})
  void aJarAndAFolderOfJarsArePlugins(String file) throws IOException {
    Path jar = folder.resolve(file);
    Files.createDirectories(jar.getParent());
    PluginJar.of("zone").build(jar);
    try (LoadedPolicy loaded = load(folder, "zone", Map.of())) {
      assertThat(loaded.policy().getClass().getName()).isEqualTo("com.example.Policy");
    }
  }

  @Test
  void whatIsNoJarAndWhatIsHiddenIsPassedOver() throws IOException {
    PluginJar.of("zone").build(folder.resolve("zone.jar"));
    Files.writeString(folder.resolve("README"), "text");
    Files.writeString(folder.resolve(".zone.jar"), "half a copy");
    Files.createDirectories(folder.resolve("lost+found"));
    Files.createDirectories(folder.resolve(".hidden"));
    Files.writeString(folder.resolve(".hidden/a.jar"), "none");
    assertThat(refusal("zoned"))
        .isEqualTo(
            "key 'router': 'zoned' (expected: one of bounded-load (built in),"
                + " consistent-hash (built in), hot-set (built in), idle-first (built in),"
                + " legacy (built in), round-robin (built in), zone ('zone.jar'))");
  }

  static Stream<Arguments> badJars() {
    return Stream.of(
        arguments(
            "names no provider (expected: " + SERVICE + ")", PluginJar.of("x").without(SERVICE)),
        arguments(
            "names no provider (expected: " + SERVICE + ")", PluginJar.of("x").provides("# none")),
        arguments(
            "cannot be used: Provider com.example.Missing not found",
            PluginJar.of("x").provides("com.example.Missing")),
        arguments(
            "cannot be used: com.example.Policy not a subtype",
            PluginJar.of("x").provides("com.example.Policy")),
        arguments(
            "cannot be used: Provider com.example.Provider could not be instantiated",
            PluginJar.of("x", "context -> null", "public Provider() { throw new Error(\"no\"); }")),
        arguments(
            "cannot be used: Provider com.example.Hidden could not be instantiated",
            PluginJar.of("x")
                .source("package com.example; class Hidden extends Provider { public Hidden() {} }")
                .provides("com.example.Hidden")),
        arguments(
            "cannot be used: com.example.Provider Unable to get public no-arg constructor",
            PluginJar.of("x", "context -> null", "Provider() {}")),
        arguments(
            "cannot be used: com.example.Provider Unable to get public no-arg constructor",
            PluginJar.of("x", "context -> null", "public Provider(int x) {}")),
        arguments(
            "cannot be used: java.lang.UnsupportedClassVersionError: com/example/Provider has been"
                + " compiled by a more recent version of the Java Runtime (class file version 99.0)",
            PluginJar.of("x").classVersion(99)),
        arguments(
            "cannot be used: com.example.Provider has the name 'legacy' of"
                + " com.fnproject.lb.plugins.LegacyProvider (built in)",
            PluginJar.of("legacy")),
        arguments(
            "cannot be used: com.example.Provider has the name 'X Y' (expected: at most 64"
                + " lower-case letters, digits and hyphens, a letter first)",
            PluginJar.of("X Y")));
  }

  @ParameterizedTest
  @MethodSource("badJars")
  void aJarThatCannotBeUsedStopsTheStartWhateverPolicyIsWanted(String why, PluginJar jar)
      throws IOException {
    Path file = jar.build(folder.resolve("bad.jar"));
    assertThat(refusal("round-robin")).startsWith("key 'plugins': 'bad.jar' " + why);
    assertThat(isOpen(file)).isFalse();
  }

  static Stream<Arguments> badCreations() {
    return Stream.of(
        arguments("created no policy", PluginJar.of("x", "context -> null", "")),
        arguments(
            "cannot create its policy: java.lang.AssertionError: no",
            PluginJar.of("x", "context -> { throw new AssertionError(\"no\"); }", "")),
        arguments(
            "cannot create its policy: java.lang.NoClassDefFoundError: com/example/Policy",
            PluginJar.of("x").without("com/example/Policy.class")));
  }

  @ParameterizedTest
  @MethodSource("badCreations")
  void aPolicyThatCannotBeCreatedStopsTheStartOnlyIfItIsWanted(String why, PluginJar jar)
      throws IOException {
    Path file = jar.build(folder.resolve("bad.jar"));
    load(folder, "round-robin", Map.of()).close();
    assertThat(refusal("x"))
        .isEqualTo("key 'plugins': 'bad.jar' cannot be used: com.example.Provider " + why);
    assertThat(isOpen(file)).isFalse();
  }

  @Test
  void anOptionThatThePluginRefusesIsNamed() throws IOException {
    PluginJar.of("zone", "context -> { throw context.badOption(\"a\", \"b\", \"c\"); }", "")
        .build(folder.resolve("zone.jar"));
    assertThat(refusal("zone"))
        .isEqualTo("key 'router-option' of router 'zone': 'a=b' (expected: c)");
  }

  @Test
  void twoPluginsOfOneNameAreRefusedAndBothNamed() throws IOException {
    PluginJar.of("zone").build(folder.resolve("a.jar"));
    PluginJar.of("zone").build(folder.resolve("b.jar"));
    assertThat(refusal("zone"))
        .isEqualTo(
            "key 'plugins': 'b.jar' cannot be used: com.example.Provider has the name 'zone' of"
                + " com.example.Provider ('a.jar')");
  }

  @Test
  void aPluginForANewerSpiIsRefused() throws IOException {
    PluginJar.of("zone", "context -> null", "")
        .source(
            """
            package com.example;
            public class Newer extends Provider {
              @Override public int spiVersion() { return 2; }
            }
            """)
        .provides("com.example.Newer")
        .build(folder.resolve("zone.jar"));
    assertThat(refusal("zone"))
        .isEqualTo(
            "key 'plugins': 'zone.jar' cannot be used: com.example.Newer is written for version 2"
                + " of the SPI (expected: 1 to 1)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no zip", "PK\003\004 cut off"})
  void aFileThatIsNoJarIsRefusedAlsoWithinAFolder(String content) throws IOException {
    Path inside = Files.createDirectories(folder.resolve("zone"));
    PluginJar.of("zone").build(inside.resolve("a.jar"));
    Files.writeString(inside.resolve("b.jar"), content);
    assertThat(refusal("zone"))
        .startsWith("key 'plugins': 'zone/b.jar' cannot be read: ")
        .endsWith(" (expected: a jar)");
  }

  @Test
  void aJarThatIsALinkToNothingIsRefused() throws IOException {
    Files.createSymbolicLink(folder.resolve("zone.jar"), folder.resolve("nowhere"));
    assertThat(refusal("zone"))
        .isEqualTo("key 'plugins': 'zone.jar' is a link to nothing (expected: a jar)");
  }

  @Test
  void whatIsNoDirectoryIsRefusedAndSaysWhatItIs() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Path missing = folder.resolve("missing");
    Path link = Files.createSymbolicLink(folder.resolve("link"), missing);
    Path linkToFile = Files.createSymbolicLink(folder.resolve("link-to-file"), file);
    Map.of(
            file,
            "is not a directory",
            missing,
            "does not exist",
            link,
            "is a link to nothing",
            linkToFile,
            "is not a directory")
        .forEach(
            (directory, why) ->
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> load(directory, "legacy", Map.of()))
                    .withMessage(
                        "key 'plugins': '%s' %s (expected: a directory with jars)",
                        directory, why));
  }

  @Test
  void whatMayNotBeReadIsRefusedAndSaysSo() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(directory, Set.of());
    assumeThat(Files.isReadable(directory)).as("root may read everything").isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load(directory, "legacy", Map.of()))
        .withMessage(
            "key 'plugins': '%s' cannot be read: permission denied (expected: a directory with"
                + " jars)",
            directory);
    assertThat(refusal("legacy"))
        .isEqualTo(
            "key 'plugins': 'closed' cannot be read: permission denied (expected: a directory with"
                + " jars)");
    Files.delete(directory);
    Path jar = PluginJar.of("zone").build(folder.resolve("zone.jar"));
    Files.setPosixFilePermissions(jar, Set.of());
    assertThat(refusal("zone"))
        .isEqualTo("key 'plugins': 'zone.jar' cannot be read: permission denied (expected: a jar)");
  }

  @Test
  void twoPluginsMayBringTwoVersionsOfOneLibrary() throws IOException {
    for (String version : new String[] {"1", "2"}) {
      Path own = Files.createDirectories(folder.resolve("zone" + version));
      Path library =
          new PluginJar()
              .source(
                  """
                  package com.example.library;
                  public class Library {
                    public static String version() { return "%s"; }
                  }
                  """
                      .formatted(version))
              .build(own.resolve("library.jar"));
      PluginJar.of("zone" + version, "context -> says(com.example.library.Library.version())", SAYS)
          .with(library)
          .build(own.resolve("zone.jar"));
    }
    assertThat(saidBy("zone1")).isEqualTo("1");
    assertThat(saidBy("zone2")).isEqualTo("2");
  }

  @Test
  void aPluginSeesItsOwnCopyOfALibraryThatTheServerHasToo() throws IOException {
    Path own = Files.createDirectories(folder.resolve("zone"));
    String library = Caffeine.class.getName();
    new PluginJar()
        .source("package com.github.benmanes.caffeine.cache; public class Caffeine {}")
        .build(own.resolve("caffeine.jar"));
    PluginJar.of("zone", "context -> says(kind(\"" + library + "\"))", SAYS)
        .build(own.resolve("zone.jar"));
    assertThat(saidBy("zone")).isEqualTo("own");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "com.fnproject.lb.FnLoadBalancer",
        "com.fnproject.lb.node.Node",
        "com.fnproject.lb.plugins.LegacyPolicy",
        "com.github.benmanes.caffeine.cache.Caffeine",
        "io.helidon.webserver.WebServer",
        "org.jspecify.annotations.Nullable",
        "org.junit.jupiter.api.Test"
      })
  void aPluginSeesNoneOfTheServersClasses(String type) throws Exception {
    assertThat(Class.forName(type)).isNotNull();
    PluginJar.of("zone", "context -> says(kind(\"" + type + "\"))", SAYS)
        .build(folder.resolve("zone.jar"));
    assertThat(saidBy("zone")).isEqualTo("none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"com.fnproject.lb.spi.RoutingNode", "java.sql.Driver", "java.net.http.HttpClient"})
  void aPluginSeesTheSpiAndTheWholeJdk(String type) throws IOException {
    PluginJar.of("zone", "context -> says(kind(\"" + type + "\"))", SAYS)
        .build(folder.resolve("zone.jar"));
    assertThat(saidBy("zone")).isEqualTo("foreign");
  }

  @Test
  void aCopyOfTheSpiInAPluginIsPassedOver() throws IOException {
    PluginJar.of("zone")
        .source(
            """
            package com.fnproject.lb.spi;
            public interface HoldEnd {}
            """)
        .build(folder.resolve("zone.jar"));
    load(folder, "zone", Map.of()).close();
    PluginJar.of("zone", "context -> says(kind(\"com.fnproject.lb.spi.HoldEnd\"))", SAYS)
        .source("package com.fnproject.lb.spi; public interface HoldEnd {}")
        .build(folder.resolve("zone.jar"));
    assertThat(saidBy("zone")).isEqualTo("foreign");
  }

  @Test
  void aPluginFindsItsOwnResourcesAndServicesAndNotTheServers() throws IOException {
    PluginJar.of(
            "zone",
            """
            context -> {
              ClassLoader own = Provider.class.getClassLoader();
              java.util.List<String> found = new java.util.ArrayList<>();
              found.add("" + (own == Thread.currentThread().getContextClassLoader()));
              found.add("" + (own.getResource("zone.txt") != null));
              found.add("" + (own.getResource("META-INF/helidon/service-registry.json") != null));
              found.add("" + (own.getResource("logging.properties") != null));
              try {
                found.add("" + java.util.Collections.list(own.getResources("%s")).size());
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
              return says(found);
            }
            """
                .formatted(SERVICE),
            SAYS)
        .entry("zone.txt", "own")
        .build(folder.resolve("zone.jar"));
    assertThat(saidBy("zone")).isEqualTo("[true, true, false, false, 1]");
  }

  @Test
  void theContextOfTheThreadIsThePluginsWhileItLoadsAndTheServersAgainAfterwards()
      throws IOException {
    String check =
        "{ if (Thread.currentThread().getContextClassLoader() != Provider.class.getClassLoader())"
            + " throw new IllegalStateException(); }";
    PluginJar.of("zone", "context -> { if (true) " + check + " return new Policy(); }", check)
        .build(folder.resolve("zone.jar"));
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    load(folder, "zone", Map.of()).close();
    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
  }

  @Test
  void onlyTheNamedPluginStaysOpenAndThatUntilTheBalancerStops() throws IOException {
    Path used = PluginJar.of("zone").build(folder.resolve("zone.jar"));
    Path unused = PluginJar.of("other").build(folder.resolve("other.jar"));
    FnLoadBalancer balancer =
        FnLoadBalancer.start(
            "--listen=127.0.0.1:0", "--plugins=" + folder, "--router=zone", "--drain-delay=0");
    try {
      assertThat(isOpen(used)).isTrue();
      assertThat(isOpen(unused)).isFalse();
    } finally {
      balancer.stop();
    }
    assertThat(isOpen(used)).isFalse();
  }

  @Test
  void aJarThatIsReplacedByMovingAnotherInItsPlaceIsUsedAsItWasUntilTheNextStart()
      throws Exception {
    Path jar =
        PluginJar.of("zone", "context -> says(\"old\")", SAYS)
            .source("package com.example; public class Late {}")
            .build(folder.resolve("zone.jar"));
    try (LoadedPolicy loaded = load(folder, "zone", Map.of())) {
      Path newer =
          PluginJar.of("zone", "context -> says(\"new\")", SAYS).build(folder.resolve(".new.jar"));
      Files.move(newer, jar, StandardCopyOption.ATOMIC_MOVE);
      assertThat(loaded.policy()).hasToString("old");
      assertThat(
              Class.forName("com.example.Late", true, loaded.policy().getClass().getClassLoader()))
          .isNotNull();
    }
    assertThat(saidBy("zone")).isEqualTo("new");
  }
}
