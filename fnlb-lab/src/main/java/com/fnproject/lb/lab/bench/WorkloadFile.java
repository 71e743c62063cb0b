package com.fnproject.lb.lab.bench;

import static com.fnproject.lb.lab.bench.Workload.MEBIBYTE;

import com.fnproject.lb.lab.bench.Workload.Change;
import com.fnproject.lb.node.Quoted;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text form of a {@link Workload}, described in docs/routing.md: a head with the cluster, its
 * functions and its changes, then a line per call. What is written is read back as it was.
 */
final class WorkloadFile {
  static final String FIRST_LINE = "fnlb-workload 1";

  static final int MAX_CALLS = 5_000_000;
  static final int MAX_FUNCTIONS = 100_000;
  static final int MAX_NODES = 5_000;

  private static final Pattern BLANKS = Pattern.compile("[ \t]+");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

  private static final Pattern WHOLE = Pattern.compile("[1-9][0-9]{0,8}");

  private static final String HEAD_LINES = "name, end, warm-up, node, function, event or calls";
  private static final String A_NUMBER = "such as 3 or 0.25";

  private final String source;
  private final List<Workload.Node> nodes = new ArrayList<>();
  private final Map<String, Integer> nodeNames = new HashMap<>();
  private final List<Workload.Function> functions = new ArrayList<>();
  private final Map<String, Integer> functionNames = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private String name = "";
  private long warmUpNanos;
  private long endNanos = -1;
  private long[] at = new long[1024];
  private int[] function = new int[1024];
  private long[] work = new long[1024];
  private int calls;
  private int line;

  private WorkloadFile(String source) {
    this.source = source;
  }

  /**
   * Reads a workload.
   *
   * @throws BadWorkload if the file is none, or cannot be read
   */
  static Workload read(Path path) throws BadWorkload {
    WorkloadFile file = new WorkloadFile(path.toString());
    try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      return file.read(reader);
    } catch (MalformedInputException e) {
      throw file.bad("bytes that are no UTF-8", "text");
    } catch (IOException e) {
      throw new BadWorkload("workload " + path + " cannot be read: " + e);
    }
  }

  /** Writes a workload. */
  static void write(Workload workload, Path path) throws IOException {
    try (Writer writer = Files.newBufferedWriter(path, StandardCharsets.UTF_8)) {
      write(workload, writer);
    }
  }

  private static void write(Workload workload, Writer out) throws IOException {
    out.write(FIRST_LINE + "\nname " + workload.name() + "\n");
    out.write("end " + seconds(workload.endNanos()) + "\n");
    out.write("warm-up " + seconds(workload.warmUpNanos()) + "\n");
    for (Workload.Node node : workload.nodes()) {
      out.write(
          "node %s cores=%s memory=%s mode=%s slowness=%s\n"
              .formatted(
                  node.name(),
                  plain(node.cores()),
                  node.memoryBytes() / MEBIBYTE,
                  node.refuses() ? "refuse" : "wait",
                  plain(node.slowness())));
    }
    for (Workload.Function one : workload.functions()) {
      out.write(
          "function %s memory=%s start=%s pull=%s idle=%s timeout=%s\n"
              .formatted(
                  one.name(),
                  one.memoryBytes() / MEBIBYTE,
                  millis(one.startNanos()),
                  millis(one.pullNanos()),
                  seconds(one.idleNanos()),
                  seconds(one.timeoutNanos())));
    }
    for (Change change : workload.changes()) {
      String node = workload.nodes().get(change.node()).name();
      String what =
          switch (change.kind()) {
            case LOST -> "lost " + node;
            case ADDED -> "added " + node;
            case SLOWED -> "slowed " + node + " " + plain(change.slowness());
          };
      out.write("event " + seconds(change.atNanos()) + " " + what + "\n");
    }
    out.write("calls\n");
    Workload.Calls calls = workload.calls();
    for (int i = 0; i < calls.size(); i++) {
      out.write(seconds(calls.at(i)));
      out.write(' ');
      out.write(workload.functions().get(calls.function(i)).name());
      out.write(' ');
      out.write(millis(calls.work(i)));
      out.write('\n');
    }
  }

  private Workload read(BufferedReader reader) throws IOException, BadWorkload {
    String first = next(reader);
    if (!FIRST_LINE.equals(first)) {
      throw bad(first, "'" + FIRST_LINE + "' as the first line");
    }
    boolean head = true;
    for (String text = next(reader); text != null; text = next(reader)) {
      String[] words = BLANKS.split(text);
      if (head) {
        head = !text.equals("calls");
        if (head) {
          head(words);
        } else {
          complete();
        }
      } else {
        call(words, text);
      }
    }
    if (head) {
      throw bad(null, "a line 'calls'");
    }
    if (calls == 0) {
      throw bad(null, "at least one call");
    }
    return new Workload(
        name,
        List.copyOf(nodes),
        List.copyOf(functions),
        List.copyOf(changes),
        warmUpNanos,
        endNanos,
        new Workload.Calls(at, function, work, calls));
  }

  /** The next line that says something; null at the end. */
  private @Nullable String next(BufferedReader reader) throws IOException {
    while (true) {
      line++;
      String text = reader.readLine();
      if (text == null) {
        return null;
      }
      String stripped = text.strip();
      if (!stripped.isEmpty() && stripped.charAt(0) != '#') {
        return stripped;
      }
    }
  }

  private void head(String[] words) throws BadWorkload {
    switch (words[0]) {
      case "name" -> {
        expectWords(words, 2, "name NAME");
        name = name(words[1]);
      }
      case "end" -> {
        expectWords(words, 2, "end SECONDS");
        endNanos = nanos(words[1], 9, "seconds");
      }
      case "warm-up" -> {
        expectWords(words, 2, "warm-up SECONDS");
        warmUpNanos = nanos(words[1], 9, "seconds");
      }
      case "node" -> node(words);
      case "function" -> function(words);
      case "event" -> event(words);
      default -> throw bad(words[0], HEAD_LINES);
    }
  }

  private void node(String[] words) throws BadWorkload {
    Map<String, String> said = settings(words, "cores", "memory", "mode", "slowness");
    String mode = said.getOrDefault("mode", "wait");
    if (!mode.equals("wait") && !mode.equals("refuse")) {
      throw bad("mode=" + mode, "mode=wait or mode=refuse");
    }
    Workload.Node node =
        new Workload.Node(
            words[1],
            number(said.getOrDefault("cores", "0"), "cores=NUMBER, 0 = as many as needed"),
            memory(said),
            mode.equals("refuse"),
            slowness(said.getOrDefault("slowness", "1")));
    if (nodeNames.putIfAbsent(node.name(), nodes.size()) != null) {
      throw bad(node.name(), "a node that is not there yet");
    }
    if (nodes.size() == MAX_NODES) {
      throw bad("one node more", "at most " + MAX_NODES);
    }
    nodes.add(node);
  }

  private void function(String[] words) throws BadWorkload {
    Map<String, String> said = settings(words, "memory", "start", "pull", "idle", "timeout");
    Workload.Function one =
        new Workload.Function(
            words[1],
            memory(said),
            nanos(said.getOrDefault("start", ""), 6, "start=MILLISECONDS"),
            nanos(said.getOrDefault("pull", "0"), 6, "pull=MILLISECONDS"),
            nanos(said.getOrDefault("idle", "30"), 9, "idle=SECONDS"),
            nanos(said.getOrDefault("timeout", "30"), 9, "timeout=SECONDS"));
    if (functionNames.putIfAbsent(one.name(), functions.size()) != null) {
      throw bad(one.name(), "a function that is not there yet");
    }
    if (functions.size() == MAX_FUNCTIONS) {
      throw bad("one function more", "at most " + MAX_FUNCTIONS);
    }
    functions.add(one);
  }

  private void event(String[] words) throws BadWorkload {
    String expected = "event SECONDS lost NODE, … added NODE or … slowed NODE FACTOR";
    boolean slowed = words.length > 2 && words[2].equals("slowed");
    expectWords(words, slowed ? 5 : 4, expected);
    Change.Kind kind =
        switch (words[2]) {
          case "lost" -> Change.Kind.LOST;
          case "added" -> Change.Kind.ADDED;
          case "slowed" -> Change.Kind.SLOWED;
          default -> throw bad(words[2], expected);
        };
    long atNanos = nanos(words[1], 9, "seconds");
    if (!changes.isEmpty() && atNanos < changes.getLast().atNanos()) {
      throw bad(words[1], "events in the order of their time");
    }
    Integer node = nodeNames.get(words[3]);
    if (node == null) {
      throw bad(words[3], "a node of a line above");
    }
    if (kind != Change.Kind.SLOWED && kind == lastOf(node)) {
      throw bad(words[2] + " " + words[3], "a node that is not " + words[2] + " already");
    }
    changes.add(new Change(atNanos, kind, node, slowed ? slowness(words[4]) : 1));
  }

  private Change.@Nullable Kind lastOf(int node) {
    for (Change change : changes.reversed()) {
      if (change.node() == node && change.kind() != Change.Kind.SLOWED) {
        return change.kind();
      }
    }
    return null;
  }

  private void complete() throws BadWorkload {
    if (name.isEmpty()) {
      throw bad("calls", "a line 'name NAME' before it");
    }
    if (endNanos <= warmUpNanos) {
      throw bad("calls", "a line 'end SECONDS' before it, later than the warm-up");
    }
    if (nodes.isEmpty()) {
      throw bad("calls", "a line 'node NAME …' before it");
    }
    if (functions.isEmpty()) {
      throw bad("calls", "a line 'function NAME …' before it");
    }
  }

  private void call(String[] words, String text) throws BadWorkload {
    if (words.length != 3) {
      throw bad(text, "SECONDS FUNCTION MILLISECONDS");
    }
    if (calls == MAX_CALLS) {
      throw bad("one call more", "at most " + MAX_CALLS);
    }
    if (calls == at.length) {
      at = Arrays.copyOf(at, calls * 2);
      function = Arrays.copyOf(function, calls * 2);
      work = Arrays.copyOf(work, calls * 2);
    }
    long atNanos = nanos(words[0], 9, "seconds");
    if (calls > 0 && atNanos < at[calls - 1]) {
      throw bad(words[0], "calls in the order of their time");
    }
    if (atNanos >= endNanos) {
      throw bad(words[0], "a time before the end, " + seconds(endNanos));
    }
    Integer called = functionNames.get(words[1]);
    if (called == null) {
      throw bad(words[1], "a function of the head");
    }
    at[calls] = atNanos;
    function[calls] = called;
    work[calls] = nanos(words[2], 6, "milliseconds");
    calls++;
  }

  /** The {@code key=value} words after the line's name. */
  private Map<String, String> settings(String[] words, String... keys) throws BadWorkload {
    String expected = String.join("=, ", keys) + "=";
    if (words.length < 2) {
      throw bad(words[0], words[0] + " NAME " + expected);
    }
    String unused = name(words[1]);
    Map<String, String> said = new HashMap<>();
    for (int i = 2; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String key = equals < 0 ? words[i] : words[i].substring(0, equals);
      if (equals < 0 || !Arrays.asList(keys).contains(key)) {
        throw bad(words[i], expected);
      }
      said.put(key, words[i].substring(equals + 1));
    }
    return said;
  }

  private String name(String text) throws BadWorkload {
    if (!NAME.matcher(text).matches()) {
      throw bad(text, "a name of 1 to 64 letters, digits, '.', '_', ':' and '-'");
    }
    return text;
  }

  private long memory(Map<String, String> said) throws BadWorkload {
    String text = said.getOrDefault("memory", "");
    if (!WHOLE.matcher(text).matches()) {
      throw bad("memory=" + text, "memory=MEBIBYTES, a whole number above 0");
    }
    return Long.parseLong(text) * MEBIBYTE;
  }

  private double slowness(String text) throws BadWorkload {
    double factor = number(text, "a factor above 0");
    if (!(factor > 0)) {
      throw bad(text, "a factor above 0");
    }
    return factor;
  }

  private double number(String text, String expected) throws BadWorkload {
    if (!NUMBER.matcher(text).matches()) {
      throw bad(text, expected + ", " + A_NUMBER);
    }
    return Double.parseDouble(text);
  }

  /** A decimal number as nanoseconds, by how many digits the unit is larger. */
  private long nanos(String text, int digits, String expected) throws BadWorkload {
    if (!NUMBER.matcher(text).matches()) {
      throw bad(text, expected + ", " + A_NUMBER);
    }
    return new BigDecimal(text)
        .movePointRight(digits)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  private void expectWords(String[] words, int count, String expected) throws BadWorkload {
    if (words.length != count) {
      throw bad(String.join(" ", words), expected);
    }
  }

  private BadWorkload bad(@Nullable String found, String expected) {
    return new BadWorkload(
        "workload %s, line %d: %s (expected: %s)"
            .formatted(
                source, line, found == null ? "the end of the file" : Quoted.of(found), expected));
  }

  private static String seconds(long nanos) {
    return decimal(nanos, 9);
  }

  private static String millis(long nanos) {
    return decimal(nanos, 6);
  }

  private static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }

  private static String decimal(long nanos, int digits) {
    return BigDecimal.valueOf(nanos, digits).stripTrailingZeros().toPlainString();
  }
}
