package com.fnproject.lb;

import java.lang.System.Logger.Level;
import java.util.Map;

/** The process. */
public final class Main {

  private static final int FAILED = 1;

  /** Whether it ends because it cannot serve, not because it was told to. */
  private static volatile boolean failed;

  private Main() {}

  /**
   * Serves until INT or TERM. Exit codes: 0 when all calls were finished, 1 when some were cut,
   * nothing could be started or no connection could be taken any more, 2 when what the operator
   * said makes no sense.
   */
  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    Logging.configure(environment.getOrDefault("LOG_LEVEL", ""));
    switch (Startup.read(args, environment, System.out, System.err)) {
      case Startup.Exit(int code) -> System.exit(code);
      case Startup.Serve(Config config) -> serve(config);
    }
  }

  private static void serve(Config config) {
    FnLoadBalancer loadBalancer;
    try {
      loadBalancer = FnLoadBalancer.start(config);
    } catch (RuntimeException | Error e) {
      logger().log(Level.DEBUG, "The load balancer cannot start", e);
      System.err.println("fnlb: cannot start: " + reason(e));
      System.exit(e instanceof IllegalArgumentException ? Startup.MISUSE : FAILED);
      return;
    }
    // Runs on INT and TERM. The virtual machine would exit with 128 + the signal's number; halting
    // it tells instead whether all calls were finished.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> Runtime.getRuntime().halt(stop(loadBalancer)), "shutdown"));
    try {
      loadBalancer.awaitFailure();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    failed = true;
    System.exit(FAILED);
  }

  private static int stop(FnLoadBalancer loadBalancer) {
    try {
      int code = loadBalancer.stop();
      return failed ? FAILED : code;
    } catch (RuntimeException | Error e) {
      logger().log(Level.ERROR, "The load balancer did not stop in order", e);
      return FAILED;
    } finally {
      System.err.flush();
    }
  }

  /** Not a constant: asking for a logger before logging is set up would set it up differently. */
  private static System.Logger logger() {
    return System.getLogger(Main.class.getName());
  }

  /** Why the start failed, in one line, from the outermost message to the innermost. */
  static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable e = failure; e != null; e = e.getCause()) {
      String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      String line = message.replaceAll("\\s*\\R\\s*", " ");
      if (reason.indexOf(line) < 0) {
        reason.append(reason.isEmpty() ? "" : ": ").append(line);
      }
    }
    return reason.toString();
  }
}
