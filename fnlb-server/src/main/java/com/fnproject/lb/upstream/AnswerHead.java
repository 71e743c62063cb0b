package com.fnproject.lb.upstream;

import com.fnproject.lb.upstream.AnswerBody.Framing;
import com.fnproject.lb.upstream.UpstreamException.Kind;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import java.util.List;

/**
 * Which heads of answers can be passed on, and what they say of the body and the connection.
 * Stricter than Helidon's reader: what two readers could take for different things is refused.
 */
final class AnswerHead {

  private AnswerHead() {}

  /**
   * Refuses a head that cannot be passed on as it is.
   *
   * @throws UpstreamException of kind INVALID_ANSWER
   */
  static void check(Status status, Headers headers) {
    if (status.code() < 200 || status.code() > 999) {
      throw invalid("status " + status.code() + " is none that can be passed on");
    }
    checkReason(status.reasonPhrase());
    checkText(headers);
  }

  // A line feed without its carriage return passes Helidon's reader, and would end the line for
  // many a client.
  private static void checkReason(String phrase) {
    for (int i = 0; i < phrase.length(); i++) {
      char c = phrase.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw invalid("the reason phrase holds a control character");
      }
    }
  }

  // Helidon reads header fields as ASCII and puts U+FFFD for anything else: the value is lost.
  private static void checkText(Headers headers) {
    for (Header header : headers) {
      if (header.name().isEmpty()) {
        throw invalid("a header has no name");
      }
      boolean lossy = header.valueCount() == 1 && isLossy(header.get());
      if (header.valueCount() > 1) {
        for (String value : header.allValues()) {
          lossy |= isLossy(value);
        }
      }
      if (lossy) {
        throw invalid("header " + header.name() + " holds bytes outside of ASCII");
      }
    }
    if (headers.contains(HeaderNames.TRAILER)) {
      throw invalid("trailers are not supported");
    }
  }

  private static boolean isLossy(String value) {
    return value.indexOf('\ufffd') >= 0;
  }

  /**
   * How the end of the body is known (RFC 9112, section 6.3).
   *
   * @throws UpstreamException of kind INVALID_ANSWER
   */
  static Framing framing(String method, int status, Headers headers) {
    if (method.equals("HEAD") || status == 204 || status == 304) {
      return Framing.NONE;
    }
    boolean hasLength = headers.contains(HeaderNames.CONTENT_LENGTH);
    if (!headers.contains(HeaderNames.TRANSFER_ENCODING)) {
      return hasLength ? Framing.LENGTH : Framing.UNTIL_CLOSE;
    }
    List<String> encodings = headers.get(HeaderNames.TRANSFER_ENCODING).allValues();
    if (hasLength || encodings.size() != 1 || !encodings.get(0).equalsIgnoreCase("chunked")) {
      throw invalid("Transfer-Encoding " + encodings + (hasLength ? " beside Content-Length" : ""));
    }
    return Framing.CHUNKED;
  }

  /**
   * The length of a body that is framed so; -1 when only the end will tell.
   *
   * @throws UpstreamException of kind INVALID_ANSWER
   */
  static long length(Framing framing, Headers headers) {
    return switch (framing) {
      case NONE -> 0;
      case LENGTH -> contentLength(headers);
      case CHUNKED, UNTIL_CLOSE -> -1;
    };
  }

  private static long contentLength(Headers headers) {
    List<String> values = headers.get(HeaderNames.CONTENT_LENGTH).allValues();
    String first = values.get(0);
    boolean valid = !first.isEmpty() && first.length() <= 18;
    for (int i = 0; i < first.length() && valid; i++) {
      valid = first.charAt(i) >= '0' && first.charAt(i) <= '9';
    }
    for (String value : values) {
      valid &= value.equals(first);
    }
    if (!valid) {
      throw invalid("Content-Length " + values);
    }
    return Long.parseLong(first);
  }

  /** Whether the node closes the connection after its answer. */
  static boolean saysClose(Headers headers) {
    if (!headers.contains(HeaderNames.CONNECTION)) {
      return false;
    }
    for (String value : headers.get(HeaderNames.CONNECTION).allValues()) {
      for (String part : value.split(",", -1)) {
        if (part.strip().equalsIgnoreCase("close")) {
          return true;
        }
      }
    }
    return false;
  }

  static UpstreamException invalid(String reason) {
    return new UpstreamException(Kind.INVALID_ANSWER, true, reason, null);
  }
}
