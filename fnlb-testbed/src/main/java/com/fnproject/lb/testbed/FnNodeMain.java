package com.fnproject.lb.testbed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Simulated Fn nodes as a process of their own, so that they can be killed. Prints the port of each
 * node on a line of its own once all answer; stops on INT and TERM as Fn does, calls under way
 * finishing first.
 *
 * <pre>
 * --port N             the first node's port; the others take those after it (default 0: any free ones)
 * --nodes N            how many nodes share this process and its database (default 1)
 * --database FILE      keep apps, functions and triggers in a file that other processes may share (default: in memory)
 * --samples            add the app "demo" unless it is there
 * --executions FILE    append the id of every executed call to this file
 * --version TEXT       what /version tells (default 0.3.753)
 * --memory-mb N        room for containers on each node (default 4096)
 * --non-blocking       answer 503 instead of letting calls wait
 * --cores N            processors shared by running calls (default 0: as many as needed)
 * --lookup-cache SEC   how long a node remembers functions and triggers (default 0; Fn: 5)
 * --wait-header        send XXX-FXLB-WAIT as nodes before 0.3.580 did
 * --time-scale F       how many times faster the simulated time passes (default 1)
 * --seed N             of everything random (default 42)
 * --grace SEC          how long calls may take to finish when it is stopped (default 30)
 * </pre>
 */
public final class FnNodeMain {
  private int nodes = 1;
  private boolean samples;
  private @Nullable Path database;
  private @Nullable Path executions;
  private FnNodeConfig config = FnNodeConfig.create().shutdownGrace(Duration.ofSeconds(30));

  private FnNodeMain() {}

  public static void main(String[] args) throws InterruptedException {
    FnNodeMain main = new FnNodeMain();
    try {
      main.parse(List.of(args));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
    main.run();
  }

  private void run() throws InterruptedException {
    FnDatabase shared = database == null ? new FnDatabase() : FnDatabase.file(database);
    if (samples) {
      shared.addSamples();
    }
    List<FnNode> running = new ArrayList<>();
    CountDownLatch stopped = new CountDownLatch(1);
    try (Executions counted = executions == null ? new Executions() : new Executions(executions)) {
      for (int i = 0; i < nodes; i++) {
        int port = config.port() == 0 ? 0 : config.port() + i;
        running.add(FnNode.start(config.port(port).seed(config.seed() + i), shared, counted));
      }
      running.forEach(node -> System.out.println(node.port()));
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .name("fn-node-stop")
                  .unstarted(
                      () -> {
                        running.forEach(FnNode::close);
                        stopped.countDown();
                      }));
      stopped.await();
    }
  }

  private void parse(List<String> args) {
    for (int i = 0; i < args.size(); i++) {
      String key = args.get(i);
      switch (key) {
        case "--samples" -> samples = true;
        case "--non-blocking" -> config = config.model(config.model().nonBlocking(true));
        case "--wait-header" -> config = config.waitHeader(WaitHeader.MEASURED);
        default -> {
          if (i + 1 == args.size()) {
            throw new IllegalArgumentException(
                "option '" + key + "': unknown or without its value");
          }
          set(key, args.get(++i));
        }
      }
    }
  }

  private void set(String key, String value) {
    try {
      switch (key) {
        case "--port" -> config = config.port(Integer.parseInt(value));
        case "--nodes" -> nodes = Integer.parseInt(value);
        case "--database" -> database = Path.of(value);
        case "--executions" -> executions = Path.of(value);
        case "--version" -> config = config.version(value);
        case "--memory-mb" ->
            config = config.model(config.model().memory(Long.parseLong(value) << 20));
        case "--cores" -> config = config.model(config.model().cores(Double.parseDouble(value)));
        case "--lookup-cache" ->
            config = config.lookupCache(Duration.ofSeconds(Long.parseLong(value)));
        case "--time-scale" -> config = config.timeScale(Double.parseDouble(value));
        case "--seed" -> config = config.seed(Long.parseLong(value));
        case "--grace" -> config = config.shutdownGrace(Duration.ofSeconds(Long.parseLong(value)));
        default -> throw new IllegalArgumentException("option '" + key + "': unknown");
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option '" + key + "': '" + value + "' (expected: a number)", e);
    }
  }
}
