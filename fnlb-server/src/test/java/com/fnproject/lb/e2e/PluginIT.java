package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.e2e.RunningBalancer.Ended;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.wire.RawAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plug-in's jar in a directory, as an operator puts it there. */
class PluginIT {

  @TempDir Path plugins;

  private Path drop(String name) throws IOException {
    return Files.copy(Path.of(System.getProperty("fnlb.sample-plugin")), plugins.resolve(name));
  }

  @Test
  void theSampleChoosesTheNodesOfAllCallsAndTheLogNamesIt() throws Exception {
    drop("least-busy.jar");
    try (FnCluster cluster = FnCluster.start(3)) {
      cluster.addSamples();
      try (RunningBalancer balancer =
          RunningBalancer.start(
              "--plugins=" + plugins,
              "--router=least-busy",
              "--nodes",
              String.join(",", cluster.names()))) {
        balancer.awaitOnline(cluster.names());
        assertThat(balancer.log("router least-busy is com.example.leastbusy.LeastBusy"))
            .singleElement()
            .asString()
            .contains("of plug-in 'least-busy.jar' in '" + plugins + "'");
        // One function, called again and again: any policy with a memory would stay on a node.
        Set<String> used = new HashSet<>();
        for (int i = 0; i < 200 && used.size() < 3; i++) {
          RawAnswer answer = balancer.call("GET", "/t/demo/hello", "");
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          used.add(answer.head().header("Test-Node"));
        }
        assertThat(used).containsExactlyInAnyOrderElementsOf(cluster.names());
        assertNoFaults(balancer);
      }
    }
  }

  @Test
  void aPluginThatWasBuiltAgainstSpi1AndUsesAllOfItRunsForEver() throws Exception {
    try (InputStream jar = PluginIT.class.getResourceAsStream("/frozen/spi-1.jar")) {
      Files.copy(jar, plugins.resolve("spi-1.jar"));
    }
    try (FnCluster cluster = FnCluster.start(3)) {
      cluster.addSamples();
      try (RunningBalancer balancer =
          RunningBalancer.start(
              "--plugins=" + plugins,
              "--router=spi-1",
              "--nodes",
              String.join(",", cluster.names()))) {
        balancer.awaitOnline(cluster.names());
        String last = cluster.names().stream().max(Comparator.naturalOrder()).orElseThrow();
        for (int i = 0; i < 20; i++) {
          RawAnswer answer = balancer.call("GET", "/t/demo/hello", "", "X-Hold: yes");
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          assertThat(answer.head().header("Test-Node")).isEqualTo(last);
        }
        assertNoFaults(balancer);
      }
    }
  }

  private static void assertNoFaults(RunningBalancer balancer) throws IOException {
    assertThat(balancer.get("/observe/metrics").text())
        .containsPattern("(?m)^fnlb_policy_faults_total\\{[^}]*} 0(\\.0)?$");
    assertThat(balancer.log("routing policy")).isEmpty();
  }

  @Test
  void aJarThatCannotBeUsedEndsTheStartWith2AndOneLineThatNamesIt() throws Exception {
    drop("a.jar");
    drop("b.jar");
    assertThat(command("--listen=127.0.0.1:0", "--plugins=" + plugins).run())
        .isEqualTo(
            new Ended(
                2,
                "",
                "fnlb: cannot start: key 'plugins': 'b.jar' cannot be used:"
                    + " com.example.leastbusy.LeastBusy has the name 'least-busy' of"
                    + " com.example.leastbusy.LeastBusy ('a.jar')\n"));
  }
}
