package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.Warmth;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of pages, without any network. */
@Timeout(60)
class ReadingsTest {

  private final AtomicLong now = new AtomicLong();
  private final NodeRegistry registry = Registries.unconnected(snapshot -> call -> null, now::get);
  private final Node a = node("a");
  private final Node b = node("b");

  private Readings readings = new Readings(100, now::get);

  private Node node(String name) {
    registry.apply(new NodeChange.Add(NodeAddress.parse(name)));
    return registry.table().nodes().all().stream()
        .filter(node -> node.id().startsWith(name))
        .findFirst()
        .orElseThrow();
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private static String key(String id) {
    return "/invoke/" + id;
  }

  /** A page of functions that have so many idle containers each: id, count and so on. */
  private static MetricsPage page(Object... idsAndCounts) {
    String[] keys = new String[idsAndCounts.length / 2];
    int[] counts = new int[keys.length * MetricsPage.COUNTS];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key((String) idsAndCounts[2 * i]);
      counts[i * MetricsPage.COUNTS] = (int) idsAndCounts[2 * i + 1];
    }
    return new MetricsPage(keys, counts, -1, -1, 0);
  }

  private void publish(Node node, Object... idsAndCounts) {
    MetricsPage page = page(idsAndCounts);
    readings.publish(node, page, MetricsReading.of(page, now.incrementAndGet(), 1));
  }

  private void admitBoth() {
    readings.admit(a);
    readings.admit(b);
  }

  private static String told(@Nullable Warmth warmth) {
    if (warmth == null) {
      return "unknown";
    }
    TreeMap<String, Integer> told = new TreeMap<>();
    for (int i = 0; i < warmth.size(); i++) {
      assertThat(told.put(warmth.node(i).id().substring(0, 1), warmth.idle(i))).isNull();
    }
    return told.toString();
  }

  private String warmth(String id) {
    return told(readings.warmth(key(id)));
  }

  @Test
  void knowsNothingUntilANodeIsRead() {
    admitBoth();
    assertThat(warmth("f")).isEqualTo("unknown");
    publish(a);
    assertThat(warmth("f")).isEqualTo("{}");
  }

  @Test
  void listsTheNodesThatHaveContainersOfAFunction() {
    admitBoth();
    publish(a, "f", 1, "g", 2);
    publish(b, "f", 3);
    assertThat(warmth("f")).isEqualTo("{a=1, b=3}");
    assertThat(warmth("g")).isEqualTo("{a=2}");
    assertThat(warmth("h")).isEqualTo("{}");
  }

  @Test
  void givesUpWhatThePageNoLongerNames() {
    admitBoth();
    publish(a, "f", 1, "g", 2);
    publish(b, "f", 3);
    publish(a, "g", 4, "h", 5);
    assertThat(warmth("f")).isEqualTo("{b=3}");
    assertThat(warmth("g")).isEqualTo("{a=4}");
    assertThat(warmth("h")).isEqualTo("{a=5}");
    publish(a);
    assertThat(warmth("g")).isEqualTo("{}");
  }

  @Test
  void changesNoWarmthThatWasHandedOut() {
    admitBoth();
    publish(a, "f", 1);
    Warmth before = readings.warmth(key("f"));
    long scraped = before.scrapedNanos(0);
    publish(a, "f", 2);
    publish(b, "f", 3);
    readings.expel(a);
    assertThat(told(before)).isEqualTo("{a=1}");
    assertThat(before.scrapedNanos(0)).isEqualTo(scraped);
    assertThat(warmth("f")).isEqualTo("{b=3}");
  }

  @Test
  void forgetsANodeThatIsNoLongerReadAndTakesNoPageOfItThen() {
    admitBoth();
    publish(a, "f", 1);
    publish(b, "f", 2);
    assertThat(a.reading()).isNotNull();
    readings.expel(a);
    assertThat(a.reading()).isNull();
    assertThat(warmth("f")).isEqualTo("{b=2}");
    publish(a, "f", 9);
    assertThat(a.reading()).isNull();
    assertThat(warmth("f")).isEqualTo("{b=2}");
    readings.drop(b);
    assertThat(b.reading()).isNull();
    assertThat(warmth("f")).isEqualTo("unknown");
    publish(b, "f", 3);
    assertThat(warmth("f")).isEqualTo("{b=3}");
  }

  @Test
  void keepsNoMoreThanItMayAndCountsTheRest() {
    readings = new Readings(3, now::get);
    admitBoth();
    publish(a, "f", 1, "g", 1);
    publish(b, "f", 2, "g", 2);
    assertThat(warmth("f")).isEqualTo("{a=1, b=2}");
    assertThat(warmth("g")).isEqualTo("{a=1}");
    assertThat(readings.dropped()).isEqualTo(1);
    publish(a, "h", 1, "i", 1);
    assertThat(warmth("h") + warmth("i")).isEqualTo("{a=1}{a=1}");
    assertThat(readings.dropped()).isEqualTo(1);
    readings.expel(a);
    publish(b, "f", 2, "g", 2, "h", 2, "i", 2);
    assertThat(readings.dropped()).isEqualTo(2);
  }

  @Test
  void giveWhatASimpleModelGives() {
    Random random = new Random(7);
    List<TreeMap<String, Integer>> model = List.of(new TreeMap<>(), new TreeMap<>());
    List<Node> nodes = List.of(a, b);
    admitBoth();
    for (int step = 0; step < 2_000; step++) {
      int which = random.nextInt(2);
      model.get(which).clear();
      if (random.nextInt(10) == 0) {
        readings.drop(nodes.get(which));
      } else {
        List<Object> page = new ArrayList<>();
        for (int f = 0; f < 8; f++) {
          if (random.nextBoolean()) {
            int count = 1 + random.nextInt(9);
            model.get(which).put("f" + f, count);
            page.add("f" + f);
            page.add(count);
          }
        }
        publish(nodes.get(which), page.toArray());
      }
      for (int f = 0; f < 8; f++) {
        TreeMap<String, Integer> expected = new TreeMap<>();
        for (int n = 0; n < 2; n++) {
          Integer count = model.get(n).get("f" + f);
          if (count != null) {
            expected.put(nodes.get(n).id().substring(0, 1), count);
          }
        }
        Warmth warmth = readings.warmth(key("f" + f));
        assertThat(warmth == null ? "{}" : told(warmth)).isEqualTo(expected.toString());
      }
    }
  }

  /** A policy that sees the reading before its warmth would take a hot function for a cold one. */
  @Test
  void showANodesReadingOnlyAfterTheWarmthThatWasReadWithIt() throws InterruptedException {
    admitBoth();
    AtomicReference<String> fault = new AtomicReference<>("");
    AtomicLong seen = new AtomicLong();
    Thread reader =
        Thread.ofPlatform()
            .name("reader")
            .start(
                () -> {
                  while (!Thread.currentThread().isInterrupted()) {
                    NodeReading reading = a.reading();
                    Warmth warmth = readings.warmth(key("f99"));
                    if (reading != null
                        && (warmth == null
                            || warmth.size() != 1
                            || warmth.scrapedNanos(0) < reading.scrapedNanos())) {
                      fault.set("a reading without its warmth");
                    }
                    seen.incrementAndGet();
                  }
                });
    Object[] functions = new Object[200];
    for (int i = 0; i < 100; i++) {
      functions[2 * i] = "f" + i;
      functions[2 * i + 1] = 1;
    }
    for (int i = 0; i < 5_000 || seen.get() < 5_000; i++) {
      publish(a, functions);
    }
    reader.interrupt();
    reader.join();
    assertThat(fault.get()).isEmpty();
  }

  @Test
  void aFunctionHasItsWarmthFromItsFirstCallOnIfItsIdIsKnown() {
    FunctionTable table = Tables.withoutApi(10, readings);
    admitBoth();
    assertThat(told(table.function(key("f")).warmth())).isEqualTo("unknown");
    publish(a, "f", 1, "g", 2);
    assertThat(told(table.function(key("f")).warmth())).isEqualTo("{a=1}");
    assertThat(told(table.function(key("g")).warmth())).isEqualTo("{a=2}");
    assertThat(told(table.function(key("h")).warmth())).isEqualTo("{}");
    assertThat(told(table.function("/t/app/f").warmth())).isEqualTo("unknown");
    assertThat(told(FunctionTable.unremembered(key("f")).warmth())).isEqualTo("unknown");
  }

  @Test
  void aFunctionThatWasChangedHasNoWarmthUntilItsOldContainersAreGone() {
    admitBoth();
    FnFunction function = new FnFunction(key("f"), readings);
    publish(a, "f", 1);
    publish(b, "f", 1);
    assertThat(told(function.warmth())).isEqualTo("{a=1, b=1}");
    function.changed();
    assertThat(told(function.warmth())).isEqualTo("unknown");
    now.addAndGet(59_000_000_000L);
    publish(a, "f", 2);
    publish(b, "f", 2);
    assertThat(told(function.warmth())).isEqualTo("unknown");
    now.addAndGet(2_000_000_000L);
    assertThat(told(function.warmth())).isEqualTo("unknown");
    publish(a, "f", 3);
    // What b told is of before.
    assertThat(told(function.warmth())).isEqualTo("unknown");
    publish(b, "f", 3);
    assertThat(told(function.warmth())).isEqualTo("{a=3, b=3}");
    function.changed();
    assertThat(told(function.warmth())).isEqualTo("unknown");
  }

  @Test
  void aReadingAddsUpWhatThePageSays() {
    MetricsPage page =
        new MetricsPage(
            new String[] {key("f"), key("g")}, new int[] {1, 2, 3, 4, 10, 20, 30, 40}, 5, 6, 0);
    MetricsReading reading = MetricsReading.of(page, 7, 8);
    assertThat(reading).isEqualTo(new MetricsReading(7, 8, 5, 6, 11, 22, 33, 44));
    assertThat(reading.containers()).isEqualTo(66);
    assertThat(reading.hot()).isEqualTo(33);
  }
}
