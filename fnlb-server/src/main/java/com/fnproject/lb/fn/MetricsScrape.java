package com.fnproject.lb.fn;

import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.upstream.Answer;
import com.fnproject.lb.upstream.NameLookup;
import com.fnproject.lb.upstream.RequestBody;
import com.fnproject.lb.upstream.RequestHead;
import com.fnproject.lb.upstream.Upstream;
import com.fnproject.lb.upstream.UpstreamCall;
import com.fnproject.lb.upstream.UpstreamConfig;
import com.fnproject.lb.upstream.UpstreamException;
import com.fnproject.lb.upstream.UpstreamPool;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.WritableHeaders;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Fetches one node's {@code /metrics}, again and again, each time on a connection of its own, which
 * is not taken from those for calls. Used by one thread at a time; blocks until the page is there
 * or the thread is interrupted, which closes the connection.
 */
final class MetricsScrape implements AutoCloseable {

  /** Longest silence of the node; the whole page must be there in this time as well. */
  static final Duration DEADLINE = Duration.ofSeconds(5);

  /** Most bytes of a page, packed and unpacked; 200 functions make some 1.8 MB. */
  static final int MAX_PAGE = 64 << 20;

  /** One connection, not kept, for whoever else waits for none. */
  static final UpstreamConfig CONNECTION =
      new UpstreamConfig(1, 0, DEADLINE, Duration.ZERO, DEADLINE, 64 << 10);

  private static final RequestBody NO_BODY = new RequestBody.None();

  /**
   * A page and what it took.
   *
   * @param scrapedNanos when the answer began
   * @param workedNanos what unpacking and parsing took
   */
  record Fetched(MetricsPage page, long scrapedNanos, long workedNanos) {}

  private final Upstream upstream;
  private final UpstreamPool connections;
  private final RequestHead request;
  private final LongSupplier clock;
  private final PageBytes bytes;

  MetricsScrape(
      NodeAddress node,
      Upstream upstream,
      NameLookup names,
      String via,
      MetricsParser parser,
      LongSupplier clock) {
    this.upstream = upstream;
    this.connections = new UpstreamPool(node.host(), node.port(), CONNECTION, names, clock);
    this.clock = clock;
    this.bytes = new PageBytes(parser, MAX_PAGE, clock);
    WritableHeaders<?> headers = WritableHeaders.create();
    headers.set(HeaderNames.HOST, node.toString());
    headers.set(HeaderValues.CONNECTION_CLOSE);
    headers.set(HeaderNames.ACCEPT, "text/plain;version=0.0.4");
    headers.set(HeaderNames.ACCEPT_ENCODING, "gzip");
    headers.set(HeaderNames.USER_AGENT, "fnlb");
    headers.set(HeaderNames.VIA, via);
    this.request = new RequestHead("GET", "/metrics", headers);
  }

  /**
   * Fetches the page.
   *
   * @throws ScrapeFailure if there is none
   */
  Fetched fetch() {
    try (UpstreamCall call = upstream.open(connections, true)) {
      Answer answer = call.send(request, NO_BODY);
      long began = clock.getAsLong();
      int status = answer.status().code();
      if (status != 200) {
        throw new ScrapeFailure(ScrapeResult.STATUS, "status " + status);
      }
      bytes.begin(isPacked(answer.headers()));
      call.relayBody(bytes);
      return new Fetched(bytes.end(), began, bytes.workedNanos());
    } catch (UpstreamException e) {
      ScrapeResult result =
          switch (e.kind()) {
            case NO_CONNECTION_FREE, CONNECT -> ScrapeResult.UNREACHABLE;
            case TIMEOUT -> ScrapeResult.TIMED_OUT;
            case REQUEST_BODY, CLOSED, INVALID_ANSWER, TRUNCATED -> ScrapeResult.BROKEN;
          };
      throw new ScrapeFailure(result, e.reason());
    }
  }

  private static boolean isPacked(Headers headers) {
    if (!headers.contains(HeaderNames.CONTENT_ENCODING)) {
      return false;
    }
    String encoding = headers.get(HeaderNames.CONTENT_ENCODING).get().toLowerCase(Locale.ROOT);
    return switch (encoding) {
      case "gzip", "x-gzip" -> true;
      case "identity" -> false;
      default -> throw new ScrapeFailure(ScrapeResult.BROKEN, "an encoding that was not offered");
    };
  }

  @Override
  public void close() {
    connections.close();
    bytes.close();
  }
}
