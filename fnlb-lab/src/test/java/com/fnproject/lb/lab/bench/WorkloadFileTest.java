package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WorkloadFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = Scenario.class,
      names = {"HETEROGENEOUS", "NODE_ADDED"})
  void readsBackWhatItWrote(Scenario scenario) throws Exception {
    Path file = folder.resolve("workload");
    Workload workload = scenario.make(3, 280);
    WorkloadFile.write(workload, file);
    assertThat(WorkloadFile.read(file)).isEqualTo(workload);
  }

  @Test
  void takesCommentsDefaultsAndEveryKindOfLine() throws Exception {
    Workload workload =
        read(
            """
            # made by hand

            fnlb-workload 1
            name  tiny
            end 60
            node a:8080 memory=512
            node b:8080 memory=1024 cores=2.5 mode=refuse slowness=2
            function f memory=128 start=250.5
            function g memory=64 start=1 pull=2 idle=3 timeout=4
            event 1 added b:8080
            event 2.5 slowed a:8080 3
            event 2.5 lost a:8080
            calls
            0.000000001 f 0.5
            0.000000001 g 20
            """);
    assertThat(workload.name()).isEqualTo("tiny");
    assertThat(workload.warmUpNanos()).isZero();
    assertThat(workload.endNanos()).isEqualTo(60_000_000_000L);
    assertThat(workload.nodes())
        .containsExactly(
            new Workload.Node("a:8080", 0, 512L << 20, false, 1),
            new Workload.Node("b:8080", 2.5, 1024L << 20, true, 2));
    assertThat(workload.functions())
        .containsExactly(
            new Workload.Function(
                "f", 128L << 20, 250_500_000L, 0, 30_000_000_000L, 30_000_000_000L),
            new Workload.Function(
                "g", 64L << 20, 1_000_000L, 2_000_000L, 3_000_000_000L, 4_000_000_000L));
    assertThat(workload.changes())
        .containsExactly(
            new Workload.Change(1_000_000_000L, Workload.Change.Kind.ADDED, 1, 1),
            new Workload.Change(2_500_000_000L, Workload.Change.Kind.SLOWED, 0, 3),
            new Workload.Change(2_500_000_000L, Workload.Change.Kind.LOST, 0, 1));
    assertThat(workload.thereAtFirst(0)).isTrue();
    assertThat(workload.thereAtFirst(1)).isFalse();
    assertThat(workload.presentNanos(0)).isEqualTo(2_500_000_000L);
    assertThat(workload.presentNanos(1)).isEqualTo(59_000_000_000L);
    assertThat(workload.calls())
        .isEqualTo(
            new Workload.Calls(
                new long[] {1, 1}, new int[] {0, 1}, new long[] {500_000L, 20_000_000L}, 2));
  }

  /** Each is a line put into a good file, after line 5 of it or, from "calls" on, at its end. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "head|nodes 3|line 6: 'nodes' (expected: name, end, warm-up, node, function, event or calls)",
        "head|name a b|line 6: 'name a b' (expected: name NAME)",
        "head|end soon|line 6: 'soon' (expected: seconds, such as 3 or 0.25)",
        "head|end -1|line 6: '-1' (expected: seconds, such as 3 or 0.25)",
        "head|warm-up 60|line 7: 'calls' (expected: a line 'end SECONDS' before it, later than the"
            + " warm-up)",
        "head|node n|line 6: 'memory=' (expected: memory=MEBIBYTES, a whole number above 0)",
        "head|node n memory=0|line 6: 'memory=0' (expected: memory=MEBIBYTES, a whole number above"
            + " 0)",
        "head|node n ram=1|line 6: 'ram=1' (expected: cores=, memory=, mode=, slowness=)",
        "head|node n memory=1 mode=x|line 6: 'mode=x' (expected: mode=wait or mode=refuse)",
        "head|node n memory=1 slowness=0|line 6: '0' (expected: a factor above 0)",
        "head|node a memory=1|line 6: 'a' (expected: a node that is not there yet)",
        "head|function f memory=1 start=1|line 6: 'f' (expected: a function that is not there yet)",
        "head|function g memory=1|line 6: '' (expected: start=MILLISECONDS, such as 3 or 0.25)",
        "head|function g/h memory=1 start=1|line 6: 'g/h' (expected: a name of 1 to 64 letters,"
            + " digits, '.', '_', ':' and '-')",
        "head|event 1 lost x|line 6: 'x' (expected: a node of a line above)",
        "head|event 1 gone a|line 6: 'gone' (expected: event SECONDS lost NODE, \\u2026 added NODE"
            + " or \\u2026 slowed NODE FACTOR)",
        "call|1 f|line 8: '1 f' (expected: SECONDS FUNCTION MILLISECONDS)",
        "call|1 g 1|line 8: 'g' (expected: a function of the head)",
        "call|0.5 f 1|line 8: '0.5' (expected: calls in the order of their time)",
        "call|10 f 1|line 8: '10' (expected: a time before the end, 10)",
        "call|1 f fast|line 8: 'fast' (expected: milliseconds, such as 3 or 0.25)",
      })
  void refusesWithLineWhatWasFoundAndWhatWasExpected(String where, String line, String fault) {
    String text =
        "fnlb-workload 1\nname x\nend 10\nnode a memory=128\nfunction f memory=64 start=1\n"
            + (where.equals("head") ? line + "\n" : "")
            + "calls\n1 f 5\n"
            + (where.equals("call") ? line + "\n" : "");
    assertThat(fault(text)).endsWith(fault.replace("\\u2026", "…"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|line 1: the end of the file (expected: 'fnlb-workload 1' as the first line)",
        "fnlb-workload 2|line 1: 'fnlb-workload 2' (expected: 'fnlb-workload 1' as the first line)",
        "fnlb-workload 1|line 2: the end of the file (expected: a line 'calls')",
      })
  void refusesWhatIsNoWorkload(String text, String fault) {
    assertThat(fault(text)).endsWith(fault);
  }

  @Test
  void refusesEventsThatCannotHappen() {
    String head = "fnlb-workload 1\nname x\nend 10\nnode a memory=128\nevent 2 lost a\n";
    assertThat(fault(head + "event 3 lost a\n"))
        .endsWith("line 6: 'lost a' (expected: a node that is not lost already)");
    assertThat(fault(head + "event 1 added a\n"))
        .endsWith("line 6: '1' (expected: events in the order of their time)");
  }

  @Test
  void refusesBytesThatAreNoText() throws Exception {
    Path file = folder.resolve("bytes");
    Files.write(file, new byte[] {'f', (byte) 0xff, '\n'});
    assertThat(catchThrowableOfType(BadWorkload.class, () -> WorkloadFile.read(file)))
        .hasMessageContaining("(expected: text)");
    assertThat(
            catchThrowableOfType(
                BadWorkload.class, () -> WorkloadFile.read(folder.resolve("none"))))
        .hasMessageContaining("cannot be read");
  }

  private String fault(String text) {
    return catchThrowableOfType(BadWorkload.class, () -> read(text)).getMessage();
  }

  private Workload read(String text) throws Exception {
    Path file = folder.resolve("text");
    Files.writeString(file, text);
    return WorkloadFile.read(file);
  }
}
