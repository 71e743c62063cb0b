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
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Helidon's HTTP/1 with four of its habits mended for a proxy: it would keep a whole chunk of an
 * upload in memory, answer {@code TE: trailers} with a trailer of its own, and announce a length of
 * 0 where an answer has no body and tells of another length (to HEAD) or must tell of none (204,
 * 304). Stateless.
 */
public final class Http1Guard implements ServerConnectionSelector {

  /** The largest chunk of a request's body; Helidon holds each in memory. */
  static final int MAX_CHUNK = 1024 * 1024;

  /**
   * Set on an answer without a body: the Content-Length to show instead of Helidon's 0, empty to
   * show none. Never leaves the process.
   */
  static final HeaderName LENGTH_OF_NO_BODY = HeaderNames.create("fnlb-length-of-no-body");

  static final Header NO_LENGTH = HeaderValues.create(LENGTH_OF_NO_BODY, "");

  private final Http1ConnectionSelector http1;

  /**
   * Creates a selector for a listener.
   *
   * @param config Helidon's own settings, to which listeners are added
   */
  public Http1Guard(Http1Config.Builder config) {
    http1 =
        Http1ConnectionSelector.builder()
            .config(
                config
                    .addReceiveListener(new WithoutTe())
                    .addSendListener(new LengthOfNoBody())
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

  /** TE speaks of the client's connection; Helidon would take it for a wish for its own trailer. */
  private static final class WithoutTe implements Http1ConnectionListener {
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (headers instanceof WritableHeaders<?> writable) {
        writable.remove(HeaderNames.TE);
      }
    }
  }

  private static final class LengthOfNoBody implements Http1ConnectionListener {
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (headers instanceof WritableHeaders<?> writable && headers.contains(LENGTH_OF_NO_BODY)) {
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

  /** Refuses to gather more than {@link #MAX_CHUNK} bytes at once. */
  private static final class GuardedReader extends DataReader {
    @SuppressWarnings("removal") // the only way to extend the class
    GuardedReader(DataReader reader) {
      super(
          () -> {
            try {
              return reader.readBuffer().readBytes();
            } catch (InsufficientDataAvailableException e) {
              return null;
            }
          });
    }

    @Override
    public BufferData readBuffer(int length) {
      if (length > MAX_CHUNK) {
        throw RequestException.builder()
            .type(EventType.BAD_REQUEST)
            .status(Status.REQUEST_ENTITY_TOO_LARGE_413)
            .setKeepAlive(false)
            .message(
                "a chunk of the body has " + length + " bytes; at most " + MAX_CHUNK + " are taken")
            .build();
      }
      return super.readBuffer(length);
    }
  }

  private record GuardedContext(ConnectionContext context, DataReader dataReader)
      implements ConnectionContext {

    GuardedContext(ConnectionContext context) {
      this(context, new GuardedReader(context.dataReader()));
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
