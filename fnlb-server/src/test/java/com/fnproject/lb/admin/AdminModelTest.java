package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever operators do, in whatever order, leaves what a map would hold. */
class AdminModelTest {

  /** A way to the nodes; what it answers is in one form, so that all ways can be compared. */
  private interface Skin {

    /** "added", "deleted", the node as {@link #text} has it, or the kind of the refusal. */
    String perform(Step step) throws IOException;

    /** All names. */
    List<String> names() throws IOException;
  }

  private enum What {
    ADD,
    REMOVE,
    GET,
    DRAIN,
    ENABLE,
    WEIGH
  }

  private record Step(What what, int port, double weight) {
    String name() {
      return "127.0.0.1:" + port;
    }
  }

  private record Modelled(boolean draining, double weight) {}

  private static String text(String name, boolean draining, double weight) {
    return name + " " + (draining ? "draining" : "enabled") + " " + weight;
  }

  /** The model. */
  private static String perform(Map<String, Modelled> model, Step step) {
    Modelled node = model.get(step.name());
    switch (step.what()) {
      case ADD -> model.putIfAbsent(step.name(), new Modelled(false, 1));
      case REMOVE -> model.remove(step.name());
      case DRAIN -> model.computeIfPresent(step.name(), (n, m) -> new Modelled(true, m.weight()));
      case ENABLE -> model.computeIfPresent(step.name(), (n, m) -> new Modelled(false, m.weight()));
      case WEIGH -> {
        if (step.weight() <= 0) {
          return "invalid";
        }
        model.computeIfPresent(step.name(), (n, m) -> new Modelled(m.draining(), step.weight()));
      }
      default -> {}
    }
    Modelled now = model.get(step.name());
    return switch (step.what()) {
      case ADD -> "added";
      case REMOVE -> "deleted";
      default -> node == null ? "not found" : text(step.name(), now.draining(), now.weight());
    };
  }

  private record Rest(int port) implements Skin {

    private RawAnswer exchange(String method, String target, String body) throws IOException {
      return AdminRequest.exchange(port, method, target, body);
    }

    @Override
    public String perform(Step step) throws IOException {
      String named = "{\"node\":\"" + step.name() + "\"}";
      String path = "/1/lb/nodes/" + step.name().replace(":", "%3A");
      RawAnswer answer =
          switch (step.what()) {
            case ADD -> exchange("PUT", "/1/lb/nodes", named);
            case REMOVE -> exchange("DELETE", "/1/lb/nodes", named);
            case GET -> exchange("GET", path, "");
            case DRAIN -> exchange("PATCH", path, "{\"state\":\"draining\"}");
            case ENABLE -> exchange("PATCH", path, "{\"state\":\"enabled\"}");
            case WEIGH -> exchange("PATCH", path, "{\"weight\":" + step.weight() + "}");
          };
      return switch (answer.status()) {
        case 400 -> "invalid";
        case 404 -> "not found";
        default -> shown(answer.text());
      };
    }

    private static String shown(String text) {
      return text.startsWith("{\"msg\":\"node ")
          ? text.replaceAll("\\{\"msg\":\"node (\\w+)\"}\\n", "$1")
          : text.replaceAll(
              "(?s)\\{\"node\":\"([^\"]+)\",\"state\":\"(\\w+)\",\"weight\":([0-9.]+),.*",
              "$1 $2 $3");
    }

    @Override
    public List<String> names() throws IOException {
      String text = exchange("GET", "/1/lb/nodes", "").text();
      return text.contains("{}")
          ? List.of()
          : List.of(
              text.replaceAll("\\{\"nodes\":\\{\"|\":\"offline\"}}\\n", "")
                  .split("\":\"offline\",\""));
    }
  }

  private static FnLoadBalancer balancer;

  @BeforeContainer
  static void start() {
    balancer = FnLoadBalancer.start("--listen", "127.0.0.1:0", "--hc-interval", "1h");
  }

  @AfterContainer
  static void stop() {
    int unused = balancer.stop();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.of(What.class),
            Arbitraries.integers().between(2, 5),
            Arbitraries.of(-1.0, 0.0, 0.5, 1.0, 2.5))
        .as(Step::new)
        .list()
        .ofMaxSize(40);
  }

  @Property(tries = 100)
  void anySequenceOfStepsLeavesWhatAMapWouldHold(@ForAll("steps") List<Step> steps)
      throws IOException {
    Skin skin = new Rest(balancer.port());
    for (String name : skin.names()) {
      int port = Integer.parseInt(name.substring(name.indexOf(':') + 1));
      assertThat(skin.perform(new Step(What.REMOVE, port, 1))).isEqualTo("deleted");
    }
    Map<String, Modelled> model = new TreeMap<>();
    for (Step step : steps) {
      assertThat(skin.perform(step)).as(step.toString()).isEqualTo(perform(model, step));
    }
    assertThat(skin.names()).containsExactlyElementsOf(model.keySet());
  }
}
