package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.request;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.testbed.Executions;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that call without a pause, one call after the other, each on a connection that it keeps:
 * GET and HEAD of triggers, POST to functions, with a body of known length, in chunks or without
 * one. Nothing is repeated here, so every call that is lost shows. Closing it ends the clients.
 */
final class SteadyTraffic implements AutoCloseable {

  private static final String[] KINDS = {
    "GET", "POST", "HEAD", "POST chunked", "GET", "POST empty"
  };

  /**
   * A call that was not answered with 200 to its end.
   *
   * @param status of its answer; 0 = there was none
   * @param cut whether the answer had begun
   * @param text what came, or what went wrong
   */
  record Failure(String id, String kind, int status, boolean cut, String text) {

    boolean isPost() {
      return kind.startsWith("POST");
    }
  }

  private final String name;
  private final int port;
  private final List<String> triggers;
  private final List<String> functions;
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicLong calls = new AtomicLong();
  private final Map<String, AtomicLong> served = new ConcurrentHashMap<>();
  private final Set<String> servedPosts = ConcurrentHashMap.newKeySet();
  private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean ending;

  /**
   * Starts the clients.
   *
   * @param name begins the ids of all calls
   * @param triggers paths to GET and HEAD
   * @param functions ids to POST to
   */
  SteadyTraffic(String name, int port, int count, List<String> triggers, List<String> functions) {
    this.name = name;
    this.port = port;
    this.triggers = triggers;
    this.functions = functions;
    for (int i = 0; i < count; i++) {
      int number = i;
      clients.add(Thread.ofVirtual().name("client-" + i).start(() -> callUntilEnd(number)));
    }
  }

  /** Calls that have ended so far, well or not. */
  long calls() {
    return calls.get();
  }

  /** Waits until so many more calls have ended. */
  void awaitCalls(int more) {
    long wanted = calls() + more;
    await(more + " calls").atMost(RunningBalancer.PATIENCE).until(() -> calls() >= wanted);
  }

  /** The calls that were lost, in order. */
  List<Failure> failures() {
    return List.copyOf(failures);
  }

  /** The ids of the POSTs that were answered with 200. */
  Set<String> servedPosts() {
    return servedPosts;
  }

  /** How many calls of each kind were answered with 200, for the record. */
  String figures() {
    return calls() + " calls, served: " + new TreeMap<>(served) + ", lost: " + failures.size();
  }

  private void callUntilEnd(int client) {
    RawClient connection = null;
    try {
      for (int i = 0; !ending; i++) {
        String kind = KINDS[(client + i) % KINDS.length];
        String id = name + "-" + client + "-" + i;
        RawAnswer answer = null;
        try {
          if (connection == null) {
            connection = RawClient.connect(port).patience(RunningBalancer.PATIENCE);
          }
          answer = connection.exchange(text(kind, id, client + i));
          tell(id, kind, answer);
        } catch (IOException | RuntimeException e) {
          failures.add(new Failure(id, kind, 0, false, e.toString()));
        }
        calls.incrementAndGet();
        if (connection != null && (answer == null || closes(answer))) {
          connection.close();
          connection = null;
        }
      }
    } finally {
      if (connection != null) {
        connection.close();
      }
    }
  }

  private String text(String kind, String id, int turn) {
    String header = Executions.HEADER + ": " + id;
    String trigger = triggers.get(turn % triggers.size());
    String function = "/invoke/" + functions.get(turn % functions.size());
    return switch (kind) {
      case "POST" -> request("POST", function, "some body", header);
      case "POST empty" -> request("POST", function, "", header, "Content-Length: 0");
      case "POST chunked" ->
          request("POST", function, "", header, "Transfer-Encoding: chunked")
              + "4\r\nsome\r\n5\r\n body\r\n0\r\n\r\n";
      default -> request(kind, trigger, "", header);
    };
  }

  private void tell(String id, String kind, RawAnswer answer) {
    boolean complete = answer.body().complete();
    if (answer.status() != 200 || !complete) {
      boolean cut = answer.status() == 200;
      failures.add(new Failure(id, kind, answer.status(), cut, answer.text()));
      return;
    }
    served.computeIfAbsent(kind, one -> new AtomicLong()).incrementAndGet();
    if (kind.startsWith("POST")) {
      servedPosts.add(id);
    }
  }

  private static boolean closes(RawAnswer answer) {
    return "close".equals(answer.head().header("Connection")) || !answer.body().complete();
  }

  @Override
  public void close() {
    ending = true;
    try {
      for (Thread client : clients) {
        if (!client.join(RunningBalancer.PATIENCE)) {
          throw new AssertionError(client.getName() + " still waits for an answer");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
