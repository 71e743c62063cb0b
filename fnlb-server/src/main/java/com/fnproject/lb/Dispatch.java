package com.fnproject.lb;

import com.fnproject.lb.admin.AdminApi;
import com.fnproject.lb.admin.Observability;
import com.fnproject.lb.proxy.Proxy;
import io.helidon.common.uri.UriPath;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import org.jspecify.annotations.Nullable;

/**
 * Decides whose business a request is: by its path as it was written, byte for byte, which is also
 * what nodes are sent. Helidon's routing would decode and normalise the path first, take {@code
 * //1/lb/nodes} for {@code /1/lb/nodes}, and fail on a target without a path and on one that does
 * not decode. So only what is Helidon's own, {@code /observe}, goes on to it. Thread-safe.
 *
 * @param proxy serves calls; null on a listener for operators alone
 * @param api serves operators; null on a listener for calls alone
 */
record Dispatch(@Nullable Proxy proxy, @Nullable AdminApi api) implements Filter {

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    UriPath path = request.prologue().uriPath();
    String raw = path.rawPath();
    if (api != null) {
      String origin = origin(raw);
      if (isBelow(AdminApi.PATH, origin)) {
        api.handle(origin, request, response);
        return;
      }
      if (isBelow(Observability.PATH, raw) && decodes(path)) {
        chain.proceed();
        return;
      }
    }
    if (proxy != null) {
      proxy.handle(request, response);
      response.commit();
      return;
    }
    AdminApi.unknownCommand(request, response);
  }

  /** A path without the scheme and the host that may stand before it (RFC 9112, section 3.2.2). */
  private static String origin(String raw) {
    if (raw.startsWith("/")) {
      return raw;
    }
    int start = raw.regionMatches(true, 0, "http://", 0, 7) ? 7 : 0;
    start = raw.regionMatches(true, 0, "https://", 0, 8) ? 8 : start;
    int slash = raw.indexOf('/', start);
    return start == 0 || slash < 0 ? raw : raw.substring(slash);
  }

  private static boolean isBelow(String prefix, String path) {
    return path.startsWith(prefix)
        && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
  }

  private static boolean decodes(UriPath path) {
    try {
      return path.path() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
