package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import java.util.random.RandomGenerator;

/**
 * The routing of the original Go fnlb: a path has a home among the nodes in byte order of their
 * names, whatever their weights; a node whose average wait for the path has grown accepts only a
 * percentage of its calls, and the rest go on to the next node by name.
 *
 * <p>It differs from the original where that could fail or grow without end, and nowhere else:
 * {@link #home} does not divide by zero, {@link LegacySelector#MAX_REFUSALS} ends the search, nodes
 * that this call has tried are passed over (the original never tried twice), and averages live no
 * longer than their node and function do. An average belongs to a function, which is the original's
 * path for as long as functions are told apart by path.
 */
final class LegacyPolicy implements RoutingPolicy {

  private static final long LOW_WAIT_NANOS = 500_000_000L;
  private static final long HIGH_WAIT_NANOS = 2_000_000_000L;
  private static final int LOW_WAIT_PERCENT = 40;
  private static final int HIGH_WAIT_PERCENT = 10;

  private final RandomGenerator random;

  LegacyPolicy(RandomGenerator random) {
    this.random = random;
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    return new LegacySelector(snapshot, random);
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    if (result.status() == 0) {
      return; // the original learned from every response, whatever its status, and from nothing
      // else
    }
    // The original's fault, kept: an answer without the header, of a failing node too, counts as no
    // wait at all.
    long waitNanos = Math.max(0, result.waitNanos());
    WaitAverages.of(call.function()).add(node, waitNanos);
  }

  /**
   * The original's jump hash, which differs from the published one (Lamping and Veach, <i>A Fast,
   * Minimal Memory, Consistent Hash Algorithm</i>, 2014) in that it divides whole numbers, rounds
   * down and adds 1 outside: every jump at least doubles, so place 1 is never anyone's home. Where
   * the original divided by zero, once in 2^31 jumps, the jump leads past every node, which is the
   * limit of jumps with ever smaller divisors.
   *
   * @param nodes 1 or more
   * @return a place from 0 to {@code nodes - 1}
   */
  static int home(long hash, int nodes) {
    long key = hash;
    long place = 0;
    long jump = 0;
    while (jump < nodes) {
      place = jump;
      key = key * 2862933555777941757L + 1;
      long divisor = Math.max(1, key >>> 33);
      jump = (place + 1) * ((1L << 31) / divisor + 1);
    }
    return (int) place;
  }

  /**
   * How many of 100 calls a node accepts; note the cliff from 100 to 40 at half a second.
   *
   * @param averageWaitNanos 0 or more
   */
  static int acceptance(long averageWaitNanos) {
    if (averageWaitNanos < LOW_WAIT_NANOS) {
      return 100;
    }
    if (averageWaitNanos > HIGH_WAIT_NANOS) {
      return HIGH_WAIT_PERCENT;
    }
    double share =
        (double) (averageWaitNanos - LOW_WAIT_NANOS) / (HIGH_WAIT_NANOS - LOW_WAIT_NANOS);
    return (int) (LOW_WAIT_PERCENT - share * (LOW_WAIT_PERCENT - HIGH_WAIT_PERCENT));
  }
}
