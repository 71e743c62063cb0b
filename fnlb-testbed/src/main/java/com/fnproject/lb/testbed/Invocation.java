package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.Call;
import com.fnproject.lb.testbed.model.CallEnd;
import com.fnproject.lb.testbed.model.Container;
import com.fnproject.lb.testbed.model.FunctionSpec;
import com.fnproject.lb.testbed.model.NodeModel;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One call over HTTP in the node's model; belongs to the thread of its request. */
final class Invocation extends Call {
  private final NodeDriver driver;
  private final Runnable onStart;
  private final boolean dies;
  private final String functionId;
  private final Condition progress;
  private boolean started;
  private long container;
  private @Nullable CallEnd end;
  private long endedNanos;

  Invocation(NodeDriver driver, String functionId, boolean dies, Runnable onStart) {
    this.driver = driver;
    this.functionId = functionId;
    this.dies = dies;
    this.onStart = onStart;
    this.progress = driver.newCondition();
  }

  /** Runs the call to its end. */
  CallEnd run(FunctionSpec spec, long runNanos) throws InterruptedException {
    long now = driver.enter();
    try {
      driver.model().submit(this, driver.model().pool(spec), runNanos, now);
      return awaitEnd();
    } finally {
      driver.leave();
    }
  }

  /**
   * Waits for a container to take the call, which then runs until {@link #finish}; answers the end
   * if it came first.
   */
  @Nullable CallEnd start(FunctionSpec spec) throws InterruptedException {
    long now = driver.enter();
    try {
      driver.model().submit(this, driver.model().pool(spec), NodeModel.UNTIL_TOLD, now);
      await(() -> started || end != null);
      return end;
    } finally {
      driver.leave();
    }
  }

  /** A started call runs on for this long, to its end. */
  CallEnd finish(long runNanos) throws InterruptedException {
    long now = driver.enter();
    try {
      driver.model().run(this, runNanos, now);
      return awaitEnd();
    } finally {
      driver.leave();
    }
  }

  /** The caller has gone. */
  void cancel() {
    long now = driver.enter();
    try {
      driver.model().cancel(this, now);
    } finally {
      driver.leave();
    }
  }

  /** The number of the container that ran the call, 0 when none did. */
  long container() {
    return container;
  }

  long waitedNanos() {
    return started ? startedNanos() - submittedNanos() : endedNanos - submittedNanos();
  }

  @Override
  protected void started(Container by, boolean cold, long nowNanos) {
    started = true;
    container = by.number();
    onStart.run();
    progress.signal();
  }

  @Override
  protected CallEnd plannedEnd() {
    return dies ? CallEnd.DIED : CallEnd.ANSWERED;
  }

  @Override
  protected void ended(CallEnd how, long nowNanos) {
    end = how;
    endedNanos = nowNanos;
    if (how.ran()) {
      driver.record(functionId, nowNanos - submittedNanos());
    }
    progress.signal();
  }

  private CallEnd awaitEnd() throws InterruptedException {
    await(() -> end != null);
    return Objects.requireNonNull(end);
  }

  /**
   * Waits as Fn does, without a limit of its own: the model ends every call, at the latest when its
   * node closes.
   */
  private void await(BooleanSupplier reached) throws InterruptedException {
    try {
      driver.await(progress, reached);
    } catch (InterruptedException e) {
      driver.model().cancel(this, driver.now());
      throw e;
    }
  }
}
