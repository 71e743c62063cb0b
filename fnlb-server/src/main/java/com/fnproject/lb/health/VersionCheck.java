package com.fnproject.lb.health;

import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.upstream.NameLookup;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.tls.Tls;
import io.helidon.common.uri.UriInfo;
import io.helidon.common.uri.UriPath;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.ClientUri;
import io.helidon.webclient.api.ConnectionKey;
import io.helidon.webclient.api.DefaultDnsResolver;
import io.helidon.webclient.api.DnsAddressLookup;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.TcpClientConnection;
import io.helidon.webclient.api.WebClient;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientResponse;
import io.helidon.webclient.spi.DnsResolver;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.semver4j.Semver;

/**
 * Asks a node for its version, as the original did: GET of the check's path, redirects followed.
 * Unlike the original it takes only 2xx for an answer. Thread-safe; blocks until the node has
 * answered or the thread is interrupted, which closes the socket.
 *
 * <p>Every check has a connection of its own, opened here and closed here: the client library leaks
 * the sockets of nodes that hang up without an answer, and tries only the first address of a name.
 */
final class VersionCheck implements AutoCloseable {

  /** Bytes of head and body together; an Fn server takes some 200. */
  private static final int MAX_ANSWER = 64 * 1024;

  /** Go's limit, which the original followed (net/http, Client.CheckRedirect). */
  private static final int MAX_REDIRECTS = 10;

  private static final Tls NO_TLS = Tls.builder().enabled(false).build();

  /** Names have been looked up by then; what it is asked for is an address. */
  private static final DnsResolver LITERALS_ONLY = DefaultDnsResolver.create();

  private final HealthConfig config;
  private final NameLookup names;
  private final String via;
  private final WebClient connector;
  private final Http1Client client;

  VersionCheck(HealthConfig config, NameLookup names, String via) {
    this.config = config;
    this.names = names;
    this.via = via;
    connector =
        WebClient.builder()
            .servicesDiscoverServices(false)
            .shareConnectionCache(false)
            .proxy(Proxy.noProxy())
            .connectTimeout(config.timeout())
            .readTimeout(config.timeout())
            .build();
    client =
        Http1Client.builder()
            .servicesDiscoverServices(false)
            .shareConnectionCache(false)
            .proxy(Proxy.noProxy())
            .followRedirects(false)
            .readTimeout(config.timeout())
            .contentEncoding(
                ContentEncodingContext.builder().contentEncodingsDiscoverServices(false).build())
            .build();
  }

  /**
   * Checks a node once.
   *
   * @param node where it listens
   * @return how that ended; failures of every kind are results
   * @throws InterruptedException if the thread was interrupted while a name was looked up
   */
  CheckResult check(NodeAddress node) throws InterruptedException {
    try {
      Place place = new Place(node.host(), node.port(), config.path());
      for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        TcpClientConnection connection = connect(place);
        try {
          Http1ClientResponse response = get(place, new BoundedConnection(connection));
          if (!isRedirect(response)) {
            return judge(response);
          }
          place = place.redirected(response.headers().get(HeaderNames.LOCATION).get());
        } finally {
          connection.closeResource();
        }
      }
      return CheckResult.failed("more than " + MAX_REDIRECTS + " redirects");
    } catch (RuntimeException e) {
      return CheckResult.failed(reason(e));
    }
  }

  private TcpClientConnection connect(Place place) throws InterruptedException {
    UncheckedIOException failure = null;
    for (InetAddress address : resolve(place.host())) {
      try {
        return TcpClientConnection.create(
                connector,
                ConnectionKey.create(
                    "http",
                    address.getHostAddress(),
                    place.port(),
                    NO_TLS,
                    LITERALS_ONLY,
                    DnsAddressLookup.defaultLookup(),
                    Proxy.noProxy()),
                List.of(),
                unused -> false,
                unused -> {})
            .connect();
      } catch (UncheckedIOException e) {
        failure = e;
      }
    }
    if (failure == null) {
      throw new CheckFailure("name " + place.host() + " has no address");
    }
    throw failure;
  }

  private InetAddress[] resolve(String host) throws InterruptedException {
    try {
      return names.addresses(host, config.timeout());
    } catch (UnknownHostException e) {
      throw new CheckFailure(String.valueOf(e.getMessage()));
    }
  }

  private Http1ClientResponse get(Place place, ClientConnection connection) {
    return client
        .get()
        .connection(connection)
        .uri(place.uri())
        .header(HeaderNames.HOST, place.authority())
        .header(HeaderValues.CONNECTION_CLOSE)
        .header(HeaderNames.USER_AGENT, "fnlb")
        .header(HeaderNames.VIA, via)
        .request();
  }

  private static boolean isRedirect(Http1ClientResponse response) {
    return switch (response.status().code()) {
      case 301, 302, 303, 307, 308 -> response.headers().contains(HeaderNames.LOCATION);
      default -> false;
    };
  }

  private CheckResult judge(Http1ClientResponse response) {
    Status status = response.status();
    if (status.code() < 200 || status.code() > 299) {
      return CheckResult.failed(
          status.equals(Status.LOOP_DETECTED_508)
              ? "status 508: it is this balancer, or leads back to it"
              : "status " + status.code());
    }
    String text = version(body(response));
    Semver version = Semver.parse(text);
    if (version == null || !version.getVersion().equals(text)) {
      return CheckResult.failed("version " + Quoted.of(text) + " is not of the form x.y.z");
    }
    if (version.isLowerThan(config.minApiVersion())) {
      return CheckResult.failed("version " + version + " is below " + config.minApiVersion());
    }
    return CheckResult.PASSED;
  }

  private static byte[] body(Http1ClientResponse response) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] buffer = new byte[1024];
    try (InputStream in = response.inputStream()) {
      int count;
      while ((count = in.read(buffer)) >= 0) {
        body.write(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (DataReader.InsufficientDataAvailableException e) {
      // The end of the connection is the end of a body without a length (RFC 9112, section 6.3,
      // rule 8).
      Headers headers = response.headers();
      if (headers.contains(HeaderNames.CONTENT_LENGTH)
          || headers.contains(HeaderNames.TRANSFER_ENCODING)) {
        throw e;
      }
    }
    return body.toByteArray();
  }

  private static String version(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    // Not skipArray and skipObject: these never return when the text ends within the value.
    try (JsonParser json = Json.createParser(new StringReader(text))) {
      int depth = 0;
      boolean wanted = false;
      do {
        switch (json.next()) {
          case START_OBJECT, START_ARRAY -> depth++;
          case END_OBJECT, END_ARRAY -> depth--;
          case KEY_NAME -> wanted = depth == 1 && json.getString().equals("version");
          case VALUE_STRING -> {
            if (wanted && depth == 1) {
              return json.getString();
            }
          }
          default -> {}
        }
      } while (depth > 0);
    } catch (JsonException | NoSuchElementException e) {
      throw new CheckFailure("no JSON in the answer: " + Quoted.of(text));
    }
    throw new CheckFailure("no version in the answer: " + Quoted.of(text));
  }

  private String reason(RuntimeException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (cause instanceof CheckFailure && message != null) {
        return message;
      }
      if (cause instanceof SocketTimeoutException) {
        return noAnswer();
      }
      if (cause instanceof ConnectException && message != null) {
        return message.toLowerCase(Locale.ROOT);
      }
      if (cause instanceof DataReader.InsufficientDataAvailableException) {
        return "connection closed before the end of the answer";
      }
      if (cause instanceof IOException && !(cause.getCause() instanceof IOException)) {
        return "connection failed: " + Quoted.of(String.valueOf(message));
      }
    }
    return "no valid answer: " + Quoted.of(String.valueOf(failure.getMessage()));
  }

  /** What is said of a node that took longer than a check may take. */
  String noAnswer() {
    return "no answer within " + config.timeout().toMillis() + " ms";
  }

  @Override
  public void close() {
    client.closeResource();
    connector.closeResource();
  }

  /** What is asked for, and where. */
  private record Place(String host, int port, String target) {

    String authority() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    ClientUri uri() {
      // The query rides in the path: any other way of handing it over re-orders or re-encodes it.
      return ClientUri.create(
          UriInfo.builder()
              .scheme("http")
              .host("node")
              .port(80)
              .path(UriPath.create(target))
              .build());
    }

    Place redirected(String location) {
      try {
        URI to = new URI("http://" + authority() + target).resolve(new URI(location));
        if (!"http".equals(to.getScheme()) || to.getHost() == null) {
          throw new CheckFailure("redirect to " + Quoted.of(location) + ", which is not http");
        }
        String host = to.getHost();
        String path = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
        return new Place(
            host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
            to.getPort() < 0 ? 80 : to.getPort(),
            to.getRawQuery() == null ? path : path + "?" + to.getRawQuery());
      } catch (URISyntaxException e) {
        throw new CheckFailure("redirect to " + Quoted.of(location) + ", which is no URI");
      }
    }
  }

  /**
   * A connection on which a node cannot send more than is good for us. The client library has no
   * limit of its own: it keeps a whole chunk in memory, whose size is the node's choice.
   */
  private static final class BoundedConnection implements ClientConnection {
    private final TcpClientConnection connection;
    private final DataReader reader = DataReader.create(this::pull);
    private int left = MAX_ANSWER;

    BoundedConnection(TcpClientConnection connection) {
      this.connection = connection;
    }

    // Null is how a supplier tells a DataReader of the end.
    private byte @Nullable [] pull() {
      byte[] bytes = left < 0 ? null : connection.helidonSocket().get();
      left -= bytes == null ? 0 : bytes.length;
      // Again and again: the library reads on while it closes what it failed to read.
      if (left < 0) {
        throw new CheckFailure("answer of more than " + MAX_ANSWER + " bytes");
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

  /** Ends a check; the message is the reason. */
  private static final class CheckFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CheckFailure(String reason) {
      super(reason, null, false, false);
    }
  }
}
