package com.fnproject.lb.testbed.model;

/**
 * What a node must know of a function to run it. Two specs that differ in anything have separate
 * containers, as with Fn, whose pools are keyed by a hash of all this (fn {@code
 * api/agent/slots.go}, {@code getSlotQueueKey}).
 *
 * @param functionId the label of its metrics; several specs may share one after an update
 * @param appId the label of its metrics
 * @param image pulled once per node
 * @param memoryBytes what each container takes
 * @param timeoutNanos how long a call may run
 * @param idleTimeoutNanos how long an unused container lives
 * @param pullNanos what the first use of the image on a node costs on top of the start
 * @param startNanos what starting a container costs
 * @param startEnd {@link CallEnd#ANSWERED} for a function that starts; {@link CallEnd#START_FAILED}
 *     or {@link CallEnd#IMAGE_MISSING} for one that does not
 * @param version anything else that makes old containers useless: a digest of configuration and
 *     annotations
 */
public record FunctionSpec(
    String functionId,
    String appId,
    String image,
    long memoryBytes,
    long timeoutNanos,
    long idleTimeoutNanos,
    long pullNanos,
    long startNanos,
    CallEnd startEnd,
    String version) {

  public FunctionSpec {
    if (memoryBytes <= 0) {
      throw new IllegalArgumentException("memoryBytes: " + memoryBytes + " (expected: above 0)");
    }
    if (startEnd != CallEnd.ANSWERED
        && startEnd != CallEnd.START_FAILED
        && startEnd != CallEnd.IMAGE_MISSING) {
      throw new IllegalArgumentException(
          "startEnd: " + startEnd + " (expected: ANSWERED, START_FAILED or IMAGE_MISSING)");
    }
  }

  /** A function of 128 MiB with Fn's default time-outs of 30 s that needs no pull. */
  public static FunctionSpec of(String functionId, long startNanos) {
    return new FunctionSpec(
        functionId,
        "app",
        "image-of-" + functionId,
        128L << 20,
        30_000_000_000L,
        30_000_000_000L,
        0,
        startNanos,
        CallEnd.ANSWERED,
        "");
  }

  public FunctionSpec memory(long bytes) {
    return new FunctionSpec(
        functionId,
        appId,
        image,
        bytes,
        timeoutNanos,
        idleTimeoutNanos,
        pullNanos,
        startNanos,
        startEnd,
        version);
  }

  public FunctionSpec timeout(long nanos) {
    return new FunctionSpec(
        functionId,
        appId,
        image,
        memoryBytes,
        nanos,
        idleTimeoutNanos,
        pullNanos,
        startNanos,
        startEnd,
        version);
  }

  public FunctionSpec idleTimeout(long nanos) {
    return new FunctionSpec(
        functionId,
        appId,
        image,
        memoryBytes,
        timeoutNanos,
        nanos,
        pullNanos,
        startNanos,
        startEnd,
        version);
  }

  public FunctionSpec image(String name, long nanosToPull) {
    return new FunctionSpec(
        functionId,
        appId,
        name,
        memoryBytes,
        timeoutNanos,
        idleTimeoutNanos,
        nanosToPull,
        startNanos,
        startEnd,
        version);
  }

  public FunctionSpec startEnd(CallEnd end) {
    return new FunctionSpec(
        functionId,
        appId,
        image,
        memoryBytes,
        timeoutNanos,
        idleTimeoutNanos,
        pullNanos,
        startNanos,
        end,
        version);
  }

  public FunctionSpec version(String digest) {
    return new FunctionSpec(
        functionId,
        appId,
        image,
        memoryBytes,
        timeoutNanos,
        idleTimeoutNanos,
        pullNanos,
        startNanos,
        startEnd,
        digest);
  }
}
