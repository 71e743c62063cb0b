package com.fnproject.lb;

import java.net.BindException;
import java.util.Map;

/** The process. */
public final class Main {

  private static final int FAILED = 1;

  private Main() {}

  /** Serves until INT or TERM; exit code 2 on a wrong command line, 1 when it cannot start. */
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
    } catch (RuntimeException | LinkageError e) {
      System.getLogger(Main.class.getName())
          .log(System.Logger.Level.DEBUG, "The load balancer cannot start", e);
      System.err.println("fnlb: cannot start: " + reason(e, config.listen()));
      System.exit(FAILED);
      return;
    }
    // Runs on INT and TERM. The virtual machine would exit with 128 + the signal's number; halt
    // tells
    // instead whether all calls were finished.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> Runtime.getRuntime().halt(stop(loadBalancer)), "shutdown"));
  }

  private static int stop(FnLoadBalancer loadBalancer) {
    try {
      return loadBalancer.stop();
    } catch (RuntimeException | Error e) {
      System.getLogger(Main.class.getName())
          .log(System.Logger.Level.ERROR, "The load balancer did not stop in order", e);
      return FAILED;
    } finally {
      System.err.flush();
    }
  }

  /** Why the start failed, in one line, from the outermost message to the innermost. */
  static String reason(Throwable failure, ListenConfig listen) {
    StringBuilder reason = new StringBuilder();
    boolean taken = false;
    for (Throwable e = failure; e != null; e = e.getCause()) {
      taken |= e instanceof BindException;
      String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      if (reason.indexOf(message) < 0) {
        reason.append(reason.isEmpty() ? "" : ": ").append(message.replaceAll("\\s*\\R\\s*", " "));
      }
    }
    if (taken) {
      reason
          .append(" (expected: free addresses for --listen ")
          .append(ListenAddress.text(listen.listen()));
      if (!listen.listen().equals(listen.mgmtListen())) {
        reason.append(" and --mgmt-listen ").append(ListenAddress.text(listen.mgmtListen()));
      }
      reason.append(')');
    }
    return reason.toString();
  }
}
