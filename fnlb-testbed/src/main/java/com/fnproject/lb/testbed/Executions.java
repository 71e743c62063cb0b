package com.fnproject.lb.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How often each call was executed, by the id that its client sent in {@value #HEADER}. Counted
 * when the function sees the call, so that a repeated POST shows whatever became of its answer.
 * Thread-safe.
 */
public final class Executions implements AutoCloseable {
  /** The request header that names a call. */
  public static final String HEADER = "Test-Call-Id";

  /** Ids remembered at most; a test that sends more must not rely on the counts. */
  public static final int MAX_IDS = 2_000_000;

  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong forgotten = new AtomicLong();
  private final @Nullable FileChannel file;

  /** Counts in memory only. */
  public Executions() {
    this.file = null;
  }

  /**
   * Also appends each id as a line to this file, each with one write, so that several processes may
   * share it and nothing is lost when one of them is killed.
   */
  public Executions(Path appendTo) {
    try {
      this.file =
          FileChannel.open(
              appendTo,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot append executions to " + appendTo, e);
    }
  }

  void record(@Nullable String id) {
    total.incrementAndGet();
    if (id == null) {
      return;
    }
    if (counts.size() >= MAX_IDS && !counts.containsKey(id)) {
      forgotten.incrementAndGet();
      return;
    }
    counts.merge(id, 1, Integer::sum);
    if (file == null) {
      return;
    }
    try {
      file.write(ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot append an execution", e);
    }
  }

  /** Executions so far, with and without an id. */
  public long total() {
    return total.get();
  }

  /** How often the call with this id was executed. */
  public int of(String id) {
    return counts.getOrDefault(id, 0);
  }

  /** Every id with its count. */
  public Map<String, Integer> counts() {
    return new TreeMap<>(counts);
  }

  /** The ids that were executed more than once, with their counts. */
  public Map<String, Integer> repeated() {
    Map<String, Integer> repeated = new TreeMap<>();
    counts.forEach(
        (id, count) -> {
          if (count > 1) {
            repeated.put(id, count);
          }
        });
    return repeated;
  }

  /** Executions whose id was not counted because {@link #MAX_IDS} were known. */
  public long forgotten() {
    return forgotten.get();
  }

  @Override
  public void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
