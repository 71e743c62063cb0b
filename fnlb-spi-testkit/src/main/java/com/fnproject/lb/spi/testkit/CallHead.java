package com.fnproject.lb.spi.testkit;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client wrote.
 *
 * @param method the request method
 * @param path the decoded path; null for the function's key
 * @param headers values by names, in any case
 */
public record CallHead(String method, @Nullable String path, Map<String, String> headers) {

  /** A {@code POST} to the function's key, without headers. */
  public static final CallHead PLAIN = new CallHead("POST", null, Map.of());

  /**
   * Copies the headers.
   *
   * @param method the request method
   * @param path the decoded path; null for the function's key
   * @param headers values by names, in any case
   */
  public CallHead {
    headers = Map.copyOf(headers);
  }

  @Nullable String header(String name) {
    for (Map.Entry<String, String> header : headers.entrySet()) {
      if (header.getKey().equalsIgnoreCase(name)) {
        return header.getValue();
      }
    }
    return null;
  }
}
