package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.fn.Tables;
import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import com.fnproject.lb.routing.BookedCall;
import com.fnproject.lb.routing.HoldConfig;
import com.fnproject.lb.routing.Router;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import com.fnproject.lb.upstream.Answer;
import com.fnproject.lb.upstream.NameLookup;
import com.fnproject.lb.upstream.RequestBody;
import com.fnproject.lb.upstream.RequestHead;
import com.fnproject.lb.upstream.UpstreamCall;
import com.fnproject.lb.upstream.UpstreamConfig;
import com.fnproject.lb.upstream.UpstreamException;
import com.fnproject.lb.upstream.UpstreamException.Kind;
import com.fnproject.lb.upstream.UpstreamPool;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The account of a call: whatever happens wherever, each attempt is told once to the policy and to
 * each listener, and neither a call nor an attempt is left counted. Client and nodes are scripts
 * here, because no real one fails in all of these places at will; ForwardingConformance has the
 * real ones.
 */
class ExchangeTest {

  /** Where something throws. */
  enum Place {
    OPEN,
    SEND,
    READ_BODY,
    CLOSE,
    LISTENER,
    BODY,
    BEGIN,
    ACCEPT,
    END,
    REFUSE
  }

  /** Thrown by a script. */
  private static final class Planted extends Error {
    private static final long serialVersionUID = 1L;
  }

  private @Nullable Place throwing;

  /** What happens to a call that is going to be held; null if none is. */
  private @Nullable Consumer<BookedCall> holding;

  private final List<String> told = new ArrayList<>();
  private final List<String> said = new ArrayList<>();
  private int open;
  private final List<Object> script = new ArrayList<>();

  private NameLookup names;
  private NodeRegistry registry;
  private MeterRegistry meters;
  private Proxy proxy;

  private void passing(Place place) {
    if (throwing == place) {
      throw new Planted();
    }
  }

  @BeforeEach
  void build() {
    names = new NameLookup();
    meters = MeterRegistry.create(MetricsConfig.create());
    UpstreamConfig connections =
        new UpstreamConfig(
            1, 1, Duration.ofSeconds(1), Duration.ZERO, Duration.ofSeconds(1), 65_536);
    Router router =
        new Router(
            new FirstUntried(),
            "test",
            new HoldConfig(10, 5, Duration.ofSeconds(5)),
            System::nanoTime,
            meters);
    registry =
        new NodeRegistry(
            address ->
                new UpstreamPool(
                    address.host(), address.port(), connections, names, System::nanoTime),
            router::newSelector,
            System::nanoTime,
            0,
            0);
    for (String name : List.of("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1")) {
      registry.apply(new NodeChange.Add(NodeAddress.parse(name)));
    }
    for (Node node : registry.table().nodes().all()) {
      registry.apply(new NodeChange.Health(node, true));
    }
    CallListener listener =
        (call, node, result) -> {
          told.add("listener " + account(call, node, result));
          passing(Place.LISTENER);
        };
    proxy =
        new Proxy(
            new ProxyConfig(3, RetrySent.SAFE, 65_536, 200, false),
            registry,
            router,
            (pool, fresh) -> {
              passing(Place.OPEN);
              Object next = script.isEmpty() ? answer(200, "fine") : script.removeFirst();
              if (next instanceof UpstreamException e && !e.sent()) {
                throw e;
              }
              open++;
              return new ScriptedCall(next);
            },
            Tables.withoutApi(10),
            List.of(listener),
            () -> false,
            System::nanoTime,
            InstantSource.system(),
            meters,
            "1.1 fnlb-test");
  }

  @AfterEach
  void nothingIsLeftCounted() {
    assertThat(proxy.active()).isZero();
    for (Node node : registry.table().nodes().all()) {
      assertThat(node.inFlight()).isZero();
    }
    assertThat(open).isZero();
    registry.close();
    names.close();
  }

  private static String account(RoutingCall call, RoutingNode node, RoutingResult result) {
    return node.id().substring(0, 8)
        + " "
        + call.attempt()
        + " "
        + result.outcome()
        + " "
        + result.status();
  }

  private final class FirstUntried implements RoutingPolicy {
    @Override
    public NodeSelector newSelector(NodeSnapshot nodes) {
      return call -> {
        if (holding != null && call.mayHold()) {
          holding.accept((BookedCall) call);
          return call.hold(Long.MAX_VALUE);
        }
        for (int i = 0; i < nodes.size(); i++) {
          if (!call.tried(nodes.node(i))) {
            return nodes.node(i);
          }
        }
        return null;
      };
    }

    @Override
    public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
      told.add("policy " + account(call, node, result));
      assertThat(node.inFlight()).isEqualTo(1);
    }
  }

  private static Object answer(int status, String body, String... headers) {
    WritableHeaders<?> fields = WritableHeaders.create();
    for (int i = 0; i < headers.length; i += 2) {
      fields.set(HeaderNames.create(headers[i]), headers[i + 1]);
    }
    return new ScriptedAnswer(new Answer(Status.create(status), fields, true, body.length()), body);
  }

  private record ScriptedAnswer(Answer answer, String body) {}

  private final class ScriptedCall implements UpstreamCall {
    private final Object next;

    ScriptedCall(Object next) {
      this.next = next;
    }

    @Override
    public boolean reused() {
      return false;
    }

    @Override
    public Answer send(RequestHead head, RequestBody body) {
      passing(Place.SEND);
      if (body instanceof RequestBody.Streaming streaming) {
        int unused = streaming.source().read(new byte[9]);
      }
      if (next instanceof UpstreamException e) {
        throw e;
      }
      return ((ScriptedAnswer) next).answer();
    }

    @Override
    public byte[] readBody(int length) {
      passing(Place.READ_BODY);
      return ((ScriptedAnswer) next).body().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void relayBody(Sink sink) {
      sink.accept(BufferData.create(readBody(0)), false);
    }

    @Override
    public void close() {
      open--;
      passing(Place.CLOSE);
    }
  }

  private final class ScriptedClient implements Downstream {
    private final String method;
    private final boolean streams;
    private boolean consumed;

    ScriptedClient(String method, boolean streams) {
      this.method = method;
      this.streams = streams;
    }

    @Override
    public String method() {
      return method;
    }

    @Override
    public String target() {
      return "/t/a/b";
    }

    @Override
    public Headers headers() {
      return WritableHeaders.create();
    }

    @Override
    public String clientAddress() {
      return "10.9.9.9";
    }

    @Override
    public RequestBody body(int replayable) {
      passing(Place.BODY);
      return streams
          ? new RequestBody.Streaming(
              -1,
              buffer -> {
                consumed = true;
                return -1;
              })
          : new RequestBody.None();
    }

    @Override
    public boolean bodyConsumed() {
      return consumed;
    }

    @Override
    public void begin(
        Status status,
        Headers headers,
        boolean hasBody,
        long length,
        @Nullable String announcedLength) {
      passing(Place.BEGIN);
      said.add("begin " + status.code());
    }

    @Override
    public void accept(BufferData piece, boolean pause) {
      passing(Place.ACCEPT);
      said.add(piece.readString(piece.available()));
    }

    @Override
    public void end() {
      passing(Place.END);
      said.add("end");
    }

    @Override
    public void refuse(ProxyError error) {
      passing(Place.REFUSE);
      said.add("refuse " + error.status().code());
    }

    @Override
    public void cut() {
      said.add("cut");
    }
  }

  private void serve(String method) {
    proxy.serve(new ScriptedClient(method, false));
  }

  private static UpstreamException failure(Kind kind, boolean sent) {
    return new UpstreamException(kind, sent, "test", null);
  }

  private static final Object BUSY =
      answer(503, "{\"message\":\"Timed out - server too busy\"}", "Retry-After", "15");

  @ParameterizedTest
  @EnumSource(Place.class)
  void tellsOfAnAttemptOnceWhateverIsThrownInIt(Place place) {
    // A body that matters is read before it is passed on; a refusal is what nothing else leads to.
    switch (place) {
      case READ_BODY -> script.add(answer(503, "mine"));
      case REFUSE -> script.add(failure(Kind.CLOSED, true));
      default -> {}
    }
    throwing = place;
    Assertions.assertThatThrownBy(() -> serve("POST")).isInstanceOf(Planted.class);
    String outcome =
        switch (place) {
          case BODY, OPEN, SEND, READ_BODY -> "ABANDONED 0";
          case REFUSE -> "BROKEN 0";
          default -> "RAN 200";
        };
    assertThat(told)
        .containsExactly("policy 10.0.0.1 1 " + outcome, "listener 10.0.0.1 1 " + outcome);
  }

  @Test
  void tellsOfEveryAttemptAtItsNode() {
    script.add(failure(Kind.CONNECT, false));
    script.add(BUSY);
    serve("POST");
    assertThat(told)
        .containsExactly(
            "policy 10.0.0.1 1 UNREACHABLE 0",
            "listener 10.0.0.1 1 UNREACHABLE 0",
            "policy 10.0.0.2 2 BUSY 503",
            "listener 10.0.0.2 2 BUSY 503",
            "policy 10.0.0.3 3 RAN 200",
            "listener 10.0.0.3 3 RAN 200");
    assertThat(said).containsExactly("begin 200", "fine", "end");
  }

  @Test
  void saysTheMostHelpfulThingWhenNoNodeIsLeft() {
    script.addAll(List.of(BUSY, failure(Kind.CONNECT, false), failure(Kind.CONNECT, false)));
    serve("POST");
    assertThat(said).containsExactly("begin 503", ((ScriptedAnswer) BUSY).body(), "end");
    said.clear();
    for (int i = 0; i < 3; i++) {
      script.add(failure(Kind.NO_CONNECTION_FREE, false));
    }
    serve("POST");
    assertThat(said).containsExactly("refuse 503");
    said.clear();
    for (int i = 0; i < 3; i++) {
      script.add(failure(Kind.TIMEOUT, true));
    }
    serve("GET");
    assertThat(said).containsExactly("refuse 504");
    assertThat(told).hasSize(18);
  }

  @Test
  void blamesNoNodeForABodyThatItsClientDidNotFinish() {
    script.add(failure(Kind.REQUEST_BODY, true));
    proxy.serve(new ScriptedClient("PUT", true));
    assertThat(told)
        .containsExactly("policy 10.0.0.1 1 ABANDONED 0", "listener 10.0.0.1 1 ABANDONED 0");
    assertThat(said).containsExactly("refuse 400");
  }

  @Test
  void passesABusyAnswerOnOnceTheBodyIsGone() {
    script.add(BUSY);
    proxy.serve(new ScriptedClient("POST", true));
    assertThat(told).hasSize(2).first().isEqualTo("policy 10.0.0.1 1 BUSY 503");
    assertThat(said).containsExactly("begin 503", ((ScriptedAnswer) BUSY).body(), "end");
  }

  @Test
  void answersNobodyWhoHasGoneWhileHisCallWasHeld() {
    holding = BookedCall::clientGone;
    serve("POST");
    assertThat(said).containsExactly("cut");
    assertThat(told).isEmpty();
  }

  @Test
  void sendsNoHeldCallOnceTheBalancerEnds() {
    holding = call -> Thread.currentThread().interrupt();
    serve("POST");
    assertThat(said).containsExactly("refuse 503");
    assertThat(told).isEmpty();
  }
}
