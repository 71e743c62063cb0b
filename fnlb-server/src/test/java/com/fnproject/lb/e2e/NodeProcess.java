package com.fnproject.lb.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.FnNodeMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A simulated Fn node as a process of its own, so that it can be killed. Once started it keeps its
 * port over every restart. Belongs to one thread.
 */
final class NodeProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<String> options;
  private Process process;
  private int port;

  /** Starts a node; it answers when this returns. */
  NodeProcess(String... options) throws IOException {
    this.options = List.of(options);
    start();
  }

  /** {@code host:port}. */
  String name() {
    return "127.0.0.1:" + port;
  }

  /** Ends it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Ends it by TERM: calls under way finish. */
  void terminate() throws InterruptedException {
    process.destroy();
    awaitEnd();
  }

  /** Starts it again, cold, on the port it had; it answers when this returns. */
  void restart() throws IOException {
    assertThat(process.isAlive()).isFalse();
    start();
  }

  private void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FnNodeMain.class.getName());
    command.addAll(List.of("--port", Integer.toString(port)));
    command.addAll(options);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    assertThat(line).as("the port of a node").matches("\\d+");
    port = Integer.parseInt(line);
  }

  private void awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
