package com.fnproject.lb.node;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.upstream.NameLookup;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the one GET says of servers with TLS; trusting one is the JVM's, from its start on. */
@Timeout(60)
class BoundedGetTest {

  private static final String PASSWORD = "changeit";

  @TempDir Path folder;

  @Test
  void namesACertificateThatNobodyTrusts() throws Exception {
    try (ServerSocket server =
        selfSigned()
            .getServerSocketFactory()
            .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread unused = Thread.ofVirtual().start(() -> greet(server));
      assertRefused(
          server.getLocalPort(), "TLS: its certificate is signed by nobody whom the JVM trusts");
    }
  }

  @Test
  void saysThatAServerDoesNotSpeakTls() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread unused = Thread.ofVirtual().start(() -> greet(server));
      assertRefused(server.getLocalPort(), "TLS: Unsupported or unrecognized SSL message");
    }
  }

  @Test
  void givesUpOnAServerThatAnswersNoHandshakeAndClosesTheConnection() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      FutureTask<Boolean> closed =
          new FutureTask<>(
              () -> {
                try (Socket client = server.accept()) {
                  client.getInputStream().readAllBytes();
                  return true;
                }
              });
      Thread unused = Thread.ofVirtual().start(closed);
      assertRefused(
          server.getLocalPort(), Duration.ofMillis(100), "no tls handshake within 100 ms");
      assertThat(closed.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void assertRefused(int port, String why) {
    assertRefused(port, Duration.ofSeconds(5), why);
  }

  private static void assertRefused(int port, Duration timeout, String why) {
    try (NameLookup names = new NameLookup();
        BoundedGet get = new BoundedGet(timeout, timeout, names, "1.1 t", System::nanoTime)) {
      BoundedGet.Place place = new BoundedGet.Place(true, "127.0.0.1", port);
      assertThatThrownBy(() -> get.get(place, "/v2/apps", 1000, answer -> "answered"))
          .hasMessage("no connection to 127.0.0.1:" + port + ": " + why);
    }
  }

  private static void greet(ServerSocket server) {
    try (Socket client = server.accept()) {
      int unused = client.getInputStream().read();
      client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
    } catch (IOException e) {
      // The client does not trust it, and says so.
    }
  }

  private SSLContext selfSigned() throws Exception {
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
