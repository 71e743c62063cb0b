package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.node.AdminState;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class PatchBodyTest {

  private static NodePatch parse(String body) {
    return PatchBody.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void takesWhatIsThereAndLeavesTheRestOpen() {
    assertThat(parse("{}")).isEqualTo(new NodePatch(null, null, null, null));
    assertThat(parse(" {\"state\" : \"draining\"}\r\n"))
        .isEqualTo(new NodePatch(AdminState.DRAINING, null, null, null));
    assertThat(
            parse(
                """
                {"revision":1795555555000123, "labels":{"b":"2","a":""},
                 "weight":25e-1, "\\u0073tate":"enabled"}"""))
        .isEqualTo(
            new NodePatch(
                AdminState.ENABLED, 2.5, Map.of("a", "", "b", "2"), 1_795_555_555_000_123L));
    assertThat(parse("{\"labels\":{}}").labels()).isEmpty();
    assertThat(parse("{\"weight\":1e999}").weight()).isInfinite();
    assertThat(parse("{\"weight\":0}").weight()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``                                | body: empty
          ` `                               | body: empty
          null                              | body: null
          7                                 | body: '7'
          []                                | body: an array
          "state"                           | body: 'state'
          {                                 | body: not JSON
          {"state"                          | body: not JSON
          {"state":                         | body: not JSON
          {"state":"draining"               | body: not JSON
          {"state":"draining",}             | body: not JSON
          {"state":"draining"} x            | body: not JSON
          {"state":"draining"}}             | body: not JSON
          {"state":"draining"}{}            | body: not JSON
          {"state":"draining"},             | body: not JSON
          {"labels":{"a":"b"                | body: not JSON
          {"labels":{"a"                    | body: not JSON
          {"labels":{                       | body: not JSON
          {'state':'draining'}              | body: not JSON
          state=draining                    | body: not JSON
          {"weight":01}                     | body: not JSON
          {"weight":.5}                     | body: not JSON
          {"weight":NaN}                    | body: not JSON
          {"state":"draining","state":"enabled"} | key 'state': given twice
          {"weight":1,"weight":1}           | key 'weight': given twice
          {"labels":{},"labels":{}}         | key 'labels': given twice
          {"labels":{"a":"1","a":"2"}}      | key 'labels.a': given twice
          {"State":"draining"}              | key 'State': unknown
          {"node":"a:1"}                    | key 'node': unknown
          {"":1}                            | key '': unknown
          {"health":"online","weight":1}    | key 'health': unknown
          {"a\\u0007b":1}                   | key 'a\\u0007b': unknown
          {"state":"DRAINING"}              | key 'state': 'DRAINING'
          {"state":"drain"}                 | key 'state': 'drain'
          {"state":null}                    | key 'state': null
          {"state":1}                       | key 'state': '1'
          {"state":{"state":"enabled"}}     | key 'state': an object
          {"state":["enabled"]}             | key 'state': an array
          {"weight":"1"}                    | key 'weight': '1'
          {"weight":null}                   | key 'weight': null
          {"weight":true}                   | key 'weight': true
          {"weight":[1]}                    | key 'weight': an array
          {"labels":null}                   | key 'labels': null
          {"labels":"a=b"}                  | key 'labels': 'a=b'
          {"labels":[]}                     | key 'labels': an array
          {"labels":{"a":1}}                | key 'labels.a': '1'
          {"labels":{"a":null}}             | key 'labels.a': null
          {"labels":{"a":{"b":"c"}}}        | key 'labels.a': an object
          {"revision":"1"}                  | key 'revision': '1'
          {"revision":1.5}                  | key 'revision': '1.5'
          {"revision":1e3}                  | key 'revision': '1e3'
          {"revision":9999999999999999999}  | key 'revision': '9999999999999999999'
          """)
  void namesWhatIsWrongWithAnotherBody(String body, String message) {
    try {
      NodePatch unused = parse(body);
    } catch (Refusal refusal) {
      assertThat(refusal.getMessage()).startsWith(message + " (expected: ").endsWith(")");
      assertThat(refusal.status().code()).isEqualTo(400);
      return;
    }
    throw new AssertionError("taken: " + body);
  }
}
