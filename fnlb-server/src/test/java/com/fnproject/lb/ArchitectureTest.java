package com.fnproject.lb;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the code to the arrows of docs/architecture.md and to the habits that a machine can see.
 */
class ArchitectureTest {

  private static final String ROOT = "com.fnproject.lb";

  /** What each package may use, besides the SPI, which is open to all but {@code upstream}. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          "insight", Set.of("fn", "node", "spi"),
          "admin", Set.of("insight", "node", "spi"),
          "proxy", Set.of("routing", "fn", "node", "upstream", "spi"),
          "routing", Set.of("fn", "node", "spi"),
          "fn", Set.of("node", "upstream", "spi"),
          "health", Set.of("node", "upstream", "spi"),
          "node", Set.of("upstream", "spi"),
          "upstream", Set.of());

  private static final JavaClasses SERVER =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages(ROOT);

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static final JavaClasses TESTS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
          .importPackages(ROOT);

  private static String packageOf(String name) {
    return ROOT + "." + name + "..";
  }

  static Set<String> packages() {
    return ARROWS.keySet();
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyThoseThatAnArrowOfItsPointsAt(String name) {
    List<String> others = new ArrayList<>(List.of(ROOT));
    for (String other : ARROWS.keySet()) {
      if (!other.equals(name) && !ARROWS.get(name).contains(other)) {
        others.add(packageOf(other));
      }
    }
    if (!ARROWS.get(name).contains("spi")) {
      others.add(packageOf("spi"));
    }
    noClasses()
        .that()
        .resideInAPackage(packageOf(name))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others.toArray(String[]::new))
        .because("docs/architecture.md has no such arrow")
        .check(SERVER);
  }

  @Test
  void everyPackageHasItsArrowsAndNoneGoesRound() {
    Set<String> known = new java.util.TreeSet<>(ARROWS.keySet());
    Set<String> found = new java.util.TreeSet<>();
    SERVER.forEach(
        type -> {
          if (!type.getPackageName().equals(ROOT)) {
            found.add(type.getPackageName().substring(ROOT.length() + 1));
          }
        });
    assertThat(found).isEqualTo(known);
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(SERVER);
  }

  @Test
  void theSpiUsesTheJdkOnlyAndPoliciesTheSpiOnly() {
    classes()
        .that()
        .resideInAPackage(packageOf("spi"))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("java..", "org.jspecify.annotations..", packageOf("spi")))
        .check(OURS);
    noClasses()
        .that()
        .resideInAPackage(packageOf("plugins"))
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(
                    com.tngtech.archunit.base.DescribedPredicate.not(
                        resideInAnyPackage(packageOf("spi"), packageOf("plugins")))))
        .check(OURS);
  }

  /** Each of these allocates, locks or is slow where a call should cost next to nothing. */
  @Test
  void theRequestPathUsesNoStreamsNoRegularExpressionsAndNoFormat() {
    noClasses()
        .that()
        .resideInAnyPackage(packageOf("proxy"), packageOf("upstream"))
        .or()
        .implement(NodeSelector.class)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.stream..", "java.util.regex..")
        .orShould()
        .callMethod(String.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(String.class, "formatted", Object[].class)
        .orShould()
        .callMethod(String.class, "matches", String.class)
        .orShould()
        .callMethod(String.class, "replaceAll", String.class, String.class)
        .check(OURS);
  }

  @Test
  void loggingIsTheSystemsExceptWhereItIsSetUp() {
    noClasses()
        .that()
        .doNotHaveSimpleName("Logging")
        .and()
        .doNotHaveSimpleName("LogLine")
        .and()
        .doNotHaveSimpleName("LastingLogs")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging..")
        .check(SERVER);
  }

  @Test
  void classesAreFinalAndTheirNamesSayWhatTheyAre() {
    classes()
        .that()
        .areTopLevelClasses()
        .and()
        .doNotHaveModifier(JavaModifier.ABSTRACT)
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(OURS);
    noClasses()
        .should()
        .haveNameMatching(".*(Manager|Helper|Util|Utils|Impl|Data|Info)")
        .check(OURS);
  }

  @Test
  void testsNeitherSleepNorMockNorUseOtherAssertions() {
    noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("org.mockito..", "org.hamcrest..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.junit.jupiter.api.Assertions")
        .check(TESTS);
  }
}
