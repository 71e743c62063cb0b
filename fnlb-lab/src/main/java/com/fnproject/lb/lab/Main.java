package com.fnproject.lb.lab;

import com.fnproject.lb.Logging;
import com.fnproject.lb.lab.bench.RoutingBench;
import com.fnproject.lb.lab.select.SelectBench;
import com.fnproject.lb.node.Quoted;
import java.io.Console;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The process behind {@code ./fnlb demo} and {@code ./fnlb bench}. */
public final class Main {
  static final int FAILED = 1;
  static final int MISUSE = 2;

  /** How long an end may take after INT or TERM. */
  private static final Duration MOST_TO_STOP = Duration.ofSeconds(15);

  private Main() {}

  /**
   * Runs what the first argument names. Exit codes: 0 when it ended as asked, on INT and TERM as
   * well; 1 when it could not start or its output cannot be written; 2 when what was asked makes no
   * sense.
   */
  public static void main(String[] args) {
    String command = args.length == 0 ? "" : args[0];
    String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
    switch (command) {
      case "demo" -> System.exit(demo(rest));
      case "bench" -> System.exit(bench(rest));
      default -> {
        System.err.println("fnlb: unknown command '" + command + "' (expected: demo or bench)");
        System.exit(MISUSE);
      }
    }
  }

  private static int bench(String[] args) {
    Logging.configure(System.getenv().getOrDefault("LOG_LEVEL", ""));
    String which = args.length == 0 ? "" : args[0];
    String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
    return switch (which) {
      case "routing" -> RoutingBench.run(rest, System.out, System.err);
      case "select" -> SelectBench.run(System.out, System.err, rest);
      default -> {
        System.err.println(
            "fnlb: "
                + (which.isEmpty() ? "no benchmark named" : "no benchmark " + Quoted.of(which))
                + " (expected: fnlb bench routing, or fnlb bench select)");
        yield MISUSE;
      }
    };
  }

  private static int demo(String[] args) {
    DemoFlags flags;
    try {
      flags = DemoFlags.parse(args);
    } catch (DemoFlags.Misuse e) {
      e.faults().forEach(fault -> System.err.println("fnlb: " + fault));
      System.err.println("fnlb: see fnlb demo --help");
      return MISUSE;
    }
    if (flags.help()) {
      System.out.print(DemoFlags.HELP);
      System.out.flush();
      return 0;
    }
    Map<String, String> environment = System.getenv();
    PrintStream err = System.err;
    Display display;
    if (isTerminal(environment)) {
      // The log keeps the stream that it finds; lines of its own would tear the table.
      Notices notices = new Notices();
      System.setErr(notices.stream());
      display = new LiveDisplay(System.out, environment.containsKey("NO_COLOR"), notices);
    } else {
      display = new PlainDisplay(System.out);
    }
    Logging.configure(environment.getOrDefault("LOG_LEVEL", ""));
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(stop, stopped, display), "shutdown"));
    try {
      return new Demo(flags, display, System.out, err, stop).run();
    } catch (RuntimeException | Error e) {
      System.getLogger(Main.class.getName()).log(Level.DEBUG, "The demo failed", e);
      err.println("fnlb: the demo failed: " + e);
      return FAILED;
    } finally {
      System.setErr(err);
      stopped.countDown();
    }
  }

  /**
   * Runs when the process ends, whether asked by a signal or not. The virtual machine would exit
   * with 128 + the signal's number; to end a demo by Ctrl-C is no failure.
   */
  private static void stop(CountDownLatch stop, CountDownLatch stopped, Display display) {
    if (stopped.getCount() == 0) {
      return;
    }
    stop.countDown();
    try {
      if (stopped.await(MOST_TO_STOP.toNanos(), TimeUnit.NANOSECONDS)) {
        Runtime.getRuntime().halt(0);
      }
      // Whoever is stuck may hold the output: the terminal gets its chance, no more.
      Thread restore = Thread.ofPlatform().daemon().name("restore").start(display::close);
      boolean unused = restore.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(FAILED);
  }

  /** Of standard input and output both. JDKs differ in whether there is a console without one. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal(Map<String, String> environment) {
    Console console = System.console();
    return console != null
        && console.isTerminal()
        && !environment.getOrDefault("TERM", "dumb").equals("dumb");
  }
}
