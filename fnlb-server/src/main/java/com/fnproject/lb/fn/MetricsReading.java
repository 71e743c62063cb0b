package com.fnproject.lb.fn;

import com.fnproject.lb.spi.NodeReading;

/**
 * What a node's {@code /metrics} told of the whole node.
 *
 * @param scrapedNanos when it began to answer, by the balancer's clock
 * @param intervalNanos time until the next reading should be there; above 0
 * @param memoryUsed bytes; -1 if it does not tell
 * @param memoryFree bytes; -1 if it does not tell
 * @param idle containers that would serve a call at once, paused ones among them
 * @param busy containers that serve a call
 * @param starting containers that are being started
 * @param waiting calls that wait for a container there
 */
public record MetricsReading(
    long scrapedNanos,
    long intervalNanos,
    long memoryUsed,
    long memoryFree,
    int idle,
    int busy,
    int starting,
    int waiting)
    implements NodeReading {

  static MetricsReading of(MetricsPage page, long scrapedNanos, long intervalNanos) {
    return new MetricsReading(
        scrapedNanos,
        intervalNanos,
        page.memoryUsed(),
        page.memoryFree(),
        page.total(MetricsPage.IDLE),
        page.total(MetricsPage.BUSY),
        page.total(MetricsPage.STARTING),
        page.total(MetricsPage.WAITING));
  }

  /** Containers that are up, whether they serve a call or not. */
  public long hot() {
    return (long) idle + busy;
  }

  @Override
  public int containers() {
    return (int) Math.min(hot() + starting, Integer.MAX_VALUE);
  }
}
