package com.fnproject.lb.node;

import com.fnproject.lb.upstream.NameLookup;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.tls.Tls;
import io.helidon.common.uri.UriInfo;
import io.helidon.common.uri.UriPath;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.ClientUri;
import io.helidon.webclient.api.ConnectionKey;
import io.helidon.webclient.api.DnsAddressLookup;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.TcpClientConnection;
import io.helidon.webclient.api.WebClient;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientResponse;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a node something on the balancer's own behalf: one GET on a connection of its own, without
 * redirects, cookies and compression, its answer bounded in bytes and time. Thread-safe; blocks
 * until the answer is read or the thread is interrupted, which closes the socket.
 *
 * <p>The connection is opened and closed here: the client library leaks the sockets of nodes that
 * hang up without an answer, and tries only the first address of a name.
 */
public final class BoundedGet implements AutoCloseable {

  /**
   * Where to ask.
   *
   * @param tls whether to speak TLS
   * @param host name or IP address, IPv6 without brackets
   * @param port 1 to 65535
   */
  public record Place(boolean tls, String host, int port) {

    @Override
    public String toString() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /**
   * Takes an answer in.
   *
   * @param <T> what it comes to
   */
  @FunctionalInterface
  public interface Reader<T> {

    /**
     * Reads an answer.
     *
     * @param answer the answer; of no use afterwards
     * @return what it comes to
     * @throws IOException if reading fails
     */
    T read(Answer answer) throws IOException;
  }

  /**
   * No answer, or none that may be read to its end. The message is the reason; the cause is what
   * the network said, if that is why.
   */
  public static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String reason, @Nullable IOException network) {
      super(reason, network, false, false);
    }
  }

  private static final Tls NO_TLS = Tls.builder().enabled(false).build();

  private final Duration connectTimeout;
  private final Duration answerTimeout;
  private final NameLookup names;
  private final String via;
  private final LongSupplier clock;
  private final WebClient connector;
  private final Http1Client client;

  /** Made when it is first needed: it reads the system's certificates. */
  private volatile @Nullable Tls tls;

  /**
   * Creates a client without connections.
   *
   * @param connectTimeout longest time to connect
   * @param answerTimeout longest time for a TLS handshake, and from then to the last byte of the
   *     answer, and longest silence within: what dribbles is cut within twice this time
   * @param names looks names up; closed by the caller
   * @param via the Via field of requests, by which the balancer knows one that comes back to it
   * @param clock nanoseconds, monotonic
   */
  public BoundedGet(
      Duration connectTimeout,
      Duration answerTimeout,
      NameLookup names,
      String via,
      LongSupplier clock) {
    this.connectTimeout = connectTimeout;
    this.answerTimeout = answerTimeout;
    this.names = names;
    this.via = via;
    this.clock = clock;
    connector =
        WebClient.builder()
            .servicesDiscoverServices(false)
            .shareConnectionCache(false)
            .proxy(Proxy.noProxy())
            .connectTimeout(connectTimeout)
            .readTimeout(answerTimeout)
            .build();
    client =
        Http1Client.builder()
            .servicesDiscoverServices(false)
            .shareConnectionCache(false)
            .proxy(Proxy.noProxy())
            .followRedirects(false)
            .readTimeout(answerTimeout)
            .contentEncoding(
                ContentEncodingContext.builder().contentEncodingsDiscoverServices(false).build())
            .build();
  }

  /**
   * Asks.
   *
   * @param place where
   * @param target the request's target in origin-form
   * @param maxAnswer most bytes of the answer, head and body together
   * @param reader takes the answer in
   * @param <T> what it comes to
   * @return what the reader has made of it
   * @throws Failure if there was no answer, or it broke a bound or off; what the reader throws is
   *     passed on
   * @throws InterruptedException if the thread was interrupted while a name was looked up
   */
  public <T> T get(Place place, String target, int maxAnswer, Reader<T> reader)
      throws InterruptedException {
    TcpClientConnection connection = connect(place);
    try {
      return reader.read(
          new Answer(request(place, target, new BoundedConnection(connection, maxAnswer))));
    } catch (IOException e) {
      throw failure(new UncheckedIOException(e));
    } finally {
      connection.closeResource();
    }
  }

  private TcpClientConnection connect(Place place) throws InterruptedException {
    UncheckedIOException refusal = null;
    for (InetAddress address : resolve(place.host())) {
      try {
        return place.tls() ? shakeHands(place, address) : connect(place, address);
      } catch (UncheckedIOException e) {
        refusal = e;
      }
    }
    if (refusal == null) {
      throw new Failure("name " + place.host() + " has no address", null);
    }
    IOException cause = refusal.getCause();
    throw new Failure("no connection to " + place + ": " + reason(cause), network(cause));
  }

  private TcpClientConnection connect(Place place, InetAddress address) {
    return TcpClientConnection.create(
            connector,
            ConnectionKey.create(
                place.tls() ? "https" : "http",
                place.host(),
                place.port(),
                place.tls() ? tls() : NO_TLS,
                // The name, already looked up, stands in the certificate; without one the
                // address goes as it is, with the zone that it may have.
                (host, lookup) -> place.tls() ? named(host, address) : address,
                DnsAddressLookup.defaultLookup(),
                Proxy.noProxy()),
            List.of(),
            unused -> false,
            unused -> {})
        .connect();
  }

  /** The library bounds connecting, not the handshake: on a thread that can be given up. */
  private TcpClientConnection shakeHands(Place place, InetAddress address)
      throws InterruptedException {
    FutureTask<TcpClientConnection> task =
        new FutureTask<>(
            () -> {
              TcpClientConnection connection = connect(place, address);
              if (Thread.interrupted()) {
                connection.closeResource();
              }
              return connection;
            });
    Thread thread = Thread.ofVirtual().name("fnlb-tls-handshake").start(task);
    try {
      return task.get(connectTimeout.plus(answerTimeout).toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UncheckedIOException known
          ? known
          : new UncheckedIOException(new IOException(e));
    } catch (TimeoutException e) {
      throw new UncheckedIOException(
          new SocketTimeoutException(
              "no TLS handshake within " + answerTimeout.toMillis() + " ms"));
    } finally {
      // Interrupting a virtual thread closes the socket that it is blocked on.
      thread.interrupt();
    }
  }

  private static String reason(@Nullable IOException cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (e instanceof CertPathBuilderException) {
        return "TLS: its certificate is signed by nobody whom the JVM trusts";
      }
    }
    String message = String.valueOf(cause == null ? null : cause.getMessage());
    return cause instanceof SSLException ? "TLS: " + message : message.toLowerCase(Locale.ROOT);
  }

  private static InetAddress named(String host, InetAddress address) {
    try {
      return InetAddress.getByAddress(host, address.getAddress());
    } catch (UnknownHostException e) {
      return address;
    }
  }

  private Tls tls() {
    Tls made = tls;
    if (made == null) {
      made = Tls.builder().build();
      tls = made;
    }
    return made;
  }

  private InetAddress[] resolve(String host) throws InterruptedException {
    try {
      return names.addresses(host, connectTimeout);
    } catch (UnknownHostException e) {
      throw new Failure(String.valueOf(e.getMessage()), null);
    }
  }

  private Http1ClientResponse request(Place place, String target, ClientConnection connection) {
    try {
      return client
          .get()
          .connection(connection)
          .uri(uri(target))
          .header(HeaderNames.HOST, place.toString())
          .header(HeaderValues.CONNECTION_CLOSE)
          .header(HeaderNames.USER_AGENT, "fnlb")
          .header(HeaderNames.VIA, via)
          .request();
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  private static ClientUri uri(String target) {
    // The query rides in the path: any other way of handing it over re-orders or re-encodes it.
    return ClientUri.create(
        UriInfo.builder()
            .scheme("http")
            .host("node")
            .port(80)
            .path(UriPath.create(target))
            .build());
  }

  private Failure failure(RuntimeException thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Failure known) {
        return known;
      }
      if (cause instanceof SocketTimeoutException silence) {
        return late(silence);
      }
      if (cause instanceof DataReader.InsufficientDataAvailableException) {
        return new Failure("connection closed before the end of the answer", null);
      }
    }
    return new Failure(
        "no valid answer: " + Quoted.of(String.valueOf(thrown.getMessage())), network(thrown));
  }

  /** The innermost of the first exceptions in a chain that are the network's. */
  private static @Nullable IOException network(@Nullable Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException network && !(cause.getCause() instanceof IOException)) {
        return network;
      }
    }
    return null;
  }

  private Failure late(@Nullable SocketTimeoutException silence) {
    return new Failure("no answer within " + answerTimeout.toMillis() + " ms", silence);
  }

  @Override
  public void close() {
    client.closeResource();
    connector.closeResource();
  }

  /** What came back, as far as it has been read. For the one thread that asked. */
  public final class Answer {
    private final Http1ClientResponse response;

    private Answer(Http1ClientResponse response) {
      this.response = response;
    }

    /** The status; two of one code may differ in their phrases. */
    public Status status() {
      return response.status();
    }

    /** A header field's first value, or null if there is no such field. */
    public @Nullable String header(HeaderName name) {
      Headers headers = response.headers();
      return headers.contains(name) ? headers.get(name).get() : null;
    }

    /**
     * The body, to be read as far as it matters; asked for once. What breaks it off or its bounds
     * is a {@link Failure}.
     */
    public InputStream body() {
      Headers headers = response.headers();
      boolean framed =
          headers.contains(HeaderNames.CONTENT_LENGTH)
              || headers.contains(HeaderNames.TRANSFER_ENCODING);
      try {
        return new Body(response.inputStream(), framed);
      } catch (RuntimeException e) {
        throw failure(e);
      }
    }
  }

  /** A body whose faults are told in one way. */
  private final class Body extends FilterInputStream {
    private final boolean framed;

    Body(InputStream in, boolean framed) {
      super(in);
      this.framed = framed;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return super.read(bytes, offset, length);
      } catch (DataReader.InsufficientDataAvailableException e) {
        // The end of the connection is the end of a body without a length (RFC 9112, section 6.3,
        // rule 8).
        if (!framed) {
          return -1;
        }
        throw failure(e);
      } catch (RuntimeException e) {
        throw failure(e);
      }
    }
  }

  /**
   * A connection on which nobody can send more, or for longer, than is good for us. The client
   * library has no limit of its own: it keeps a whole chunk in memory, whose size is the other
   * side's choice.
   */
  private final class BoundedConnection implements ClientConnection {
    private final TcpClientConnection connection;
    private final DataReader reader = DataReader.create(this::pull);
    private final int most;
    private final long untilNanos = clock.getAsLong() + answerTimeout.toNanos();
    private int left;

    BoundedConnection(TcpClientConnection connection, int most) {
      this.connection = connection;
      this.most = most;
      this.left = most;
    }

    // Null is how a supplier tells a DataReader of the end.
    private byte @Nullable [] pull() {
      byte[] bytes = left < 0 ? null : connection.helidonSocket().get();
      left -= bytes == null ? 0 : bytes.length;
      // Again and again: the library reads on while it closes what it failed to read.
      if (left < 0) {
        throw new Failure("answer of more than " + most + " bytes", null);
      }
      if (clock.getAsLong() - untilNanos > 0) {
        throw late(null);
      }
      return bytes;
    }

    @Override
    public DataReader reader() {
      return reader;
    }

    @Override
    public DataWriter writer() {
      return connection.writer();
    }

    @Override
    public String channelId() {
      return connection.channelId();
    }

    @Override
    public HelidonSocket helidonSocket() {
      return connection.helidonSocket();
    }

    @Override
    public void readTimeout(Duration timeout) {
      connection.readTimeout(timeout);
    }

    @Override
    public void releaseResource() {
      connection.releaseResource();
    }

    @Override
    public void closeResource() {
      connection.closeResource();
    }
  }
}
