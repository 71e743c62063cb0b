package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeBodyTest {

  private static final String EXPECTED = " (expected: {\"node\":\"host:port\"})";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"node":"a:1"}                             | a:1
          {"Node":"a:1"}                             | a:1
          {"NODE":"a:1"}                             | a:1
          {"node":"a"}                               | a:8080
          {"node":"http://a:1"}                      | a:1
          {"node":"HTTP://A:1/"}                     | a:1
          {"node":"[::0001]:80"}                     | [::1]:80
          {"node":"\\u0061\\u003a1"}                 | a:1
          {"node":"http:\\/\\/a:1"}                  | a:1
          {"\\u006eode":"a:1"}                       | a:1
          {"weight":1,"node":"a:1"}                  | a:1
          {"node":"a:1","other":{"node":2},"x":[[]]} | a:1
          {"x":{"y":{}},"z":[{"node":3}],"node":"a"} | a:8080
          {"x":1e999999999,"node":"a:1"}             | a:1
          {"x":-0.1E-7,"y":true,"z":null,"node":"a"} | a:8080
          {"nodes":"b:1","node ":"c:1","node":"a:1"} | a:1
          {"node":"a:1"} rubbish                     | a:1
          {"node":"a:1"}{"node":"b:1"}               | a:1
          {"node":"a:1"}]                            | a:1
          {"node":"a:1"}"                            | a:1
          """)
  void takesWhatNamesANode(String body, String node) {
    assertThat(NodeBody.parse(body.getBytes(StandardCharsets.UTF_8))).hasToString(node);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``                          | body: empty
          `  `                        | body: empty
          `\r\n\t`                    | body: empty
          null                        | body: null
          true                        | body: true
          false                       | body: false
          3                           | body: '3'
          1e999999999                 | body: '1e999999999'
          []                          | body: an array
          [{"node":"a:1"}]            | body: an array
          "a:1"                       | body: 'a:1'
          {}                          | key 'node': missing
          {"nodes":"a:1"}             | key 'node': missing
          {"x":{"node":"a:1"}}        | key 'node': missing
          node                        | body: not JSON
          node=a:1                    | body: not JSON
          {"node":"a:1"               | body: not JSON
          {"node":"a:1                | body: not JSON
          {"node":                    | body: not JSON
          {"node"                     | body: not JSON
          {                           | body: not JSON
          {"node":"a:1",}             | body: not JSON
          {"node" "a:1"}              | body: not JSON
          {'node':'a:1'}              | body: not JSON
          {node:"a:1"}                | body: not JSON
          {"node":a}                  | body: not JSON
          {"node":"\\x"}              | body: not JSON
          {"node":"\\u12"}            | body: not JSON
          {"x":01,"node":"a:1"}       | body: not JSON
          {"x":[1,"node":"a:1"}       | body: not JSON
          {"x":[1},"node":"a:1"}      | body: not JSON
          """)
  void refusesWhatIsNoSuchObject(String body, String message) {
    assertRefused(body, message + EXPECTED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          null                | null
          true                | true
          8080                | '8080'
          1e99999             | '1e99999'
          ["a:1"]             | an array
          {"node":"a:1"}      | an object
          """)
  void refusesANodeThatIsNoString(String value, String shown) {
    assertRefused(
        "{\"node\":" + value + "}",
        "key 'node': " + shown + " (expected: a string, such as \"host:port\")");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          not a host!      | 'not a host!': a blank or control character inside
          ``               | '': the name is empty
          `  `             | '  ': the name is empty
          a:0              | 'a:0': the port '0' is not a whole number from 1 to 65535
          a:65536          | 'a:65536': the port '65536' is not a whole number from 1 to 65535
          a:               | 'a:': the port is empty
          https://a        | 'https://a': https is not supported: nodes are spoken to without TLS
          http://a/b       | 'http://a/b': a path is not allowed
          u@a              | 'u@a': a user is not allowed
          a,b              | 'a,b': the character ',' in the host
          \\ud83d\\ude00   | '\\ud83d\\ude00': a character outside ASCII (write the name in its xn-- form)
          a\\u0000          | 'a\\u0000': a blank or control character inside
          \\ud800          | '\\ud800': a character outside ASCII (write the name in its xn-- form)
          a\\r\\nb         | 'a\\u000d\\u000ab': a blank or control character inside
          """)
  void namesWhatIsWrongWithANode(String node, String fault) {
    assertRefused(
        "{\"node\":\"" + node + "\"}",
        "key 'node': " + fault + " (expected: host, host:port, http://host:port or [v6]:port)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"node\":\"a:1\",\"node\":\"a:1\"}",
        "{\"node\":\"a:1\",\"x\":0,\"NODE\":\"b:1\"}",
        "{\"node\":\"a:1\",\"node\":null}",
      })
  void refusesTwoNodes(String body) {
    assertRefused(body, "key 'node': given twice (expected: once)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ff", "c3", "7b226e6f6465223a22c0af227d", "eda080", "f8888080", "80"})
  void refusesWhatIsNotUtf8(String hex) {
    assertRefused(HexFormat.of().parseHex(hex), "body: not UTF-8" + EXPECTED);
  }

  @Test
  void refusesUtf16AndAByteOrderMark() {
    assertRefused("\ufeff{\"node\":\"a:1\"}", "body: not JSON" + EXPECTED);
    assertRefused(
        "{\"node\":\"a:1\"}".getBytes(StandardCharsets.UTF_16BE), "body: not JSON" + EXPECTED);
  }

  @Test
  void refusesALongNameWithoutRepeatingAllOfIt() {
    String name = "a".repeat(65_000);
    Refusal refusal = refused(("{\"node\":\"" + name + "\"}").getBytes(StandardCharsets.UTF_8));
    assertThat(refusal.getMessage())
        .startsWith("key 'node': 'aaaa")
        .contains("... 65000 characters'")
        .hasSizeLessThan(400);
  }

  static List<String> nested() {
    return List.of(
        "[".repeat(65_536),
        "{\"node\":" + "[".repeat(65_528),
        "{\"x\":" + "[".repeat(65_531),
        "{\"x\":".repeat(13_107),
        "{\"x\":[".repeat(10_922),
        "{\"x\":" + "[".repeat(30_000) + "]".repeat(30_000) + ",\"node\":3}");
  }

  // A parser that recurses would overflow the stack, one that waits for the end never returns.
  @ParameterizedTest
  @MethodSource("nested")
  @Timeout(10)
  void refusesWhatIsNestedDeep(String body) {
    assertThat(refused(body.getBytes(StandardCharsets.UTF_8)).getMessage())
        .matches("(body: (an array|nested over 100 deep)|key 'node': an array) \\(expected: .*\\)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"x\":[", "{\"x\":{", "{\"x\":[[1,", "{\"x\":{\"y\"", "{\"x\":[\"", "{\"x\":"})
  @Timeout(10)
  void refusesWhatEndsWithinAnIgnoredValue(String body) {
    assertRefused(body, "body: not JSON" + EXPECTED);
  }

  private static void assertRefused(String body, String message) {
    assertRefused(body.getBytes(StandardCharsets.UTF_8), message);
  }

  private static void assertRefused(byte[] body, String message) {
    assertThat(refused(body).getMessage()).isEqualTo(message);
  }

  private static Refusal refused(byte[] body) {
    Refusal refusal = catchThrowableOfType(Refusal.class, () -> NodeBody.parse(body));
    assertThat(refusal).as("%s", new String(body, StandardCharsets.UTF_8)).isNotNull();
    assertThat(refusal.status()).isEqualTo(Status.BAD_REQUEST_400);
    return refusal;
  }
}
