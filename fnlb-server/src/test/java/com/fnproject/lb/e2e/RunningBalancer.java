package com.fnproject.lb.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The built jar as a process of its own, as users run it. All that it says is kept, told by every
 * failure of this class, and copied to the test's own output. Closing it kills what still runs.
 */
final class RunningBalancer implements AutoCloseable {

  /** No wait for a process is longer. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Pattern SERVES =
      Pattern.compile("listens on port (\\d+) for traffic and on port (\\d+) for operators");

  private final Process process;
  private final Said out;
  private final Said err;
  private int port;
  private int adminPort;

  /**
   * How a process is to be started. Of the environment it gets only what is said here and what
   * every process needs: variables of whoever runs the tests change nothing.
   */
  record Command(
      List<String> shell,
      List<String> jvmOptions,
      Map<String, String> environment,
      List<String> arguments) {

    /** With so many file descriptors and no more. */
    Command descriptors(int most) {
      String limited = "ulimit -n " + most + " && exec \"$@\"";
      return new Command(List.of("sh", "-c", limited, "sh"), jvmOptions, environment, arguments);
    }

    Command jvm(String... options) {
      return new Command(shell, List.of(options), environment, arguments);
    }

    Command env(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(environment);
      more.put(name, value);
      return new Command(shell, jvmOptions, more, arguments);
    }

    /** Starts it; returns when it has said that it serves. */
    RunningBalancer start() {
      RunningBalancer balancer = launch();
      try {
        balancer.awaitPorts();
        return balancer;
      } catch (RuntimeException | Error e) {
        balancer.close();
        throw e;
      }
    }

    /** Starts it without waiting for anything. */
    RunningBalancer launch() {
      List<String> command = new ArrayList<>(shell);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(jvmOptions);
      command.addAll(List.of("-jar", System.getProperty("fnlb.jar")));
      command.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder
          .environment()
          .keySet()
          .removeIf(
              name ->
                  name.startsWith("FNLB_")
                      || name.equals("LOG_LEVEL")
                      || name.endsWith("JAVA_OPTIONS")
                      || name.equals("JAVA_TOOL_OPTIONS"));
      builder.environment().putAll(environment);
      try {
        return new RunningBalancer(builder.start());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Runs it to its end. */
    Ended run() {
      try (RunningBalancer balancer = launch()) {
        int code = balancer.awaitEnd();
        return new Ended(code, balancer.out(), balancer.err());
      }
    }
  }

  /** What a process left behind. */
  record Ended(int code, String out, String err) {}

  private RunningBalancer(Process process) throws IOException {
    this.process = process;
    process.getOutputStream().close();
    out = new Said("stdout", process.getInputStream());
    err = new Said("stderr", process.getErrorStream());
  }

  /**
   * A command line as it is. The virtual machine compiles in its quick way only, which halves what
   * a start costs; tests under load say otherwise.
   */
  static Command command(String... arguments) {
    return new Command(
        List.of(), List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"), Map.of(), List.of(arguments));
  }

  /**
   * Starts one on a free port of 127.0.0.1 that looks at its nodes ten times a second; arguments
   * may say otherwise, as the last of several flags wins.
   */
  static RunningBalancer start(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--listen=127.0.0.1:0", "--hc-interval=100ms"));
    all.addAll(List.of(arguments));
    return command(all.toArray(String[]::new)).start();
  }

  /** A port of 127.0.0.1 that nobody listened on just now. */
  static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port for traffic. */
  int port() {
    return port;
  }

  /** The port for operators. */
  int adminPort() {
    return adminPort;
  }

  /** All of its standard output so far. */
  String out() {
    return out.text();
  }

  /** All of its standard error so far, which is its log. */
  String err() {
    return err.text();
  }

  /** The lines of its log that hold this text. */
  List<String> log(String text) {
    return err().lines().filter(line -> line.contains(text)).toList();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** A new connection to the port for traffic. */
  RawClient connect() throws IOException {
    return RawClient.connect(port);
  }

  /** A GET on a connection of its own, to the port for operators. */
  RawAnswer get(String target) throws IOException {
    return admin("GET", target, "");
  }

  /** A request with a body, if it is not empty, on a connection of its own, for operators. */
  RawAnswer admin(String method, String target, String body, String... headers) throws IOException {
    try (RawClient client = RawClient.connect(adminPort)) {
      return client.exchange(request(method, target, body, headers));
    }
  }

  /** As {@link #admin}, on the port for traffic. */
  RawAnswer call(String method, String target, String body, String... headers) throws IOException {
    try (RawClient client = connect()) {
      return client.exchange(request(method, target, body, headers));
    }
  }

  /** The text of a request; its body, if it is not empty, with a length. */
  static String request(String method, String target, String body, String... headers) {
    StringBuilder text = new StringBuilder(method).append(' ').append(target);
    text.append(" HTTP/1.1\r\nHost: balancer.test\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      text.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    return text.append("\r\n").append(body).toString();
  }

  /** {@code online} or {@code offline} by node, in the order of the answer. */
  Map<String, String> nodes() throws IOException {
    RawAnswer answer = get("/1/lb/nodes");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    Map<String, String> nodes = new LinkedHashMap<>();
    JsonObject json = json(answer.text()).getJsonObject("nodes");
    json.keySet().forEach(name -> nodes.put(name, json.getString(name)));
    return nodes;
  }

  static JsonObject json(String text) {
    try (var reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  /** Waits until these nodes are online, whatever the others are. */
  void awaitOnline(List<String> names) {
    awaitSaid(
        "online: " + names,
        () -> {
          Map<String, String> nodes = nodes();
          return names.stream().allMatch(name -> "online".equals(nodes.get(name)));
        });
  }

  /** Waits until its log holds this text. */
  void awaitLog(String text) {
    awaitSaid("log: " + text, () -> err().contains(text));
  }

  /** What shall come true. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }

  private void awaitSaid(String what, Condition condition) {
    try {
      await(what)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> condition.holds() || !process.isAlive());
      assertThat(condition.holds()).isTrue();
    } catch (Exception | AssertionError e) {
      throw new AssertionError("not seen: " + what + "; " + state(), e);
    }
  }

  private void awaitPorts() {
    awaitSaid("that it serves", () -> SERVES.matcher(err()).find());
    Matcher ports = SERVES.matcher(err());
    assertThat(ports.find()).isTrue();
    port = Integer.parseInt(ports.group(1));
    adminPort = Integer.parseInt(ports.group(2));
  }

  /** Sends a signal, such as TERM. */
  void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
      assertThat(kill.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(kill.exitValue()).as("kill -" + name).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end and returns the exit code. */
  int awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("it goes on; " + state());
      }
      out.awaitEnd();
      err.awaitEnd();
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private String state() {
    return (process.isAlive() ? "it runs" : "it ended with " + process.exitValue())
        + " and said:\n"
        + err()
        + out();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
      out.awaitEnd();
      err.awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One of the process's streams, read by a thread of its own until its end. */
  private final class Said {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread thread;

    Said(String stream, InputStream in) {
      String name = "fnlb-" + process.pid() + "-" + stream;
      thread = Thread.ofPlatform().name(name).daemon().start(() -> read(name, in));
    }

    private void read(String name, InputStream in) {
      try (BufferedReader reader =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          lines.add(line + "\n");
          System.out.println(name + ": " + line);
        }
      } catch (IOException e) {
        lines.add("(unreadable: " + e.getMessage() + ")\n");
      }
    }

    String text() {
      return String.join("", lines);
    }

    void awaitEnd() throws InterruptedException {
      if (!thread.join(PATIENCE)) {
        throw new AssertionError(thread.getName() + " does not end");
      }
    }
  }
}
