package com.fnproject.lb.proxy;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.WritableHeaders;
import java.util.List;
import java.util.Locale;

/**
 * Which header fields pass from one connection to the next (RFC 9110, section 7.6.1): those that
 * frame a message or speak of one connection do not. The set is the original's, Go's {@code
 * httputil.ReverseProxy}.
 */
final class HopHeaders {

  private HopHeaders() {}

  /** Whether a field speaks of one connection only. */
  private static boolean isHopByHop(HeaderName name) {
    if (name.index() < 0) {
      String lowerCase = name.lowerCase();
      return lowerCase.equals("keep-alive") || lowerCase.equals("proxy-connection");
    }
    return name.equals(HeaderNames.CONNECTION)
        || name.equals(HeaderNames.TRANSFER_ENCODING)
        || name.equals(HeaderNames.TE)
        || name.equals(HeaderNames.TRAILER)
        || name.equals(HeaderNames.UPGRADE)
        || name.equals(HeaderNames.PROXY_AUTHENTICATE)
        || name.equals(HeaderNames.PROXY_AUTHORIZATION);
  }

  /**
   * Copies the fields that pass, without Content-Length, which whoever frames the body sets anew.
   *
   * @param from the fields as they came
   * @param to where they go
   */
  static void copyEndToEnd(Headers from, WritableHeaders<?> to) {
    for (Header header : from) {
      HeaderName name = header.headerName();
      if (!name.equals(HeaderNames.CONTENT_LENGTH) && !isHopByHop(name)) {
        to.set(header);
      }
    }
    if (from.contains(HeaderNames.CONNECTION)) {
      removeNamedByConnection(from.get(HeaderNames.CONNECTION), to);
    }
  }

  private static void removeNamedByConnection(Header connection, WritableHeaders<?> to) {
    for (String value : connection.allValues()) {
      int start = 0;
      while (start <= value.length()) {
        int comma = value.indexOf(',', start);
        int end = comma < 0 ? value.length() : comma;
        String token = value.substring(start, end).strip().toLowerCase(Locale.ROOT);
        // Host can be named by nobody: without it the request would be none.
        boolean option = token.isEmpty() || token.equals("close") || token.equals("keep-alive");
        if (!option && !token.equals("host")) {
          to.remove(HeaderNames.createFromLowercase(token));
        }
        start = end + 1;
      }
    }
  }

  /**
   * Whether a field's value is not what was sent: Helidon reads fields as ASCII and puts U+FFFD for
   * any other byte.
   *
   * @param header a field as Helidon read it
   * @return true if bytes are lost
   */
  static boolean isLossy(Header header) {
    if (header.valueCount() == 1) {
      return header.get().indexOf('\ufffd') >= 0;
    }
    for (String value : header.allValues()) {
      if (value.indexOf('\ufffd') >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Appends the client's address to X-Forwarded-For. The field is made anew: header objects are
   * shared with the request they came from.
   *
   * @param headers the fields on their way to the node
   * @param address the client's
   */
  static void forwardedFor(WritableHeaders<?> headers, String address) {
    String value = address;
    if (headers.contains(HeaderNames.X_FORWARDED_FOR)) {
      List<String> before = headers.get(HeaderNames.X_FORWARDED_FOR).allValues();
      value = String.join(", ", before) + ", " + address;
    }
    headers.set(HeaderValues.create(HeaderNames.X_FORWARDED_FOR, value));
  }
}
