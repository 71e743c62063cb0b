package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The process as a shell sees it. */
class MainTest {

  private record Ended(int code, String out, String err) {}

  private static Ended run(String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).start();
    try {
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      return new Ended(process.exitValue(), out, err);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void endsWith2AndNothingOnStdoutWhenItIsToldNonsense() throws Exception {
    Ended ended = run("--nodes", "a,,b");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).startsWith("fnlb: flag --nodes: 'a,,b': name 2 of 3 is empty");
  }

  @Test
  void endsWith0AndNothingOnStderrWhenItIsAskedForHelp() throws Exception {
    assertThat(run("--help")).isEqualTo(new Ended(0, Usage.help(), ""));
  }

  @Test
  void endsWith1AndOneLineWhenAPortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      String why = address + ": Address already in use\n";
      assertThat(run("--listen", address))
          .isEqualTo(new Ended(1, "", "fnlb: cannot start: --listen " + why));
      assertThat(run("--listen", "127.0.0.1:0", "--mgmt-listen", address))
          .isEqualTo(new Ended(1, "", "fnlb: cannot start: --mgmt-listen " + why));
    }
  }

  @Test
  void saysInOneLineWhyItCannotStart() {
    IOException inner = new IOException("disk full");
    Throwable failure = new IllegalStateException("Failed to\nstart", new IOException(inner));
    assertThat(Main.reason(failure)).isEqualTo("Failed to start: java.io.IOException: disk full");
    assertThat(Main.reason(new NullPointerException())).isEqualTo("NullPointerException");
  }
}
