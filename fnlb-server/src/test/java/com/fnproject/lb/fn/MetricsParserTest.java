package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.StoredInputs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pages of nodes, good and bad, in whatever pieces they come. */
class MetricsParserTest {

  private static final String TYPED = "# TYPE fn_calls counter\n";

  private record Row(String name, String page, String told) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row row(String name, String lines, String told) {
    return new Row(name, TYPED + lines, told);
  }

  private static String series(String state, String id, String value) {
    return "fn_container_"
        + state
        + "_total{app_id=\"a\",fn_id=\""
        + id
        + "\",image_name=\"hub/x:1\"} "
        + value
        + "\n";
  }

  private static String idle(String value) {
    return series("idle", "f", value);
  }

  private static Row bad(String name, String line) {
    return row(name, line + series("busy", "g", "1"), "g=0/1/0/0 skipped 1");
  }

  private static Row number(String text, String told) {
    return row("a count of " + text, idle(text), told);
  }

  private static Row badNumber(String text) {
    return bad("a count of '" + text + "'", idle(text));
  }

  static final List<Row> ROWS =
      List.of(
          row("nothing of containers", "fn_calls 5\n", ""),
          row(
              "all states",
              series("wait", "f", "1")
                  + series("start", "f", "2")
                  + series("idle", "f", "3")
                  + series("paused", "f", "4")
                  + series("busy", "f", "5"),
              "f=7/5/2/1"),
          row(
              "two functions",
              series("idle", "f", "1") + series("idle", "g", "2"),
              "f=1/0/0/0 g=2/0/0/0"),
          row("functions that have nothing", series("idle", "f", "0") + idle("0"), ""),
          row(
              "one function with two images, and a series twice",
              idle("2") + idle("2") + idle("1").replace("hub/x:1", "hub/x:2"),
              "f=5/0/0/0"),
          row("memory", "fn_util_mem_used 5\nfn_util_mem_avail 1.34217728e+08\n", "5 134217728"),
          row("memory with labels is another series", "fn_util_mem_used{a=\"b\"} 5\n", ""),
          row("memory twice", "fn_util_mem_used 5\nfn_util_mem_used 6\n", "6 -1"),
          row("memory below zero", "fn_util_mem_used -5\n", "skipped 1"),
          row(
              "memory that is none",
              "fn_util_mem_avail NaN\nfn_util_mem_used 7\n",
              "7 -1 skipped 1"),
          row("no line feed at the end", idle("3").strip(), "f=3/0/0/0"),
          row("lines that end as in HTTP", idle("3").replace("\n", "\r\n"), "f=3/0/0/0"),
          row("empty lines", "\n\r\n\n" + idle("3"), "f=3/0/0/0"),
          row("a time behind the value", idle("3 1395066363000"), "f=3/0/0/0"),
          row(
              "labels in another order, with blanks",
              "fn_container_idle_total{ image_name=\"i\" , fn_id=\"f\",app_id=\"a\", } \t3\n"
                  .replace("\" ,", "\","),
              "f=3/0/0/0"),
          row("one label", "fn_container_idle_total{fn_id=\"f\"}3\n", "f=3/0/0/0"),
          row(
              "labels that look like others",
              "fn_container_idle_total{a=\"}\",b=\"fn_id=\\\"x\\\",\",c=\"\\\\\",fn_id=\"f\"} 3\n",
              "f=3/0/0/0"),
          row(
              "other series of containers",
              idle("3").replace("idle_total", "idle_duration_seconds_sum")
                  + idle("3").replace("idle_total", "idle_total_bucket")
                  + idle("3").replace("idle_total", "evictions")
                  + idle("3").replace("fn_container", "xfn_container")
                  + "fn_util_mem_used_max 3\n",
              ""),
          number("1e+01", "f=10/0/0/0"),
          number("2.0", "f=2/0/0/0"),
          number("+2", "f=2/0/0/0"),
          number("1000000", "f=1000000/0/0/0"),
          number("-0", ""),
          row("counts that add up beyond belief", idle("999999") + idle("9"), "f=1000000/0/0/0"),
          badNumber("1000001"),
          badNumber("-1"),
          badNumber("NaN"),
          badNumber("+Inf"),
          badNumber("1.5"),
          badNumber("1e999"),
          badNumber("1e"),
          badNumber("0x10"),
          badNumber("1d"),
          badNumber(""),
          badNumber("many"),
          badNumber("99999999999999999999"),
          badNumber("1" + "0".repeat(400)),
          bad("an id with an escape", series("idle", "f\\\"x", "3")),
          bad("an id with a slash", series("idle", "f/x", "3")),
          bad("an id with a blank", series("idle", "f x", "3")),
          bad("an id in UTF-8", series("idle", "\u00e4", "3")),
          bad("an empty id", series("idle", "", "3")),
          bad("a long id", series("idle", "f".repeat(MetricsParser.MAX_ID + 1), "3")),
          bad("two ids", "fn_container_idle_total{fn_id=\"f\",fn_id=\"h\"} 3\n"),
          bad("no id", "fn_container_idle_total{app_id=\"f\"} 3\n"),
          bad("no labels", "fn_container_idle_total 3\n"),
          bad("a name alone", "fn_container_idle_total\n"),
          bad("an open brace", "fn_container_idle_total{\n"),
          bad("an open label", "fn_container_idle_total{fn_id=\"f\n"),
          bad("an open escape", "fn_container_idle_total{fn_id=\"f\\\n"),
          bad("no quotes", "fn_container_idle_total{fn_id=f} 3\n"),
          bad("no value", "fn_container_idle_total{fn_id=\"f\"}\n"),
          bad(
              "a line that is too long",
              idle("3").replace("hub/x", "x".repeat(MetricsParser.MAX_LINE))),
          row(
              "a long line of something else",
              "x".repeat(10 * MetricsParser.MAX_LINE) + "\n" + idle("3"),
              "f=3/0/0/0"),
          row(
              "more functions than are taken",
              series("idle", "a", "1")
                  + series("idle", "b", "1")
                  + series("idle", "c", "1")
                  + series("idle", "d", "1")
                  + series("idle", "e", "1")
                  + series("busy", "a", "1"),
              "a=1/1/0/0 b=1/0/0/0 c=1/0/0/0 d=1/0/0/0 skipped 1"),
          new Row("nothing", "", "no page"),
          new Row("one word", "ok", "no page"),
          new Row("series without types", idle("3"), "no page"),
          new Row(
              "HTML",
              "<!DOCTYPE html>\n<html><body># TYPE\nfn_container_</body>\n</html>",
              "no page"),
          new Row("binary", "\u0000\u0001\n\u001f\u008b\n\n\u00ff{\"}\n", "no page"));

  private static String told(@Nullable MetricsPage page) {
    if (page == null) {
      return "no page";
    }
    TreeMap<String, String> functions = new TreeMap<>();
    for (int i = 0; i < page.size(); i++) {
      assertThat(page.key(i)).startsWith("/invoke/");
      assertThat(
              functions.put(
                  page.key(i).substring("/invoke/".length()),
                  page.count(i, MetricsPage.IDLE)
                      + "/"
                      + page.count(i, MetricsPage.BUSY)
                      + "/"
                      + page.count(i, MetricsPage.STARTING)
                      + "/"
                      + page.count(i, MetricsPage.WAITING)))
          .isNull();
    }
    StringBuilder told = new StringBuilder();
    functions.forEach((id, counts) -> told.append(' ').append(id).append('=').append(counts));
    if (page.memoryUsed() >= 0 || page.memoryFree() >= 0) {
      told.append(' ').append(page.memoryUsed()).append(' ').append(page.memoryFree());
    }
    if (page.skipped() > 0) {
      told.append(" skipped ").append(page.skipped());
    }
    return told.toString().strip();
  }

  private static MetricsParser parser() {
    return new MetricsParser(4, 0x9e3779b97f4a7c15L);
  }

  private static @Nullable MetricsPage read(MetricsParser parser, byte[] page, int... cuts) {
    parser.begin();
    int from = 0;
    for (int cut : cuts) {
      parser.accept(Arrays.copyOfRange(page, from, cut), 0, cut - from);
      from = cut;
    }
    parser.accept(page, from, page.length);
    return parser.end();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void tellsWhatAPageSays(Row row) {
    assertThat(told(read(parser(), bytes(row.page)))).isEqualTo(row.told);
  }

  static List<Row> rows() {
    return ROWS;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void tellsTheSameWhereverThePageIsCut(Row row) {
    byte[] page = bytes(row.page);
    MetricsParser parser = parser();
    int step = Math.max(1, page.length / 1000);
    for (int cut = 0; cut <= page.length; cut += step) {
      assertThat(told(read(parser, page, cut))).as("cut at %s", cut).isEqualTo(row.told);
    }
  }

  @Property(tries = 200)
  void tellsTheSameInAnyPieces(@ForAll @IntRange(max = 100_000) int seed) {
    Random random = new Random(seed);
    Row row = ROWS.get(random.nextInt(ROWS.size()));
    byte[] page = bytes(row.page);
    int[] cuts = random.ints(random.nextInt(30), 0, page.length + 1).sorted().toArray();
    assertThat(told(read(parser(), page, cuts))).isEqualTo(row.told);
  }

  @Test
  void makesNoTextsOfIdsThatItKnows() {
    MetricsParser parser = parser();
    MetricsPage first = read(parser, bytes(TYPED + series("idle", "f", "1")));
    MetricsPage second = read(parser, bytes(TYPED + series("busy", "f", "1")));
    assertThat(second.key(0)).isSameAs(first.key(0));
  }

  @Test
  void forgetsWhatAPageNoLongerNames() {
    MetricsParser parser = new MetricsParser(1000, 1);
    for (int page = 0; page < 20; page++) {
      StringBuilder lines = new StringBuilder(TYPED);
      for (int i = 0; i < 900; i++) {
        lines.append(series("idle", "f" + (i + 600 * page), "1"));
      }
      MetricsPage told = read(parser, bytes(lines.toString()));
      // 1,000 rows were taken by page 1 and 2; only a parser that forgets has room for all.
      if (page % 2 == 0) {
        assertThat(told.size()).as("page %s", page).isEqualTo(900);
      }
      MetricsPage none = read(parser, bytes(TYPED));
      assertThat(none.size()).isZero();
    }
  }

  @Test
  void forgetsAPageThatDidNotEnd() {
    MetricsParser parser = parser();
    byte[] half = bytes(TYPED + idle("3") + "fn_container_idle_total{fn_id=");
    parser.begin();
    parser.accept(half, 0, half.length);
    assertThat(told(read(parser, bytes(TYPED + series("busy", "g", "1"))))).isEqualTo("g=0/1/0/0");
  }

  /** What every page must come to, whatever its bytes; for the fuzzer as well. */
  static void check(byte[] page) {
    MetricsParser parser = parser();
    String whole = told(read(parser, page));
    int third = page.length / 3;
    assertThat(told(read(parser, page, third, 2 * third))).isEqualTo(whole);
    MetricsPage told = read(parser, page);
    if (told != null) {
      assertThat(told.size()).isLessThanOrEqualTo(4);
      assertThat(told.memoryUsed()).isGreaterThanOrEqualTo(-1);
      for (int i = 0; i < told.size(); i++) {
        for (int which = 0; which < MetricsPage.COUNTS; which++) {
          assertThat(told.count(i, which)).isBetween(0, MetricsParser.MAX_COUNT);
        }
      }
    }
  }

  @Test
  void keepsItsPromisesOnStoredInputs() throws Exception {
    StoredInputs.run(MetricsParserFuzz.class, "page", MetricsParserTest::check);
  }
}
