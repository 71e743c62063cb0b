package com.fnproject.lb.fn;

import com.fnproject.lb.spi.Outcome;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a Fn server's answer proves about the call. The messages are those of fnproject/fn 0.3.753,
 * {@code api/models/error.go}; status alone proves nothing, because through a trigger a function
 * chooses its own.
 */
public final class FnAnswer {

  /**
   * Tells how long a call waited on its node, in answers of Fn servers from 0.3.7 to 0.3.579; a Go
   * duration.
   */
  public static final HeaderName WAIT_HEADER = HeaderNames.create("xxx-fxlb-wait", "XXX-FXLB-WAIT");

  /** The longest error body that is looked at; Fn's own are far shorter. */
  public static final int MAX_ERROR_BODY = 1024;

  private static final HeaderName CALL_ID = HeaderNames.create("fn-call-id", "Fn-Call-Id");
  private static final String TOO_BUSY = "Timed out - server too busy";
  private static final String TOO_LARGE_FOR_NODE = "Requested CPU/Memory cannot be allocated";

  /** Made once: to find the library takes longer than to read a message. */
  private static final JsonReaderFactory READERS =
      JsonProvider.provider().createReaderFactory(Map.of());

  private FnAnswer() {}

  /**
   * Whether the answer's body decides what it means, so that it should be read before anything is
   * passed on.
   *
   * @param status the answer's status
   * @return true for the statuses of Fn's own errors that come before a call as well as after one
   */
  public static boolean bodyMatters(int status) {
    return status == 503 || status == 400 || status == 502 || status == 504;
  }

  /**
   * What the answer proves.
   *
   * @param status the answer's status
   * @param headers the answer's headers
   * @param body the whole body where {@link #bodyMatters} and it is at most {@link
   *     #MAX_ERROR_BODY}, else null
   * @return RAN, NOT_RUN or BUSY; BUSY only if nothing ran and another node may have room
   */
  public static Outcome outcome(int status, Headers headers, byte @Nullable [] body) {
    if (status == 404 || status == 405 || status == 413 || status == 444 || status == 500) {
      // Fn answers these itself; a function that chooses one of them teaches nothing, which is no
      // loss.
      return Outcome.NOT_RUN;
    }
    String message = body == null ? null : message(body);
    if (message == null) {
      return status < 400 || headers.contains(CALL_ID) ? Outcome.RAN : Outcome.NOT_RUN;
    }
    if (status == 503 && message.equals(TOO_BUSY) && headers.contains(HeaderNames.RETRY_AFTER)) {
      return Outcome.BUSY;
    }
    if (status == 400 && message.equals(TOO_LARGE_FOR_NODE)) {
      return Outcome.BUSY;
    }
    if (message.startsWith("Container failed to initialize")
        || message.startsWith("Container initialization timed out")
        || message.startsWith("Image pull timed out")) {
      return Outcome.NOT_RUN;
    }
    return headers.contains(CALL_ID) ? Outcome.RAN : Outcome.NOT_RUN;
  }

  /**
   * Whether an answer to HEAD, which has no body, looks as Fn's "server too busy" does.
   *
   * @param status the answer's status
   * @param headers the answer's headers
   * @return true if it may be one; a function can answer so as well
   */
  public static boolean looksBusy(int status, Headers headers) {
    return status == 503 && headers.contains(HeaderNames.RETRY_AFTER);
  }

  private static @Nullable String message(byte[] body) {
    try (JsonReader reader = READERS.createReader(new ByteArrayInputStream(body))) {
      return reader.readValue() instanceof JsonObject object
              && object.get("message") instanceof JsonString message
          ? message.getString()
          : null;
    } catch (RuntimeException e) {
      // Whatever is thrown: what is nested too deeply ends in an exception of no kind.
      return null;
    }
  }

  /**
   * How long the call waited, by {@link #WAIT_HEADER}.
   *
   * @param headers the answer's headers
   * @return nanoseconds, 0 or more; -1 if the header is absent or cannot be read
   */
  public static long waitNanos(Headers headers) {
    if (!headers.contains(WAIT_HEADER)) {
      return -1;
    }
    Duration wait = GoDuration.parse(headers.get(WAIT_HEADER).get());
    return wait == null || wait.isNegative() ? -1 : wait.toNanos();
  }
}
