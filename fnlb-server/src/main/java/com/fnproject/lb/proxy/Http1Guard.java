package com.fnproject.lb.proxy;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Helidon's HTTP/1 with some of its habits mended for a proxy: it would keep a whole chunk of an
 * upload in memory, and the line before it, however long they are, take any two bytes for the end
 * of a chunk, answer {@code TE: trailers} with a trailer of its own, and announce a length of 0
 * where an answer has no body and tells of another length (to HEAD) or must tell of none (204,
 * 304), and write the Date in the local time zone. Stateless.
 */
public final class Http1Guard implements ServerConnectionSelector {

  /** The largest chunk of a request's body; Helidon holds each in memory. */
  static final int MAX_CHUNK = 1024 * 1024;

  /** The longest line around a chunk: 8 digits are enough, and extensions are refused anyway. */
  private static final int MAX_CHUNK_LINE = 256;

  /**
   * Set on an answer without a body: the Content-Length to show instead of Helidon's 0, empty to
   * show none. Never leaves the process, and must not be taken from a node.
   */
  static final HeaderName LENGTH_OF_NO_BODY = HeaderNames.create("fnlb-length-of-no-body");

  static final Header NO_LENGTH = HeaderValues.create(LENGTH_OF_NO_BODY, "");

  private final Http1ConnectionSelector http1;

  /**
   * Creates a selector for a listener.
   *
   * @param config Helidon's own settings, to which listeners are added
   * @param date the Date of answers that have none
   */
  public Http1Guard(Http1Config.Builder config, DateField date) {
    http1 =
        Http1ConnectionSelector.builder()
            .config(
                config
                    .addReceiveListener(new WithoutTe())
                    .addSendListener(new AnswerHead(date))
                    .build())
            .build();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http1.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http1.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    return http1.connection(new GuardedContext(context));
  }

  private static final class WithoutTe implements Http1ConnectionListener {
    /**
     * TE speaks of the client's connection; Helidon would take it for a wish for its own trailer.
     */
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (headers instanceof WritableHeaders<?> writable) {
        writable.remove(HeaderNames.TE);
      }
    }
  }

  /** One listener for both: of several, Helidon lets none change the head. */
  private record AnswerHead(DateField date) implements Http1ConnectionListener {
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (!(headers instanceof WritableHeaders<?> writable)) {
        return;
      }
      writable.setIfAbsent(date.now());
      if (headers.contains(LENGTH_OF_NO_BODY)) {
        String length = headers.get(LENGTH_OF_NO_BODY).get();
        writable.remove(LENGTH_OF_NO_BODY);
        if (length.isEmpty()) {
          writable.remove(HeaderNames.CONTENT_LENGTH);
        } else {
          writable.set(HeaderNames.CONTENT_LENGTH, length);
        }
      }
    }
  }

  /**
   * Bounds what Helidon gathers of a chunked body, and looks at what it skips. Takes what the
   * connection's own reader has, then reads from the socket itself.
   */
  private static final class GuardedReader extends DataReader {
    @SuppressWarnings("removal") // the only way to extend the class
    GuardedReader(ConnectionContext context) {
      super(
          () -> {
            DataReader before = context.dataReader();
            int had = before.available();
            if (had > 0) {
              return before.readBytes(had);
            }
            try {
              return context.serverSocket().get();
            } catch (UncheckedIOException e) {
              throw new ServerConnectionException("the client is gone", e);
            }
          });
    }

    @Override
    public BufferData readBuffer(int length) {
      if (length > MAX_CHUNK) {
        throw refusal(
            Status.REQUEST_ENTITY_TOO_LARGE_413,
            "a chunk of the body has " + length + " bytes; at most " + MAX_CHUNK + " are taken");
      }
      BufferData read = getBuffer(length);
      super.skip(length);
      return read;
    }

    /**
     * Called for the line before a chunk and the one after the last; Helidon sets it no bound, and
     * takes a sign before the number.
     */
    @Override
    public String readLine() {
      int end = findNewLine(MAX_CHUNK_LINE);
      String line = end == 0 || end == MAX_CHUNK_LINE ? "" : readAsciiString(end);
      boolean hex = end < MAX_CHUNK_LINE;
      for (int i = 0; i < line.length() && hex; i++) {
        hex = HexFormat.isHexDigit(line.charAt(i));
      }
      if (!hex) {
        throw refusal(
            Status.BAD_REQUEST_400,
            "the body is not chunked as it should be; extensions and trailers are not taken");
      }
      super.skip(2);
      return line;
    }

    /**
     * By two bytes Helidon skips line ends only; after a chunk it does not look whether it is one.
     */
    @Override
    public void skip(int length) {
      if (length == 2 && !startsWithNewLine()) {
        throw refusal(Status.BAD_REQUEST_400, "a chunk of the body is longer than it says");
      }
      super.skip(length);
    }
  }

  private static RequestException refusal(Status status, String message) {
    return RequestException.builder()
        .type(EventType.BAD_REQUEST)
        .status(status)
        .setKeepAlive(false)
        .message(message)
        .build();
  }

  private record GuardedContext(ConnectionContext context, DataReader dataReader)
      implements ConnectionContext {

    GuardedContext(ConnectionContext context) {
      this(context, new GuardedReader(context));
    }

    @Override
    public ListenerContext listenerContext() {
      return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return context.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return context.dataWriter();
    }

    @Override
    public Router router() {
      return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return context.localPeer();
    }

    @Override
    public boolean isSecure() {
      return context.isSecure();
    }

    @Override
    public String socketId() {
      return context.socketId();
    }

    @Override
    public String childSocketId() {
      return context.childSocketId();
    }
  }
}
