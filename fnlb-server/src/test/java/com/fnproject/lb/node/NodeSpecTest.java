package com.fnproject.lb.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSpecTest {

  private static NodeSpec weighing(double weight) {
    return new NodeSpec(AdminState.ENABLED, weight, Map.of());
  }

  private static NodeSpec labelled(Map<String, String> labels) {
    return new NodeSpec(AdminState.ENABLED, 1, labels);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.5, 1, 2.5, 1000})
  void takesWeightsWithinTheBounds(double weight) {
    assertThat(weighing(weight).weight()).isEqualTo(weight);
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0,
        -0.0,
        -1,
        0.000999,
        1000.1,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.MIN_VALUE,
      })
  void refusesOtherWeights(double weight) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> weighing(weight))
        .withMessage(
            weight + " (expected: 0.001 to 1000; a node that shall be sent no calls is drained)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "Z", "0", "zone", "a-b_c.d/e", "topology.kubernetes.io/zone", "1/2"})
  void takesKeysOfLabels(String key) {
    assertThat(labelled(Map.of(key, "x")).labels()).containsExactly(Map.entry(key, "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-a", "a-", "/a", "a.", "a b", "a=b", "\u00e9", "a\n", "a:b"})
  void refusesOtherKeysOfLabels(String key) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> labelled(Map.of(key, "x")))
        .withMessageStartingWith("key " + Quoted.of(key) + " (expected: 1 to 128 letters, ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "rack 5, left", "~!@#$%^&*()", "\"{}\""})
  void takesValuesOfLabels(String value) {
    assertThat(labelled(Map.of("k", value)).labels()).containsEntry("k", value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\u00e9", "\u0000", "\u007f", "a\tb"})
  void refusesValuesOfLabelsThatAreNotPrintable(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> labelled(Map.of("k", value)))
        .withMessage(
            "value "
                + Quoted.of(value)
                + " of 'k' (expected: at most 128 printable ASCII characters)");
  }

  @ParameterizedTest
  @CsvSource({"128, 128, true", "129, 1, false", "1, 129, false"})
  void boundsTheLengthOfKeysAndValues(int key, int value, boolean taken) {
    Map<String, String> labels = Map.of("k".repeat(key), "v".repeat(value));
    assertThat(NodeSpec.labelFaults(labels).isEmpty()).isEqualTo(taken);
  }

  @Test
  void boundsTheNumberOfLabels() {
    Map<String, String> most =
        IntStream.range(0, 32).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v"));
    assertThat(labelled(most).labels()).hasSize(32);
    Map<String, String> more = new LinkedHashMap<>(most);
    more.put("one-more", "v");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> labelled(more))
        .withMessage("33 labels (expected: at most 32)");
  }

  @Test
  void showsLabelsInTheOrderOfTheirKeysAndKeepsThemFromChange() {
    Map<String, String> labels = new LinkedHashMap<>(Map.of("b", "2"));
    labels.put("a", "1");
    NodeSpec spec = labelled(labels);
    labels.put("c", "3");
    assertThat(spec.labels().keySet()).containsExactly("a", "b");
    assertThat(spec).isEqualTo(labelled(Map.of("a", "1", "b", "2")));
  }
}
