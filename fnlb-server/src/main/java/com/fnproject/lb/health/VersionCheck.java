package com.fnproject.lb.health;

import com.fnproject.lb.node.BoundedGet;
import com.fnproject.lb.node.BoundedGet.Answer;
import com.fnproject.lb.node.BoundedGet.Place;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.upstream.NameLookup;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.StringReader;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.function.LongSupplier;
import org.semver4j.Semver;

/**
 * Asks a node for its version, as the original did: GET of the check's path, redirects followed.
 * Unlike the original it takes only 2xx for an answer. Thread-safe; blocks until the node has
 * answered or the thread is interrupted, which closes the socket.
 */
final class VersionCheck implements AutoCloseable {

  /** Bytes of head and body together; an Fn server takes some 200. */
  private static final int MAX_ANSWER = 64 * 1024;

  /** Go's limit, which the original followed (net/http, Client.CheckRedirect). */
  private static final int MAX_REDIRECTS = 10;

  private final HealthConfig config;
  private final BoundedGet get;

  VersionCheck(HealthConfig config, NameLookup names, String via, LongSupplier clock) {
    this.config = config;
    get = new BoundedGet(config.timeout(), config.timeout(), names, via, clock);
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
      Question question = new Question(new Place(false, node.host(), node.port()), config.path());
      for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        switch (get.get(question.place(), question.target(), MAX_ANSWER, this::judge)) {
          case Result(CheckResult result) -> {
            return result;
          }
          case Redirect(String location) -> question = question.redirected(location);
        }
      }
      return CheckResult.failed("more than " + MAX_REDIRECTS + " redirects");
    } catch (CheckFailure e) {
      return CheckResult.failed(String.valueOf(e.getMessage()));
    } catch (BoundedGet.Failure e) {
      return CheckResult.failed(reason(e));
    } catch (RuntimeException e) {
      return CheckResult.failed("no valid answer: " + Quoted.of(String.valueOf(e.getMessage())));
    }
  }

  private Outcome judge(Answer answer) throws IOException {
    Status status = answer.status();
    String location =
        switch (status.code()) {
          case 301, 302, 303, 307, 308 -> answer.header(HeaderNames.LOCATION);
          default -> null;
        };
    if (location != null) {
      return new Redirect(location);
    }
    if (status.code() < 200 || status.code() > 299) {
      return new Result(
          CheckResult.failed(
              status.equals(Status.LOOP_DETECTED_508)
                  ? "status 508: it is this balancer, or leads back to it"
                  : "status " + status.code()));
    }
    return new Result(judge(version(answer.body().readAllBytes())));
  }

  private CheckResult judge(String text) {
    Semver version = Semver.parse(text);
    if (version == null || !version.getVersion().equals(text)) {
      return CheckResult.failed("version " + Quoted.of(text) + " is not of the form x.y.z");
    }
    if (version.isLowerThan(config.minApiVersion())) {
      return CheckResult.failed("version " + version + " is below " + config.minApiVersion());
    }
    return CheckResult.PASSED;
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

  private String reason(BoundedGet.Failure failure) {
    Throwable network = failure.getCause();
    if (network == null) {
      return String.valueOf(failure.getMessage());
    }
    if (network instanceof SocketTimeoutException) {
      return noAnswer();
    }
    String message = network.getMessage();
    return network instanceof ConnectException && message != null
        ? message.toLowerCase(Locale.ROOT)
        : "connection failed: " + Quoted.of(String.valueOf(message));
  }

  /** What is said of a node that took longer than a check may take. */
  String noAnswer() {
    return "no answer within " + config.timeout().toMillis() + " ms";
  }

  @Override
  public void close() {
    get.close();
  }

  /** What an answer comes to. */
  private sealed interface Outcome {}

  private record Result(CheckResult result) implements Outcome {}

  private record Redirect(String location) implements Outcome {}

  /** What is asked for, and where. */
  private record Question(Place place, String target) {

    Question redirected(String location) {
      try {
        URI to = new URI("http://" + place + target).resolve(new URI(location));
        if (!"http".equals(to.getScheme()) || to.getHost() == null) {
          throw new CheckFailure("redirect to " + Quoted.of(location) + ", which is not http");
        }
        String host = to.getHost();
        String path = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
        return new Question(
            new Place(
                false,
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                to.getPort() < 0 ? 80 : to.getPort()),
            to.getRawQuery() == null ? path : path + "?" + to.getRawQuery());
      } catch (URISyntaxException e) {
        throw new CheckFailure("redirect to " + Quoted.of(location) + ", which is no URI");
      }
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
