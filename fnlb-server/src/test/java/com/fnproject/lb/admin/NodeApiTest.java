package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawHead;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single nodes over REST, by real sockets. */
@Timeout(60)
class NodeApiTest {

  /** A node that answers everything: what went past the interface would come from there. */
  private static RudeNode node;

  private static FnLoadBalancer balancer;

  @BeforeAll
  static void start() throws IOException {
    node = RudeNode.replying(Replies.ok("from the node"));
    balancer = FnLoadBalancer.start("--listen", "127.0.0.1:0", "--nodes", node.name());
    for (String name : List.of("fn-1", "[::1]:12", "127.0.0.1:2")) {
      assertThat(exchange("PUT", "/1/lb/nodes", "{\"node\":\"" + name + "\"}").status())
          .isEqualTo(200);
    }
    await().until(() -> exchange("GET", "/", "").text().equals("from the node"));
  }

  @AfterAll
  static void stop() {
    balancer.stop();
    node.close();
  }

  @BeforeEach
  void nothingIsSaidOfTheNodes() throws IOException {
    for (String name : List.of("fn-1", "[::1]:12", "127.0.0.1:2", node.name())) {
      assertThat(patch(name, "{\"state\":\"enabled\",\"weight\":1,\"labels\":{}}").status())
          .isEqualTo(200);
    }
  }

  private static RawAnswer exchange(String method, String target, String body) throws IOException {
    return AdminRequest.exchange(balancer.port(), method, target, body);
  }

  private static RawAnswer get(String name) throws IOException {
    return exchange("GET", "/1/lb/nodes/" + name, "");
  }

  private static RawAnswer patch(String name, String body) throws IOException {
    return exchange("PATCH", "/1/lb/nodes/" + name, body);
  }

  @Test
  void showsANodeWithAllThatIsKnownOfIt() throws IOException {
    RawAnswer answer =
        patch("fn-1:8080", "{\"weight\":2.5,\"labels\":{\"zone\":\"a\",\"b\":\"\"}}");
    String shown =
        "\\{\"node\":\"fn-1:8080\",\"state\":\"enabled\",\"weight\":2.5,"
            + "\"labels\":\\{\"b\":\"\",\"zone\":\"a\"},\"health\":\"offline\","
            + "\"eligible\":false,\"inFlight\":0,\"version\":\\d{16},\"revision\":\\d{16}}\n";
    assertThat(answer.text()).matches(shown);
    assertThat(answer.head().header("Content-Type")).isEqualTo("application/json");
    assertThat(get("fn-1").text()).isEqualTo(answer.text());
    assertThat(get(node.name()).text()).contains("\"health\":\"online\"", "\"eligible\":true");
  }

  @Test
  void answersHeadLikeGetWithoutTheBody() throws IOException {
    try (RawClient client = RawClient.connect(balancer.port())) {
      String length = get("fn-1").head().header("Content-Length");
      client.send("HEAD /1/lb/nodes/fn-1 HTTP/1.1\r\nHost: t\r\n\r\n");
      RawHead head = client.readHead();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("Content-Length")).isEqualTo(length);
      assertThat(client.get("/1/lb/nodes/gone").status()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fn-1                              | fn-1:8080
          FN-1                              | fn-1:8080
          fn-1:8080                         | fn-1:8080
          fn-1%3A8080                       | fn-1:8080
          fn-1%3a8080                       | fn-1:8080
          %66n%2d1%3a80%380                 | fn-1:8080
          fn-1?x=/y&z                       | fn-1:8080
          http://fn-1                       | fn-1:8080
          http://fn-1:8080/                 | fn-1:8080
          HTTP://FN-1:8080                  | fn-1:8080
          http%3A%2F%2Ffn-1                 | fn-1:8080
          http%3a%2f%2ffn-1%3a8080%2f       | fn-1:8080
          http:%2F%2Ffn-1                   | fn-1:8080
          http:/%2Ffn-1:8080                | fn-1:8080
          http%3A//fn-1                     | fn-1:8080
          %20fn-1%09                        | fn-1:8080
          [::1]:12                          | [::1]:12
          %5B::1%5D:12                      | [::1]:12
          %5b::1%5d:12                      | [::1]:12
          %5B%3A%3A1%5D%3A12                | [::1]:12
          [%3A%3a1]:12                      | [::1]:12
          [0:0:0:0:0:0:0:1]:12              | [::1]:12
          http://[::1]:12                   | [::1]:12
          http%3A%2F%2F%5B%3A%3A1%5D%3A12   | [::1]:12
          127.0.0.1:2                       | 127.0.0.1:2
          127%2E0%2E0%2E1:2                 | 127.0.0.1:2
          """)
  void knowsANodeHoweverItsNameIsSpelled(String written, String name) throws IOException {
    assertThat(get(written).text()).startsWith("{\"node\":\"" + name + "\",");
    assertThat(patch(written, "{\"weight\":7}").text())
        .startsWith("{\"node\":\"" + name + "\",")
        .contains("\"weight\":7.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gone                              | 404 | node 'gone:8080': not in the cluster
          [::2]:12                          | 404 | node '[::2]:12': not in the cluster
          fn-1:8081                         | 404 | node 'fn-1:8081': not in the cluster
          https://fn-1                      | 400 | key 'node': 'https://fn-1': https is not supported
          https%3A%2F%2Ffn-1                | 400 | key 'node': 'https://fn-1': https is not supported
          https:%2F/fn-1:8080               | 400 | key 'node': 'https://fn-1:8080': https is not supported
          ftp://fn-1                        | 400 | key 'node': 'ftp://fn-1': the scheme 'ftp'
          http:/fn-1                        | 400 | key 'node': 'http:/fn-1': a path is not allowed
          http%3A%2Ffn-1                    | 400 | key 'node': 'http:/fn-1': a path is not allowed
          fn-1/                             | 400 | key 'node': 'fn-1/': a path is not allowed
          fn-1/stats                        | 400 | key 'node': 'fn-1/stats': a path is not allowed
          /fn-1                             | 400 | key 'node': '/fn-1': a path is not allowed
          //                                | 400 | key 'node': '//': a path is not allowed
          .                                 | 400 | key 'node': '.': an empty label
          ..                                | 400 | key 'node': '..': an empty label
          ../../../invoke/f                 | 400 | key 'node': '../../../invoke/f': a path is not allowed
          ..%2F..%2Finvoke                  | 400 | key 'node': '../../invoke': a path is not allowed
          fn-1;v=1                          | 400 | key 'node': 'fn-1;v=1':
          fn-1%3Fx                          | 400 | key 'node': 'fn-1?x': a query is not allowed
          fn-1%23x                          | 400 | key 'node': 'fn-1#x': a fragment is not allowed
          user@fn-1                         | 400 | key 'node': 'user@fn-1': a user is not allowed
          ::1                               | 400 | key 'node': '::1': an IPv6 address needs brackets
          %3A%3A1                           | 400 | key 'node': '::1': an IPv6 address needs brackets
          [::1                              | 400 | key 'node': '[::1': the bracket is not closed
          [::1%5d12                         | 400 | key 'node': '[::1]12': only a port may follow
          %5B::1:12                         | 400 | key 'node': '[::1:12': the bracket is not closed
          %255B::1%255D:12                  | 400 | key 'node': '%5B::1%5D:12':
          fn-1%253A8080                     | 400 | key 'node': 'fn-1%3A8080':
          http%253A%252F%252Ffn-1           | 400 | key 'node': 'http%3A%2F%2Ffn-1':
          fn-1:0                            | 400 | key 'node': 'fn-1:0': the port '0'
          fn-1:99999                        | 400 | key 'node': 'fn-1:99999': the port '99999'
          fn-1+                             | 400 | key 'node': 'fn-1+':
          fn%201                            | 400 | key 'node': 'fn 1': a blank or control character
          fn-1%00                           | 400 | key 'node': 'fn-1\\\\u0000': a blank or control character
          fn-1%0D%0A                        | 400 | key 'node': 'fn-1\\\\u000d\\\\u000a': a blank or control
          f%C3%A9                           | 400 | key 'node': 'f\\\\u00e9': a character outside ASCII
          f%E9                              | 400 | key 'node': 'f%E9': not UTF-8
          fn-1%                             | 400 | key 'node': 'fn-1%': half a percent-escape
          fn-1%3                            | 400 | key 'node': 'fn-1%3': half a percent-escape
          fn-1%3G8080                       | 400 | key 'node': 'fn-1%3G8080': half a percent-escape
          %zz                               | 400 | key 'node': '%zz': half a percent-escape
          %                                 | 400 | key 'node': '%': half a percent-escape
          """)
  void namesWhatIsWrongWithAnotherSpelling(String written, int status, String message)
      throws IOException {
    int before = node.calls().size();
    for (String method : List.of("GET", "PATCH")) {
      RawAnswer answer = exchange(method, "/1/lb/nodes/" + written, "{\"weight\":7}");
      assertThat(answer.text()).startsWith("{\"msg\":\"" + message);
      assertThat(answer.status()).isEqualTo(status);
    }
    assertThat(node.calls().subList(before, node.calls().size()))
        .as("what came to the proxy")
        .noneMatch(call -> call.head().target().contains("/1/lb"));
  }

  @Test
  void servesTheAbsoluteFormAsWell() throws IOException {
    assertThat(exchange("GET", "http://lb:8081/1/lb/nodes/http://fn-1", "").text())
        .startsWith("{\"node\":\"fn-1:8080\",");
    assertThat(exchange("GET", "HTTP://lb/1/lb/nodes", "").text()).startsWith("{\"nodes\":{");
    assertThat(exchange("GET", "http://lb/1/lb/x", "").text())
        .isEqualTo("{\"msg\":\"unknown command\"}\n");
    assertThat(exchange("GET", "http://lb/x/1/lb/nodes", "").text()).isEqualTo("from the node");
    assertThat(exchange("GET", "http://lb?/1/lb/nodes", "").text()).isEqualTo("from the node");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "DELETE", "POST", "OPTIONS"})
  void answersOtherMethodsWith405(String method) throws IOException {
    RawAnswer answer = exchange(method, "/1/lb/nodes/fn-1", "{\"node\":\"fn-1\"}");
    assertThat(answer.text())
        .isEqualTo("{\"msg\":\"method '" + method + "' (expected: GET, HEAD, PATCH)\"}\n");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.head().header("Allow")).isEqualTo("GET, HEAD, PATCH");
  }

  @Test
  void sendsNoCallToANodeThatDrainsAndOnesAgainOnceItIsEnabled() throws IOException {
    assertThat(patch(node.name(), "{\"state\":\"draining\"}").text())
        .contains("\"state\":\"draining\"", "\"health\":\"online\"", "\"eligible\":false");
    assertThat(exchange("GET", "/", "").status()).isEqualTo(503);
    assertThat(exchange("GET", "/1/lb/nodes", "").text())
        .contains("\"" + node.name() + "\":\"online\"");
    assertThat(exchange("GET", "/observe/metrics", "").text())
        .contains("fnlb_node_draining{node=\"" + node.name() + "\",scope=\"application\",} 1.0");
    assertThat(exchange("PUT", "/1/lb/nodes", "{\"node\":\"" + node.name() + "\"}").status())
        .isEqualTo(200);
    assertThat(get(node.name()).text()).as("after another PUT").contains("\"draining\"");
    assertThat(patch(node.name(), "{\"state\":\"enabled\"}").text()).contains("\"eligible\":true");
    assertThat(exchange("GET", "/", "").text()).isEqualTo("from the node");
  }

  @Test
  void aNodeThatIsRemovedAndComesBackHasNothingOfWhatItHad() throws IOException {
    String body = "{\"node\":\"comes-back\"}";
    assertThat(exchange("PUT", "/1/lb/nodes", body).status()).isEqualTo(200);
    assertThat(
            patch("comes-back", "{\"state\":\"draining\",\"weight\":3,\"labels\":{\"a\":\"b\"}}")
                .status())
        .isEqualTo(200);
    assertThat(exchange("DELETE", "/1/lb/nodes", body).status()).isEqualTo(200);
    assertThat(get("comes-back").status()).isEqualTo(404);
    assertThat(exchange("PUT", "/1/lb/nodes", body).status()).isEqualTo(200);
    assertThat(get("comes-back").text())
        .contains("\"state\":\"enabled\",\"weight\":1.0,\"labels\":{},\"health\":\"offline\"");
    assertThat(exchange("DELETE", "/1/lb/nodes", body).status()).isEqualTo(200);
  }

  @Test
  void changesOnlyTheRevisionThatIsMeant() throws IOException {
    String shown = get("fn-1").text();
    String revision = shown.replaceAll("(?s).*\"revision\":(\\d+).*", "$1");
    String body = "{\"revision\":" + revision + ",\"weight\":";
    assertThat(patch("fn-1", body + "4}").status()).isEqualTo(200);
    RawAnswer late = patch("fn-1", body + "5}");
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.text())
        .matches(
            "\\{\"msg\":\"node 'fn-1:8080': its revision is \\d{16} \\(expected: "
                + revision
                + "\\)\"}\n");
    assertThat(get("fn-1").text()).contains("\"weight\":4.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-www-form-urlencoded", "application/json", "none"})
  void ignoresTheContentType(String type) throws IOException {
    try (RawClient client = RawClient.connect(balancer.port())) {
      RawAnswer answer =
          client.exchange(
              "PATCH /1/lb/nodes/fn-1 HTTP/1.1\r\nHost: t\r\nContent-Type: "
                  + type
                  + "\r\nContent-Length: 12\r\n\r\n{\"weight\":3}");
      assertThat(answer.text()).contains("\"weight\":3.0");
    }
  }
}
