package com.fnproject.lb;

import com.fnproject.lb.proxy.DateField;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.webserver.http.DirectHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers what never reached a handler, or a handler failed on, with the body that all our errors
 * have, and says which limit was reached where one was. Thread-safe.
 */
final class DirectAnswers implements DirectHandler {

  private static final Status HEADERS_TOO_LARGE =
      Status.create(431, "Request Header Fields Too Large"); // RFC 6585, section 5

  /** Helidon's words for a header section over its limit, which it answers with 400. */
  private static final String TOO_LARGE = "Header size exceeded";

  /** What Helidon says where it would have to repeat what the client sent. */
  private static final String MESSAGE_KEPT_BACK =
      "Bad request, see server log for more information";

  private static final int MAX_MESSAGE = 200;

  private final ListenConfig limits;
  private final DateField date;
  private final Counter headLimit;
  private final Counter targetLimit;

  DirectAnswers(ListenConfig limits, MeterRegistry meters, DateField date) {
    this.limits = limits;
    this.date = date;
    headLimit = limit(meters, Settings.MAX_HEAD_SIZE);
    targetLimit = limit(meters, Settings.MAX_TARGET_SIZE);
  }

  private static Counter limit(MeterRegistry meters, Setting<?> setting) {
    return meters.getOrCreate(
        Counter.builder("fnlb.limits")
            .description("Times a limit was reached, by the setting that sets it")
            .tags(List.of(Tag.create("limit", setting.key()))));
  }

  /** This handler for every kind of event. */
  DirectHandlers forAllEvents() {
    DirectHandlers.Builder builder = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      builder.addHandler(type, this);
    }
    return builder.build();
  }

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      @Nullable String message) {
    if (status.code() == Status.REQUEST_URI_TOO_LONG_414.code()) {
      targetLimit.increment();
      String text = "the request line is over " + limits.maxTargetSize() + " bytes long";
      return answer(type, status, headers, text);
    }
    if (TOO_LARGE.equals(message)) {
      headLimit.increment();
      String text = "the request's header fields take over " + limits.maxHeadSize() + " bytes";
      return answer(type, HEADERS_TOO_LARGE, headers, text);
    }
    if (status.code() == Status.HTTP_VERSION_NOT_SUPPORTED_505.code()) {
      return answer(type, status, headers, "only HTTP/1.1 is spoken here");
    }
    // Helidon takes a method that is no token for a fault of its own.
    if (type == EventType.INTERNAL_ERROR && request == TransportRequest.empty()) {
      return answer(type, Status.BAD_REQUEST_400, headers, "the request's head is malformed");
    }
    if (type == EventType.INTERNAL_ERROR) {
      return answer(type, status, headers, "internal error");
    }
    if (message == null || message.isEmpty() || message.equals(MESSAGE_KEPT_BACK)) {
      return answer(type, status, headers, "the request's head is malformed");
    }
    return answer(type, status, headers, message);
  }

  private TransportResponse answer(
      EventType type, Status status, ServerResponseHeaders headers, String text) {
    // Helidon tells its listeners, which would do this, only after it has written the head.
    headers.setIfAbsent(date.now());
    return TransportResponse.builder()
        .status(status)
        .headers(headers)
        .keepAlive(type.keepAlive() && type != EventType.INTERNAL_ERROR)
        .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, "application/json"))
        .entity(json(text).getBytes(StandardCharsets.UTF_8))
        .build();
  }

  private static String json(String text) {
    StringBuilder json = new StringBuilder("{\"msg\":\"");
    for (int i = 0; i < Math.min(text.length(), MAX_MESSAGE); i++) {
      char c = text.charAt(i);
      json.append(c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c);
    }
    return json.append("\"}\n").toString();
  }
}
