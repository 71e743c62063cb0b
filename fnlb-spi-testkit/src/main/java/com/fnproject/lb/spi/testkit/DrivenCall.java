package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingNode;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call of a {@link PolicyDriver}, from its start until it is over. The policy sees it as the SPI
 * says; the {@link Cluster} answers it; whoever started it reads how it ended.
 */
public final class DrivenCall extends CallState {

  private enum State {
    SEEKING,
    ON_NODE,
    IN_BODY,
    HELD,
    WOKEN,
    OVER,
    /** Over without an answer, which may still come and is ignored. */
    STOPPED
  }

  private final PolicyDriver driver;
  private final @Nullable Object attachment;
  private final Consumer<DrivenCall> whenOver;
  private final long startNanos;
  private State state = State.SEEKING;
  private @Nullable DrivenNode node;
  private @Nullable Outcome outcome;
  private @Nullable HoldEnd holdEnd;
  private @Nullable RoutingNode wokenFor;
  private int sent;
  private int status;
  private long selectedNanos;
  private long holdNanos;
  private long heldNanos = -1;
  private long latencyNanos;

  DrivenCall(
      PolicyDriver driver,
      DrivenFunction function,
      CallHead head,
      @Nullable Object attachment,
      Consumer<DrivenCall> whenOver) {
    super(function, head);
    this.driver = driver;
    this.attachment = attachment;
    this.whenOver = whenOver;
    startNanos = driver.agenda.nowNanos();
  }

  /** Selects and sends until a node has the call, it is held, or no node is left. */
  void seekNode() {
    while (sent < PolicyDriver.ATTEMPTS) {
      state = State.SEEKING;
      beginAttempt(sent + 1);
      DrivenNode chosen = driver.referee.select(this);
      wokenFor = null;
      if (state == State.HELD) {
        if (chosen != null) {
          throw driver.referee.fault(
              "selected " + chosen + " for a call that it asked to hold", null);
        }
        return;
      }
      if (chosen == null) {
        break;
      }
      node = chosen;
      selectedNanos = nowNanos();
      sent++;
      if (chosen.hasRoom()) {
        chosen.callStarted();
        state = State.ON_NODE;
        driver.cluster.send(this, chosen);
        return;
      }
      report(Outcome.NOT_SENT, 0, -1, -1);
    }
    latencyNanos = nowNanos() - startNanos;
    end(State.OVER);
  }

  /**
   * Answers the attempt under way, head and body at once: the policy learns of it, and where the
   * outcome proves that nothing ran, another node is tried.
   *
   * @param result what happened
   * @param answerStatus the status of the answer, 0 for none
   * @param waitNanos what the node tells of the call's wait there, -1 for nothing
   */
  public void answered(Outcome result, int answerStatus, long waitNanos) {
    if (headArrived(result, answerStatus, waitNanos, -1)) {
      bodyEnded();
    }
  }

  /**
   * As {@link #answered}, but the call counts as {@link RoutingNode#inFlight() in flight} until
   * {@link #bodyEnded}.
   *
   * @param result what happened
   * @param answerStatus the status of the answer, 0 for none
   * @param waitNanos what the node tells of the call's wait there, -1 for nothing
   * @param retryAfterNanos what the node tells, -1 for nothing
   * @return true if this is the answer of which {@link #bodyEnded} has to tell the end, false if
   *     another node was asked or nobody waits for an answer any more
   */
  public boolean headArrived(
      Outcome result, int answerStatus, long waitNanos, long retryAfterNanos) {
    if (state == State.STOPPED) {
      return false;
    }
    if (state != State.ON_NODE) {
      throw new IllegalStateException("an answer to a call that is " + state);
    }
    DrivenNode answering = report(result, answerStatus, waitNanos, retryAfterNanos);
    if (mayGoElsewhere(result) && sent < PolicyDriver.ATTEMPTS) {
      answering.callEnded();
      seekNode();
      return false;
    }
    latencyNanos = nowNanos() - startNanos;
    state = State.IN_BODY;
    return true;
  }

  private static boolean mayGoElsewhere(Outcome outcome) {
    return outcome == Outcome.BUSY || outcome == Outcome.UNREACHABLE || outcome == Outcome.NOT_SENT;
  }

  /** Ends the body of the answer that {@link #headArrived} began, and so the call. */
  public void bodyEnded() {
    if (state == State.STOPPED) {
      return;
    }
    if (state != State.IN_BODY) {
      throw new IllegalStateException("the end of a body of a call that is " + state);
    }
    sentTo().callEnded();
    end(State.OVER);
  }

  /** Lets the client give up, wherever the call is; nothing happens when it is over. */
  public void clientGone() {
    stop(HoldEnd.CLIENT_GONE);
  }

  void stop(HoldEnd why) {
    State before = state;
    switch (before) {
      case HELD, WOKEN -> {
        RoutingNode place = wokenFor;
        wokenFor = null;
        if (before == State.HELD) {
          leaveQueue();
        }
        endHold(why);
        if (place != null && why != HoldEnd.CLOSING) {
          boolean unused = wakeFirst(place);
        }
        latencyNanos = nowNanos() - startNanos;
      }
      case ON_NODE -> {
        report(Outcome.ABANDONED, 0, -1, -1);
        sentTo().callEnded();
        latencyNanos = nowNanos() - startNanos;
      }
      case IN_BODY -> sentTo().callEnded();
      case SEEKING -> throw new IllegalStateException("a call cannot be stopped while it is sent");
      case OVER, STOPPED -> {
        return;
      }
    }
    end(State.STOPPED);
    if (before == State.ON_NODE || before == State.IN_BODY) {
      driver.cluster.abandoned(this, sentTo());
    }
  }

  private void end(State last) {
    state = last;
    driver.over(this);
    whenOver.accept(this);
  }

  private DrivenNode report(
      Outcome result, int answerStatus, long waitNanos, long retryAfterNanos) {
    DrivenNode answering = sentTo();
    outcome = result;
    status = answerStatus;
    long now = nowNanos();
    driver.referee.result(
        this,
        answering,
        new AttemptResult(
            result, answerStatus, now, now - selectedNanos, waitNanos, retryAfterNanos));
    markTried(answering);
    return answering;
  }

  private DrivenNode sentTo() {
    if (node == null) {
      throw new IllegalStateException("the call was sent nowhere");
    }
    return node;
  }

  @Override
  public boolean mayHold() {
    return heldNanos < 0 && state != State.HELD && driver.hasRoomToHold(function());
  }

  @Override
  public @Nullable RoutingNode hold(long maxNanos) {
    driver.referee.requireSelecting(this);
    if (maxNanos <= 0) {
      throw new IllegalArgumentException("hold for " + maxNanos + " ns (expected: above 0)");
    }
    if (!mayHold()) {
      throw new IllegalStateException("the call may not be held");
    }
    state = State.HELD;
    holdNanos = nowNanos();
    function().join(this);
    driver.heldMore(1);
    driver.agenda.at(holdNanos + Math.min(maxNanos, PolicyDriver.HOLD_NANOS), this::expire);
    return null;
  }

  private void expire() {
    if (state == State.HELD) {
      leaveQueue();
      endHold(HoldEnd.EXPIRED);
      seekNode();
    }
  }

  @Override
  public boolean wake(RoutingNode hint) {
    driver.referee.requireReporting(this);
    return wakeFirst(hint);
  }

  private boolean wakeFirst(RoutingNode hint) {
    if (!(function().takeFirst() instanceof DrivenCall first)) {
      return false;
    }
    driver.heldMore(-1);
    first.state = State.WOKEN;
    first.wokenFor = hint;
    driver.agenda.at(nowNanos(), first::resume);
    return true;
  }

  private void resume() {
    if (state == State.WOKEN) {
      endHold(HoldEnd.WOKEN);
      seekNode();
    }
  }

  private void leaveQueue() {
    function().leave(this);
    driver.heldMore(-1);
  }

  private void endHold(HoldEnd why) {
    heldNanos = nowNanos() - holdNanos;
    holdEnd = why;
    driver.referee.holdEnded(this, why);
  }

  @Override
  public @Nullable RoutingNode wokenFor() {
    return wokenFor;
  }

  @Override
  public long nowNanos() {
    return driver.agenda.nowNanos();
  }

  /**
   * What the caller gave with the call.
   *
   * @return null if it gave nothing
   */
  public @Nullable Object attachment() {
    return attachment;
  }

  /**
   * The driver that made the call.
   *
   * @return the driver
   */
  public PolicyDriver driver() {
    return driver;
  }

  /**
   * Whether the call is over.
   *
   * @return true once it has been told as over
   */
  public boolean isOver() {
    return state == State.OVER || state == State.STOPPED;
  }

  /**
   * How the last attempt ended.
   *
   * @return null if none has ended: no node was offered, or the call's hold was its end
   */
  public @Nullable Outcome outcome() {
    return outcome;
  }

  /**
   * The status of the last attempt's answer.
   *
   * @return 0 for none
   */
  public int status() {
    return status;
  }

  /**
   * The node of the last attempt.
   *
   * @return null if there was none
   */
  public @Nullable DrivenNode node() {
    return node;
  }

  /**
   * How many nodes were selected for the call.
   *
   * @return 0 if none was offered
   */
  public int attempts() {
    return sent;
  }

  /**
   * When the call began.
   *
   * @return nanoseconds on the agenda's clock
   */
  public long startNanos() {
    return startNanos;
  }

  /**
   * From the start of the call to the head of its final answer, or to its end without one.
   *
   * @return nanoseconds, holding and all attempts included; 0 until then
   */
  public long latencyNanos() {
    return latencyNanos;
  }

  /**
   * How long the call was held.
   *
   * @return nanoseconds; 0 if it was not, or is still
   */
  public long heldNanos() {
    return Math.max(0, heldNanos);
  }

  /**
   * Why the call is held no longer.
   *
   * @return null if it was not held, or is still
   */
  public @Nullable HoldEnd holdEnd() {
    return holdEnd;
  }
}
