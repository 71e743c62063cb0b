package com.fnproject.lb.proxy;

import com.fnproject.lb.fn.FnAnswer;
import com.fnproject.lb.fn.FnFunction;
import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import com.fnproject.lb.proxy.RetryRule.Decision;
import com.fnproject.lb.routing.BookedCall;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingResult;
import com.fnproject.lb.upstream.Answer;
import com.fnproject.lb.upstream.RequestBody;
import com.fnproject.lb.upstream.RequestHead;
import com.fnproject.lb.upstream.UpstreamCall;
import com.fnproject.lb.upstream.UpstreamException;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.WritableHeaders;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * One call, from its head to the last byte of its answer: select a node, attempt, and again as far
 * as {@link RetryRule} allows; then pass the answer on. Does no I/O of its own: it works on a
 * {@link Downstream} and an {@link UpstreamCall}. Belongs to one thread, and is itself what the
 * policy sees of the call and of each result.
 */
final class Exchange extends BookedCall implements RoutingResult {

  private static final System.Logger LOGGER = System.getLogger(Exchange.class.getName());

  /** Stands in for a function where the path is no invocation, so that no policy is asked. */
  private static final FnFunction NO_FUNCTION = FunctionTable.unremembered("/");

  private final Proxy proxy;
  private final Downstream client;
  private final String method;

  private String path = "";
  private FnFunction function = NO_FUNCTION;
  private boolean invocation;

  /** Read from the client once a node has been chosen: that of a held call stays where it is. */
  private @Nullable RequestBody body;

  private int attempt;
  private long beganNanos;

  private boolean reported;
  private Outcome outcome = Outcome.NOT_SENT;
  private int status;
  private long waitNanos = -1;
  private @Nullable Headers answerHeaders;

  /** The last node's refusal for want of room, to be passed on if no other node has room either. */
  private @Nullable Answer refusal;

  private byte[] refusalBody = new byte[0];

  Exchange(Proxy proxy, Downstream client) {
    super(proxy.router, proxy.config.maxAttempts());
    this.proxy = proxy;
    this.client = client;
    this.method = client.method();
  }

  /** Serves the call. Whatever the client's engine throws ends it and is passed on. */
  void run() {
    if (method.equals("CONNECT") || method.equals("TRACE")) {
      refuse(ProxyError.METHOD);
      return;
    }
    RequestTarget target = RequestTarget.parse(client.target(), method);
    if (target == null) {
      refuse(ProxyError.BAD_TARGET);
      return;
    }
    ProxyError error = admission(target);
    if (error != null) {
      refuse(error);
      return;
    }
    path = target.path();
    invocation = FunctionTable.isInvocation(path);
    if (invocation) {
      function = proxy.functions.function(path);
    }

    RequestHead head = new RequestHead(method, target.origin(), forwardedHeaders(target));
    ProxyError last = ProxyError.NO_NODE;
    int maxAttempts = proxy.config.maxAttempts();
    while (attempt < maxAttempts) {
      attempt++;
      Node node = select();
      if (node == null) {
        attempt--;
        last = full() ? ProxyError.FULL : last;
        break;
      }
      try {
        if (attempt > 1) {
          proxy.meters.retried();
        }
        ProxyError failure = attempt(node, head, body());
        if (failure == null) {
          return;
        }
        last = failure;
      } finally {
        try {
          // Whatever was thrown, a booking is always followed by a result.
          ended(node, Outcome.ABANDONED, 0);
        } finally {
          node.end();
        }
      }
    }
    if (holdEnd() == HoldEnd.CLIENT_GONE) {
      client.cut();
      return;
    }
    if (holdEnd() == HoldEnd.CLOSING) {
      refuse(ProxyError.CLOSING);
      return;
    }
    if (attempt == maxAttempts && proxy.registry.table().nodes().size() > triedCount()) {
      proxy.meters.outOfAttempts();
    }
    giveUp(last);
  }

  private @Nullable ProxyError admission(RequestTarget target) {
    if (!proxy.config.exposeNodeInternals() && target.nodeInternal()) {
      return ProxyError.INTERNAL;
    }
    Headers headers = client.headers();
    int count = 0;
    for (Header header : headers) {
      count += header.valueCount();
      if (header.name().isEmpty()) {
        return ProxyError.NAMELESS_HEADER;
      }
      if (HopHeaders.isLossy(header)) {
        return ProxyError.BAD_HEADER;
      }
    }
    if (count > proxy.config.maxHeaders()) {
      proxy.meters.tooManyHeaders();
      return ProxyError.tooManyHeaders(count, proxy.config.maxHeaders());
    }
    if (headers.contains(HeaderNames.VIA) && isOwn(headers.get(HeaderNames.VIA))) {
      return ProxyError.LOOP;
    }
    if (headers.contains(HeaderNames.UPGRADE) && !offersOnlyHttp2(headers)) {
      return ProxyError.UPGRADE;
    }
    if (method.equals("HEAD")
        && (headers.contains(HeaderNames.TRANSFER_ENCODING)
            || headers.contentLength().orElse(0) > 0)) {
      return ProxyError.HEAD_WITH_BODY;
    }
    return null;
  }

  private boolean isOwn(Header via) {
    for (String value : via.allValues()) {
      // Others on the way may have added theirs to the same line.
      if (value.contains(proxy.via)) {
        return true;
      }
    }
    return false;
  }

  // An offer of HTTP/2 may be ignored (RFC 9110, section 7.8); curl makes one with --http2.
  private static boolean offersOnlyHttp2(Headers headers) {
    for (String value : headers.get(HeaderNames.UPGRADE).allValues()) {
      if (!value.equalsIgnoreCase("h2c")) {
        return false;
      }
    }
    return true;
  }

  private WritableHeaders<?> forwardedHeaders(RequestTarget target) {
    WritableHeaders<?> headers = WritableHeaders.create();
    HopHeaders.copyEndToEnd(client.headers(), headers);
    // Answered by us, when the body is first read.
    headers.remove(HeaderNames.EXPECT);
    if (target.authority() != null) {
      headers.set(HeaderValues.create(HeaderNames.HOST, target.authority()));
    }
    HopHeaders.forwardedFor(headers, client.clientAddress());
    return headers;
  }

  private @Nullable Node select() {
    reported = false;
    waitNanos = -1;
    answerHeaders = null;
    Node node =
        invocation
            ? proxy.router.select(proxy.registry, this)
            : proxy.router.inTurn(proxy.registry, this);
    beganNanos = selectedNanos();
    return node;
  }

  private RequestBody body() {
    RequestBody known = body;
    if (known == null) {
      known = client.body(proxy.config.replayableBody());
      body = known;
      if (known instanceof RequestBody.Replayable) {
        // How long the client took for it is not the node's doing.
        beganNanos = proxy.clock.getAsLong();
      }
    }
    return known;
  }

  /**
   * Makes one attempt; null if the client has been answered, else what to answer if nobody else
   * can.
   */
  private @Nullable ProxyError attempt(Node node, RequestHead head, RequestBody body) {
    boolean fresh = false;
    while (true) {
      UpstreamCall call;
      try {
        call = proxy.upstream.open(node.pool(), fresh);
      } catch (UpstreamException e) {
        return failed(node, e, decide(e, false));
      }
      try (call) {
        Answer answer;
        try {
          answer = call.send(head, body);
        } catch (UpstreamException e) {
          Decision decision = decide(e, call.reused());
          if (decision == Decision.FRESH_CONNECTION && !fresh) {
            fresh = true;
            proxy.meters.retried();
            continue;
          }
          return failed(node, e, decision);
        }
        return answered(node, call, answer);
      }
    }
  }

  private Decision decide(UpstreamException e, boolean reused) {
    return RetryRule.decide(e, reused, method, !client.bodyConsumed(), proxy.config.retrySent());
  }

  private @Nullable ProxyError failed(Node node, UpstreamException e, Decision decision) {
    if (LOGGER.isLoggable(Level.DEBUG)) {
      LOGGER.log(
          Level.DEBUG,
          method + " " + path + " on " + node + ", attempt " + attempt + ": " + e.reason());
    }
    ended(node, outcome(e), 0);
    ProxyError error =
        switch (e.kind()) {
          case NO_CONNECTION_FREE -> ProxyError.NO_CONNECTION;
          case CONNECT -> ProxyError.UNREACHABLE;
          case REQUEST_BODY -> ProxyError.badBody(e.getCause());
          case CLOSED -> ProxyError.CLOSED;
          case TIMEOUT -> ProxyError.TIMEOUT;
          case TRUNCATED -> ProxyError.TRUNCATED;
          case INVALID_ANSWER -> ProxyError.INVALID_ANSWER;
        };
    if (decision == Decision.NEXT_NODE) {
      return error;
    }
    refuse(error);
    return null;
  }

  private static Outcome outcome(UpstreamException e) {
    return switch (e.kind()) {
      case NO_CONNECTION_FREE -> Outcome.NOT_SENT;
      case CONNECT -> Outcome.UNREACHABLE;
      case REQUEST_BODY -> Outcome.ABANDONED;
      case CLOSED, TRUNCATED, INVALID_ANSWER -> Outcome.BROKEN;
      case TIMEOUT -> Outcome.TIMED_OUT;
    };
  }

  private @Nullable ProxyError answered(Node node, UpstreamCall call, Answer answer) {
    int code = answer.status().code();
    byte[] body = null;
    if (answer.hasBody()
        && answer.length() >= 0
        && answer.length() <= FnAnswer.MAX_ERROR_BODY
        && FnAnswer.bodyMatters(code)) {
      try {
        body = call.readBody((int) answer.length());
      } catch (UpstreamException e) {
        return failed(node, e, Decision.GIVE_UP);
      }
    }
    answerHeaders = answer.headers();
    waitNanos = FnAnswer.waitNanos(answer.headers());
    // To HEAD there is no message that proves it, but HEAD may be repeated without proof.
    boolean looksBusy =
        method.equals("HEAD")
            && proxy.config.retrySent() == RetrySent.SAFE
            && FnAnswer.looksBusy(code, answer.headers());
    ended(node, looksBusy ? Outcome.BUSY : FnAnswer.outcome(code, answer.headers(), body), code);
    if (outcome == Outcome.BUSY && !client.bodyConsumed()) {
      refusal = answer;
      refusalBody = body == null ? new byte[0] : body;
      return ProxyError.NO_NODE;
    }
    if (body == null) {
      relay(call, answer);
    } else {
      pass(answer, body);
    }
    return null;
  }

  private void relay(UpstreamCall call, Answer answer) {
    client.begin(
        answer.status(),
        answer.headers(),
        answer.hasBody(),
        answer.length(),
        announcedLength(answer));
    try {
      call.relayBody(client);
    } catch (UpstreamException e) {
      LOGGER.log(Level.DEBUG, "{0} {1}: {2}", method, path, e.reason());
      proxy.meters.cut();
      client.cut();
      return;
    }
    client.end();
    proxy.meters.answered(answer.status().code());
  }

  private void pass(Answer answer, byte[] body) {
    client.begin(
        answer.status(), answer.headers(), answer.hasBody(), body.length, announcedLength(answer));
    if (body.length > 0) {
      client.accept(BufferData.create(body), false);
    }
    client.end();
    proxy.meters.answered(answer.status().code());
  }

  // To HEAD, the length that GET would have (RFC 9110, section 8.6).
  private static @Nullable String announcedLength(Answer answer) {
    return answer.hasBody() || !answer.headers().contains(HeaderNames.CONTENT_LENGTH)
        ? null
        : answer.headers().get(HeaderNames.CONTENT_LENGTH).get();
  }

  private void giveUp(ProxyError last) {
    Answer busy = refusal;
    if (busy != null) {
      pass(busy, refusalBody);
    } else {
      refuse(last);
    }
  }

  private void refuse(ProxyError error) {
    client.refuse(error);
    proxy.meters.answered(error.status().code());
  }

  /** Reports the end of the current attempt, once. */
  private void ended(Node node, Outcome how, int answerStatus) {
    if (reported) {
      return;
    }
    reported = true;
    outcome = how;
    status = answerStatus;
    nowNanos(proxy.clock.getAsLong());
    proxy.router.onResult(this, node, this);
    for (CallListener listener : proxy.listeners()) {
      listener.onAttempt(this, node, this);
    }
  }

  @Override
  public FnFunction function() {
    return function;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public @Nullable String header(String name) {
    Headers headers = client.headers();
    HeaderName headerName = HeaderNames.create(name);
    return headers.contains(headerName) ? headers.get(headerName).get() : null;
  }

  @Override
  public Outcome outcome() {
    return outcome;
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public long latencyNanos() {
    return nowNanos() - beganNanos;
  }

  @Override
  public long waitNanos() {
    return waitNanos;
  }

  @Override
  public long retryAfterNanos() {
    Headers headers = answerHeaders;
    return headers == null ? -1 : RetryAfter.nanos(headers, proxy.wallClock);
  }
}
