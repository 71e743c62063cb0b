package com.fnproject.lb;

import com.fnproject.lb.admin.AdminApi;
import com.fnproject.lb.proxy.DateField;
import com.fnproject.lb.proxy.Http1Guard;
import com.sun.management.UnixOperatingSystemMXBean;
import io.helidon.http.Headers;
import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.encoding.ContentEncodingContextConfig;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;

/**
 * How every listener is set up, whoever is served on it: the guards that a proxy needs around
 * Helidon's server. Stateless.
 */
final class Listeners {

  private static final int BACKLOG = 4096;

  /** Descriptors kept for what is no client: 128 for logs, jars and listeners, 256 for checks. */
  private static final long RESERVED_DESCRIPTORS = 384;

  private Listeners() {}

  /**
   * A server with one listener, to which routing is to be added.
   *
   * @param address where it listens
   * @param config limits
   * @param grace how long requests under way may take to finish at the end
   * @param meters where limits that are reached are counted
   */
  static WebServerConfig.Builder listener(
      InetSocketAddress address, ListenConfig config, Duration grace, MeterRegistry meters) {
    DateField date = new DateField(Clock.systemUTC());
    return WebServer.builder()
        .shutdownHook(false)
        .featuresDiscoverServices(false)
        .bindAddress(address)
        .backlog(BACKLOG)
        .maxTcpConnections(maxConnections(config))
        .idleConnectionTimeout(config.idleTimeout())
        .idleConnectionPeriod(Duration.ofSeconds(5))
        .shutdownGracePeriod(grace)
        .writeBufferSize(0)
        .useNio(true)
        .connectionOptions(options -> options.tcpNoDelay(true).socketKeepAlive(true))
        .contentEncoding(PASS_THROUGH)
        .directHandlers(new DirectAnswers(config, meters, date).forAllEvents())
        .errorHandling(ErrorHandling.builder().includeEntity(true).build())
        .protocolsDiscoverServices(false)
        .addConnectionSelector(
            new Http1Guard(
                Http1Config.builder()
                    .maxPrologueLength(config.maxTargetSize())
                    .maxHeadersSize(config.maxHeadSize())
                    .validatePath(false)
                    .validatePrologue(false)
                    .sendKeepAliveHeader(false),
                date));
  }

  /**
   * Finds out whether an address can be listened on.
   *
   * @param setting who wants it
   * @throws UncheckedIOException if it cannot; the message is one line that names the setting, the
   *     address and the reason
   */
  static void checkFree(Setting<?> setting, InetSocketAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    } catch (IOException e) {
      String where = setting.flag() + " " + ListenAddress.text(address);
      throw new UncheckedIOException(where + ": " + e.getMessage(), e);
    }
  }

  /**
   * Whether somebody listens on an address of this machine. Does not block and takes no connection:
   * what is listened on cannot be bound again, even when nobody accepts what comes because as many
   * connections as allowed are open.
   */
  static boolean isListenedOn(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** What every listener does with a request. */
  static HttpRouting.Builder routing(Dispatch dispatch) {
    return HttpRouting.builder()
        .addFilter(new StagedClose())
        .addFilter(dispatch)
        .any(AdminApi::unknownCommand);
  }

  /** Each call needs a descriptor towards the client and one towards a node. */
  private static int maxConnections(ListenConfig config) {
    if (config.maxConnections() > 0) {
      return config.maxConnections();
    }
    long descriptors =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount()
            : 65_536;
    return Math.clamp((descriptors - RESERVED_DESCRIPTORS) / 2, 16, 500_000);
  }

  /**
   * Lets bodies pass as they are, whatever Content-Encoding says of them: without it Helidon
   * answers 400.
   */
  private static final ContentEncodingContext PASS_THROUGH =
      new ContentEncodingContext() {
        @Override
        public boolean contentEncodingEnabled() {
          return false;
        }

        @Override
        public boolean contentDecodingEnabled() {
          return true;
        }

        @Override
        public boolean contentEncodingSupported(String encoding) {
          return false;
        }

        @Override
        public boolean contentDecodingSupported(String encoding) {
          return true;
        }

        @Override
        public ContentEncoder encoder(String encoding) {
          return ContentEncoder.NO_OP;
        }

        @Override
        public ContentDecoder decoder(String encoding) {
          return ContentDecoder.NO_OP;
        }

        @Override
        public ContentEncodingContextConfig prototype() {
          return ContentEncodingContextConfig.builder().buildPrototype();
        }

        @Override
        public ContentEncoder encoder(Headers headers) {
          return ContentEncoder.NO_OP;
        }
      };
}
