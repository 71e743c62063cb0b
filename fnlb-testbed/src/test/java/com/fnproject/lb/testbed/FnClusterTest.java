package com.fnproject.lb.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class FnClusterTest {

  @Test
  void twoHundredNodesLiveInOneProcess() throws Exception {
    try (FnCluster cluster = FnCluster.start(200, FnNodeConfig.create().timeScale(1000))) {
      cluster.addSamples();
      assertThat(cluster.names()).doesNotHaveDuplicates().hasSize(200);
      for (FnNode node : cluster.nodes()) {
        try (RawClient client = RawClient.connect(node.port())) {
          RawAnswer answer = client.get("/t/demo/hello");
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.head().header("Test-Node")).isEqualTo(node.name());
        }
      }
      assertThat(cluster.executions().total()).isEqualTo(200);
      assertThat(cluster.rows()).hasSize(200).allMatch(row -> row.coldStarts() == 1);
    }
  }

  @Test
  void aNodeStopsAndStartsAgainColdOnItsPort() throws Exception {
    try (FnCluster cluster = FnCluster.start(2, FnNodeConfig.create().timeScale(1000))) {
      cluster.addSamples();
      int port = cluster.node(1).port();
      try (RawClient client = RawClient.connect(port)) {
        assertThat(client.get("/t/demo/hello").status()).isEqualTo(200);
      }
      cluster.stop(1);
      assertThatThrownBy(() -> RawClient.connect(port)).isInstanceOf(ConnectException.class);
      FnNode again = cluster.restart(1);
      assertThat(again.port()).isEqualTo(port);
      assertThat(again.rows()).isEmpty();
      try (RawClient client = RawClient.connect(port)) {
        assertThat(client.get("/t/demo/hello").head().header("Test-Container")).isEqualTo("1");
      }
      assertThat(cluster.executions().total()).isEqualTo(2);
    }
  }

  @Test
  void nodesOfOneClusterShareTheirDatabase() throws Exception {
    try (FnCluster cluster = FnCluster.start(2)) {
      try (RawClient client = RawClient.connect(cluster.node(0).port())) {
        String app = "{\"name\":\"shared\"}";
        String head = "POST /v2/apps HTTP/1.1\r\nHost: h\r\nContent-Length: " + app.length();
        assertThat(client.exchange(head + "\r\n\r\n" + app).status()).isEqualTo(200);
      }
      try (RawClient client = RawClient.connect(cluster.node(1).port())) {
        assertThat(client.get("/v2/apps?name=shared").text()).contains("\"name\":\"shared\"");
      }
    }
  }
}
