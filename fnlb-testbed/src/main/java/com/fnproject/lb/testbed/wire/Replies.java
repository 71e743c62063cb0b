package com.fnproject.lb.testbed.wire;

import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a {@link RudeNode} may do with a request. Unless said otherwise, the request's body is read
 * first.
 */
public final class Replies {
  private Replies() {}

  /** A proper 200 with Content-Length. */
  public static Reply ok(String body) {
    return ok("text/plain", body);
  }

  public static Reply ok(String contentType, String body) {
    return raw(
        "HTTP/1.1 200 OK\r\nContent-Type: "
            + contentType
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  /** Exactly these bytes, one per character; the connection stays open. */
  public static Reply raw(String text) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write(text);
    };
  }

  /** Exactly these bytes, then an orderly close. */
  public static Reply rawThenClose(String text) {
    return (connection, request) -> {
      raw(text).answer(connection, request);
      connection.close();
    };
  }

  /** Fn's own refusal: nothing ran. */
  public static Reply tooBusy() {
    String body = "{\"message\":\"Timed out - server too busy\"}\n";
    return raw(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\n"
            + "Fn-Call-Id: 01D7M8KVR41BT061G0A0000002\r\nRetry-After: 15\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  /** Closes once the head has been read, the body unread. */
  public static Reply closeAfterHead() {
    return (connection, request) -> connection.close();
  }

  /** Resets once the head has been read, the body unread. */
  public static Reply resetAfterHead() {
    return (connection, request) -> connection.reset();
  }

  /** Reads the request to its end and closes without a word. */
  public static Reply closeAfterRequest() {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.close();
    };
  }

  /** Never answers; the connection stays open until the other side closes. */
  public static Reply never() {
    return (connection, request) -> connection.ignore();
  }

  /** Sends the status line, waits for the signal, sends the rest. */
  public static Reply slowHead(Semaphore signal, String body) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write("HTTP/1.1 200 OK\r\n");
      connection.await(signal);
      connection.write("Content-Length: " + body.length() + "\r\n\r\n" + body);
    };
  }

  /** Declares a length, sends only this much, and closes. */
  public static Reply truncated(int declared, String sent) {
    return rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: " + declared + "\r\n\r\n" + sent);
  }

  /** Sends these chunks and closes without the last one. */
  public static Reply truncatedChunks(String... chunks) {
    return rawThenClose(CHUNKED + chunks(chunks));
  }

  /** Sends half a chunk and closes. */
  public static Reply brokenChunk(String sent) {
    return rawThenClose(CHUNKED + Integer.toHexString(sent.length() * 2) + "\r\n" + sent);
  }

  /** A body that ends with the connection. */
  public static Reply untilClose(String body) {
    return rawThenClose("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body);
  }

  /** These chunks, properly ended. */
  public static Reply chunked(String... chunks) {
    return raw(CHUNKED + chunks(chunks) + "0\r\n\r\n");
  }

  /** A chunked body with a trailer. */
  public static Reply withTrailer(String body, String name, String value) {
    return raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: "
            + name
            + "\r\n\r\n"
            + chunks(body)
            + "0\r\n"
            + name
            + ": "
            + value
            + "\r\n\r\n");
  }

  /** A chunked body whose chunks carry extensions. */
  public static Reply withChunkExtensions(String body) {
    return raw(
        CHUNKED
            + Integer.toHexString(body.length())
            + ";ext=\"a;b\";x\r\n"
            + body
            + "\r\n0;last\r\n\r\n");
  }

  /** One chunk of this many bytes. */
  public static Reply hugeChunk(int bytes) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write(CHUNKED + Integer.toHexString(bytes) + "\r\n");
      byte[] block = new byte[64 << 10];
      Arrays.fill(block, (byte) 'x');
      for (int sent = 0; sent < bytes; sent += block.length) {
        connection.write(Arrays.copyOf(block, Math.min(block.length, bytes - sent)));
      }
      connection.write("\r\n0\r\n\r\n");
    };
  }

  /** These interim answers (100, 102, 103), then a proper 200. */
  public static Reply afterInterim(String body, int... statuses) {
    StringBuilder text = new StringBuilder();
    for (int status : statuses) {
      text.append("HTTP/1.1 ").append(status).append(" Interim\r\n");
      text.append(status == 103 ? "Link: </style.css>; rel=preload\r\n\r\n" : "\r\n");
    }
    text.append("HTTP/1.1 200 OK\r\nContent-Length: ")
        .append(body.length())
        .append("\r\n\r\n")
        .append(body);
    return raw(text.toString());
  }

  /** A header value in UTF-8, which is bytes over 0x7f. */
  public static Reply withHeaderBytes(String name, String value, String body) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write("HTTP/1.1 200 OK\r\n" + name + ": ");
      connection.write(value.getBytes(StandardCharsets.UTF_8));
      connection.write("\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    };
  }

  /** Something that is no HTTP. */
  public static Reply garbage() {
    return rawThenClose("\u0000\u0001SMTP ready?\r\n\r\n");
  }

  /**
   * A chunked answer whose head comes at once; each piece is a chunk of its own, sent when the
   * signal lets it; the end needs one signal more.
   */
  public static Reply dribbled(Semaphore signal, String... pieces) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write(CHUNKED);
      for (String piece : pieces) {
        connection.await(signal);
        connection.write(chunks(piece));
      }
      connection.await(signal);
      connection.write("0\r\n\r\n");
    };
  }

  /**
   * An answer with Content-Length whose head comes at once and whose pieces wait for the signal.
   */
  public static Reply dribbledLength(Semaphore signal, String... pieces) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Length: " + String.join("", pieces).length() + "\r\n\r\n");
      for (String piece : pieces) {
        connection.await(signal);
        connection.write(piece);
      }
    };
  }

  /**
   * Answers so many requests of all connections together, then closes each connection in answer's
   * stead.
   */
  public static Reply closingAfter(int answers, Reply reply) {
    AtomicInteger count = new AtomicInteger();
    return (connection, request) -> {
      if (count.incrementAndGet() > answers) {
        connection.close();
        return;
      }
      reply.answer(connection, request);
    };
  }

  /** Gives the reply and then, without a word in the answer's head, closes the idle connection. */
  public static Reply thenClose(Reply reply) {
    return (connection, request) -> {
      reply.answer(connection, request);
      connection.close();
    };
  }

  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private static String chunks(String... chunks) {
    StringBuilder text = new StringBuilder();
    for (String chunk : chunks) {
      text.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk).append("\r\n");
    }
    return text.toString();
  }
}
