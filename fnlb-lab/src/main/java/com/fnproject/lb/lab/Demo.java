package com.fnproject.lb.lab;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.SampleFunction;
import com.fnproject.lb.testbed.traffic.Traffic;
import com.fnproject.lb.testbed.traffic.TrafficConfig;
import com.fnproject.lb.testbed.traffic.TrafficRow;
import com.fnproject.lb.testbed.traffic.TrafficTarget;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Simulated nodes, a balancer, traffic and a table of what happens, from start to end. One node
 * more than the balancer knows is there to be added.
 */
final class Demo {
  /** Enough for a call that waits for the slowest container to start. */
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(3);

  private final DemoFlags flags;
  private final Display display;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch stop;

  /**
   * A demo, to be run once.
   *
   * @param display shows the table while it runs
   * @param out gets the last table and the summary
   * @param err is told why it cannot start
   * @param stop ends it when counted down
   */
  Demo(DemoFlags flags, Display display, PrintStream out, PrintStream err, CountDownLatch stop) {
    this.flags = flags;
    this.display = display;
    this.out = out;
    this.err = err;
    this.stop = stop;
  }

  /** Runs until its time is over or it is stopped; answers the exit code. */
  int run() {
    long startNanos = System.nanoTime();
    try (FnCluster cluster = FnCluster.start(flags.nodes() + 1)) {
      Map<SampleFunction, String> functions = cluster.addSamples();
      FnLoadBalancer balancer;
      try {
        balancer = FnLoadBalancer.start(arguments(cluster));
      } catch (IllegalArgumentException e) {
        String why = String.valueOf(e.getMessage()).replace("fnlb --help", "fnlb demo --help");
        err.println(why.startsWith("fnlb: ") ? why.stripTrailing() : "fnlb: " + why);
        return Main.MISUSE;
      } catch (UncheckedIOException e) {
        err.println("fnlb: cannot start: " + e.getMessage());
        return Main.FAILED;
      }
      String host = host(flags.listen());
      Traffic traffic =
          Traffic.start(
              TrafficConfig.to(host, balancer.port())
                  .callsPerSecond(flags.rate())
                  .closeGrace(CLOSE_GRACE),
              TrafficTarget.samples(functions));
      boolean seen;
      Board last;
      try (traffic) {
        Sampler sampler =
            new Sampler(
                cluster,
                inAtFirst(cluster),
                functions,
                traffic,
                new NodeList(host, balancer.adminPort()));
        display.open(introduction(cluster, functions, balancer.port()));
        seen = watch(sampler);
        last = sampler.look();
      } finally {
        display.close();
        int unused = balancer.stop();
      }
      out.println();
      new DemoTable(Ink.NONE).lines(last, PlainDisplay.MAX_NODES).forEach(out::println);
      out.println();
      out.println(summary(traffic, last, Duration.ofNanos(System.nanoTime() - startNanos)));
      return seen && !out.checkError() ? 0 : Main.FAILED;
    }
  }

  private String[] arguments(FnCluster cluster) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--listen", flags.listen()));
    arguments.addAll(List.of("--nodes", String.join(",", inAtFirst(cluster))));
    // What somebody tries shall show soon, and an end shall not wait for a stranger's call.
    arguments.addAll(List.of("--hc-interval", "1s", "--shutdown-timeout", "2s"));
    arguments.addAll(flags.router());
    return arguments.toArray(String[]::new);
  }

  private List<String> inAtFirst(FnCluster cluster) {
    return cluster.names().subList(0, flags.nodes());
  }

  private boolean watch(Sampler sampler) {
    long startNanos = System.nanoTime();
    Duration limit = flags.limit();
    long limitNanos = limit == null ? Long.MAX_VALUE : limit.toNanos();
    while (true) {
      long leftNanos = limitNanos - (System.nanoTime() - startNanos);
      try {
        if (stop.await(Math.min(leftNanos, display.period().toNanos()), TimeUnit.NANOSECONDS)) {
          return true;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return true;
      }
      if (System.nanoTime() - startNanos >= limitNanos) {
        return true;
      }
      if (!display.show(sampler.look())) {
        return false;
      }
    }
  }

  private List<String> introduction(
      FnCluster cluster, Map<SampleFunction, String> functions, int port) {
    String listen = flags.listen();
    String host = listen.substring(0, listen.lastIndexOf(':'));
    String address = (isAnywhere(host) ? "localhost" : host) + ":" + port;
    Map.Entry<SampleFunction, String> function = functions.entrySet().iterator().next();
    String spare = cluster.names().getLast();
    String first = cluster.names().getFirst();
    return List.of(
        "The balancer is at " + address + ". Try in another terminal:",
        " curl -sSL -X PUT -d '{\"node\":\"" + spare + "\"}' " + address + "/1/lb/nodes",
        " curl -sSL -X DELETE -d '{\"node\":\"" + first + "\"}' " + address + "/1/lb/nodes",
        " curl -sSL -X GET " + address + "/1/lb/nodes",
        " curl -sSL " + address + function.getKey().path(),
        " curl -sSL -X POST " + address + "/invoke/" + function.getValue());
  }

  private static String summary(Traffic traffic, Board last, Duration time) {
    long calls = 0;
    long errors = 0;
    long coldStarts = 0;
    for (TrafficRow row : traffic.rows()) {
      calls += row.calls();
      errors += row.errorCount();
    }
    for (Board.Function function : last.functions()) {
      coldStarts += function.coldStarts();
    }
    String kinds = Sampler.errors(traffic.rows());
    return String.format(
        Locale.ROOT,
        "%d calls in %d s, %d errors%s, %s%d cold starts",
        calls,
        time.toSeconds(),
        errors,
        kinds.isEmpty() ? "" : " (" + kinds + ")",
        traffic.notSent() == 0 ? "" : traffic.notSent() + " not sent in time, ",
        coldStarts);
  }

  /** Where the demo itself reaches a balancer that listens there. */
  private static String host(String listen) {
    String host = listen.substring(0, listen.lastIndexOf(':'));
    if (isAnywhere(host)) {
      return "127.0.0.1";
    }
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static boolean isAnywhere(String host) {
    return host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
  }
}
