package com.fnproject.lb.testbed.model;

/**
 * What kind of node a {@link NodeModel} is. The defaults are those of fn 0.3.753, measured or read
 * from its source ({@code api/agent/config.go}).
 *
 * @param memoryBytes room for containers ({@code FN_MAX_TOTAL_MEMORY_BYTES})
 * @param nonBlocking answers 503 at once instead of letting calls wait ({@code
 *     FN_ENABLE_NB_RESOURCE_TRACKER})
 * @param cores processors shared evenly by running calls and starting containers; 0 = as many as
 *     needed
 * @param slowness what every start and run is multiplied with; 1 = a node in good health
 * @param pollNanos how often a waiting call asks for a container, and how long a start waits for
 *     memory before it evicts ({@code FN_HOT_POLL_MSECS}, 200 ms)
 * @param evictionNanos how long it takes to remove an evicted container
 * @param pauseNanos when an idle container is paused ({@code FN_FREEZE_IDLE_MSECS}, 50 ms)
 * @param resumeNanos what a call on a paused container costs on top (1 ms)
 * @param startTimeoutNanos how long a start may take ({@code FN_HOT_START_TIMEOUT_MSECS}, 5 s;
 *     given up after 5.2 s)
 * @param pullTimeoutNanos how long a pull may take ({@code FN_HOT_PULL_TIMEOUT_MSECS}, 10 min)
 */
public record NodeModelConfig(
    long memoryBytes,
    boolean nonBlocking,
    double cores,
    double slowness,
    long pollNanos,
    long evictionNanos,
    long pauseNanos,
    long resumeNanos,
    long startTimeoutNanos,
    long pullTimeoutNanos) {

  private static final long MILLISECOND = 1_000_000L;

  public NodeModelConfig {
    if (memoryBytes <= 0) {
      throw new IllegalArgumentException("memoryBytes: " + memoryBytes + " (expected: above 0)");
    }
    if (!(cores >= 0)) {
      throw new IllegalArgumentException("cores: " + cores + " (expected: 0 or more)");
    }
    if (!(slowness > 0)) {
      throw new IllegalArgumentException("slowness: " + slowness + " (expected: above 0)");
    }
    if (pollNanos <= 0) {
      throw new IllegalArgumentException("pollNanos: " + pollNanos + " (expected: above 0)");
    }
  }

  /** A node with this much memory that lets calls wait, as Fn does by default. */
  public static NodeModelConfig ofMemory(long bytes) {
    return new NodeModelConfig(
        bytes,
        false,
        0,
        1,
        200 * MILLISECOND,
        MILLISECOND,
        50 * MILLISECOND,
        MILLISECOND,
        5_000 * MILLISECOND,
        600_000 * MILLISECOND);
  }

  public NodeModelConfig memory(long bytes) {
    return new NodeModelConfig(
        bytes,
        nonBlocking,
        cores,
        slowness,
        pollNanos,
        evictionNanos,
        pauseNanos,
        resumeNanos,
        startTimeoutNanos,
        pullTimeoutNanos);
  }

  public NodeModelConfig nonBlocking(boolean refuse) {
    return new NodeModelConfig(
        memoryBytes,
        refuse,
        cores,
        slowness,
        pollNanos,
        evictionNanos,
        pauseNanos,
        resumeNanos,
        startTimeoutNanos,
        pullTimeoutNanos);
  }

  public NodeModelConfig cores(double count) {
    return new NodeModelConfig(
        memoryBytes,
        nonBlocking,
        count,
        slowness,
        pollNanos,
        evictionNanos,
        pauseNanos,
        resumeNanos,
        startTimeoutNanos,
        pullTimeoutNanos);
  }

  public NodeModelConfig slowness(double factor) {
    return new NodeModelConfig(
        memoryBytes,
        nonBlocking,
        cores,
        factor,
        pollNanos,
        evictionNanos,
        pauseNanos,
        resumeNanos,
        startTimeoutNanos,
        pullTimeoutNanos);
  }

  public NodeModelConfig eviction(long nanos) {
    return new NodeModelConfig(
        memoryBytes,
        nonBlocking,
        cores,
        slowness,
        pollNanos,
        nanos,
        pauseNanos,
        resumeNanos,
        startTimeoutNanos,
        pullTimeoutNanos);
  }
}
