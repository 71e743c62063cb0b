package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.NodeModelConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one simulated node is set up.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 = any free one
 * @param version what {@code /version} tells
 * @param model memory, cores and mode
 * @param seed of everything random on this node
 * @param timeScale how many times faster the model's time passes than the wall clock's: with 10, a
 *     start of 300 ms takes 30 ms
 * @param lookupCache how long a node remembers functions and triggers; Fn: 5 s, in the model's
 *     time. 0 = not at all
 * @param waitHeader what an old node tells of waiting; null = a node that tells nothing, as all
 *     since 0.3.580
 * @param shutdownGrace how long {@link FnNode#close()} lets calls finish; 0 = cuts them at once
 * @param idleTimeout how long an unused client connection stays open
 */
public record FnNodeConfig(
    String host,
    int port,
    String version,
    NodeModelConfig model,
    long seed,
    double timeScale,
    Duration lookupCache,
    @Nullable WaitHeader waitHeader,
    Duration shutdownGrace,
    Duration idleTimeout) {

  public FnNodeConfig {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
    }
    if (!(timeScale > 0)) {
      throw new IllegalArgumentException("timeScale: " + timeScale + " (expected: above 0)");
    }
  }

  /** A node like fn 0.3.753 on 127.0.0.1 with a free port and 4 GiB for containers. */
  public static FnNodeConfig create() {
    return new FnNodeConfig(
        "127.0.0.1",
        0,
        "0.3.753",
        NodeModelConfig.ofMemory(4L << 30),
        42,
        1,
        Duration.ZERO,
        null,
        Duration.ZERO,
        Duration.ofMinutes(5));
  }

  public FnNodeConfig host(String address) {
    return new FnNodeConfig(
        address,
        port,
        version,
        model,
        seed,
        timeScale,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig port(int number) {
    return new FnNodeConfig(
        host,
        number,
        version,
        model,
        seed,
        timeScale,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig version(String text) {
    return new FnNodeConfig(
        host,
        port,
        text,
        model,
        seed,
        timeScale,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig model(NodeModelConfig kind) {
    return new FnNodeConfig(
        host,
        port,
        version,
        kind,
        seed,
        timeScale,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig seed(long number) {
    return new FnNodeConfig(
        host,
        port,
        version,
        model,
        number,
        timeScale,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig timeScale(double factor) {
    return new FnNodeConfig(
        host,
        port,
        version,
        model,
        seed,
        factor,
        lookupCache,
        waitHeader,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig lookupCache(Duration time) {
    return new FnNodeConfig(
        host, port, version, model, seed, timeScale, time, waitHeader, shutdownGrace, idleTimeout);
  }

  public FnNodeConfig waitHeader(@Nullable WaitHeader header) {
    return new FnNodeConfig(
        host,
        port,
        version,
        model,
        seed,
        timeScale,
        lookupCache,
        header,
        shutdownGrace,
        idleTimeout);
  }

  public FnNodeConfig shutdownGrace(Duration time) {
    return new FnNodeConfig(
        host, port, version, model, seed, timeScale, lookupCache, waitHeader, time, idleTimeout);
  }

  public FnNodeConfig idleTimeout(Duration time) {
    return new FnNodeConfig(
        host, port, version, model, seed, timeScale, lookupCache, waitHeader, shutdownGrace, time);
  }
}
