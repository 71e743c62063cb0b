package com.fnproject.lb.admin;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import java.io.IOException;

/** One request to the operators' interface of a balancer, on a connection of its own. */
final class AdminRequest {

  private AdminRequest() {}

  static RawAnswer exchange(int port, String method, String target, String body)
      throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      return client.exchange(
          method
              + " "
              + target
              + " HTTP/1.1\r\nHost: t\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
    }
  }
}
