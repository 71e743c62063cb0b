package com.fnproject.lb.upstream;

import com.fnproject.lb.upstream.AnswerBody.Framing;
import com.fnproject.lb.upstream.UpstreamException.Kind;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.uri.UriInfo;
import io.helidon.common.uri.UriPath;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webclient.api.ClientUri;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.WebClientServiceRequest;
import io.helidon.webclient.api.WebClientServiceResponse;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientRequest;
import io.helidon.webclient.http1.Http1ClientResponse;
import io.helidon.webclient.spi.WebClientService;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges calls by Helidon's HTTP/1 client on connections of {@link UpstreamPool}. The client
 * writes the request and parses the answer's head; connections and the framing of answers' bodies
 * are ours, because its own lead to lost bodies, leaked sockets and answers handed to the wrong
 * caller. Thread-safe.
 */
public final class WebClientUpstream implements Upstream {

  private static final int MAX_STATUS_LINE = 4096;
  private static final int UPLOAD_BUFFER = 16 * 1024;
  private static final byte[] INTERIM = "HTTP/1.1 1".getBytes(StandardCharsets.US_ASCII);

  /**
   * Stands in for a User-Agent that the client did not send; the client library would put in its
   * own.
   */
  private static final Header NO_USER_AGENT =
      HeaderValues.createCached(HeaderNames.USER_AGENT, "none");

  private final Http1Client client;

  /**
   * Creates the engine.
   *
   * @param config limits of answers
   */
  public WebClientUpstream(UpstreamConfig config) {
    client =
        Http1Client.builder()
            .servicesDiscoverServices(false)
            .addService(WebClientUpstream::withoutUserAgent)
            .shareConnectionCache(false)
            .proxy(Proxy.noProxy())
            .followRedirects(false)
            .sendExpectContinue(false)
            .writeBufferSize(0)
            .readTimeout(config.answerTimeout())
            .contentEncoding(
                ContentEncodingContext.builder().contentEncodingsDiscoverServices(false).build())
            .protocolConfig(
                protocol ->
                    protocol
                        .maxHeaderSize(config.maxAnswerHead())
                        .maxStatusLineLength(MAX_STATUS_LINE))
            .build();
  }

  private static WebClientServiceResponse withoutUserAgent(
      WebClientService.Chain chain, WebClientServiceRequest request) {
    // By identity, which a cached header keeps: a client may well be called "none".
    if (request.headers().get(HeaderNames.USER_AGENT) == NO_USER_AGENT) {
      request.headers().remove(HeaderNames.USER_AGENT);
    }
    return chain.proceed(request);
  }

  @Override
  public UpstreamCall open(UpstreamPool pool, boolean fresh) {
    return new Call(pool, pool.acquire(fresh));
  }

  private final class Call implements UpstreamCall {

    private final UpstreamPool pool;
    private final UpstreamConnection connection;
    private @Nullable AnswerBody body;
    private boolean nodeCloses;

    Call(UpstreamPool pool, UpstreamConnection connection) {
      this.pool = pool;
      this.connection = connection;
    }

    @Override
    public boolean reused() {
      return connection.reused();
    }

    @Override
    public Answer send(RequestHead head, RequestBody requestBody) {
      Http1ClientResponse response = exchange(head, requestBody);
      Status status = response.status();
      Headers headers = response.headers();
      AnswerHead.check(status, headers);
      // RFC 9112, section 9.3, but for the keep-alive of HTTP/1.0, which is not relied on.
      nodeCloses = connection.old() || AnswerHead.saysClose(headers);
      Framing framing = AnswerHead.framing(head.method(), status.code(), headers);
      long length = AnswerHead.length(framing, headers);
      body = new AnswerBody(connection.reader(), framing, length);
      return new Answer(status, headers, framing != Framing.NONE, length);
    }

    private Http1ClientResponse exchange(RequestHead head, RequestBody requestBody) {
      try {
        Http1ClientRequest request =
            client
                .method(Method.create(head.method()))
                .connection(connection)
                .uri(uri(head.target()))
                .headers(head.headers());
        if (!head.headers().contains(HeaderNames.USER_AGENT)) {
          request.header(NO_USER_AGENT);
        }
        return switch (requestBody) {
          case RequestBody.None none -> request.request();
          case RequestBody.Replayable replayable -> request.submit(replayable.bytes());
          case RequestBody.Streaming streaming -> upload(request, streaming);
        };
      } catch (UpstreamException e) {
        throw e;
      } catch (RuntimeException e) {
        throw failure(e);
      }
    }

    private Http1ClientResponse upload(
        Http1ClientRequest request, RequestBody.Streaming streaming) {
      if (streaming.length() >= 0) {
        request.headers(headers -> headers.contentLength(streaming.length()));
      }
      return request.outputStream(out -> upload(streaming.source(), out));
    }

    /**
     * Sends the body, unless the node answers before it has it all: then what it says is read, and
     * nothing more sent.
     */
    private void upload(RequestBody.Source source, OutputStream out) {
      byte[] buffer = new byte[UPLOAD_BUFFER];
      while (true) {
        int count;
        try {
          count = source.read(buffer);
        } catch (RuntimeException e) {
          throw new UpstreamException(
              Kind.REQUEST_BODY, true, "the client's body could not be read", e);
        }
        boolean wanted;
        try {
          if (count < 0) {
            out.close();
            return;
          }
          wanted = !connection.written() || !connection.readable();
          if (wanted) {
            out.write(buffer, 0, count);
          }
        } catch (IOException | RuntimeException e) {
          if (!connection.written()) {
            throw failure(e);
          }
          wanted = false;
        }
        if (!wanted) {
          stopUpload(out);
          return;
        }
      }
    }

    private void stopUpload(OutputStream out) {
      connection.mute();
      try {
        out.close();
      } catch (IOException e) {
        // It complains that the body is shorter than announced, which is the point.
      }
      // The node would wait for the rest of the body, and we for the rest of the answer.
      if (connection.reader().startsWith(INTERIM)) {
        throw AnswerHead.invalid("an interim answer to a body that is under way");
      }
    }

    private UpstreamException failure(Exception e) {
      boolean sent = connection.written();
      if (connection.stalled()) {
        return new UpstreamException(
            Kind.TIMEOUT,
            sent,
            "nothing was taken within " + pool.config().answerTimeout().toSeconds() + " s",
            e);
      }
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof SocketTimeoutException) {
          return new UpstreamException(
              Kind.TIMEOUT,
              sent,
              "no answer within " + pool.config().answerTimeout().toSeconds() + " s",
              e);
        }
        if (cause instanceof IOException
            || cause instanceof DataReader.InsufficientDataAvailableException) {
          return connection.answered()
              ? new UpstreamException(Kind.TRUNCATED, sent, "the node cut its answer short", e)
              : new UpstreamException(Kind.CLOSED, sent, "the node closed the connection", e);
        }
      }
      return new UpstreamException(
          Kind.INVALID_ANSWER, sent, "no valid answer: " + e.getMessage(), e);
    }

    @Override
    public byte[] readBody(int length) {
      try {
        return answerBody().readAll();
      } catch (RuntimeException e) {
        throw failure(e);
      }
    }

    @Override
    public void relayBody(Sink sink) {
      try {
        answerBody().relay(new ToldApart(sink));
      } catch (SinkFailure e) {
        throw e.original;
      } catch (RuntimeException e) {
        throw failure(e);
      }
    }

    private AnswerBody answerBody() {
      if (body == null) {
        throw new IllegalStateException("no answer's head has been read");
      }
      return body;
    }

    @Override
    public void close() {
      AnswerBody read = body;
      boolean clean =
          read != null
              && read.connectionSurvives()
              && !nodeCloses
              && !connection.muted()
              && connection.reader().available() == 0;
      pool.release(connection, clean);
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

  /** Tells what a sink threw from what the node did. */
  private record ToldApart(UpstreamCall.Sink sink) implements UpstreamCall.Sink {
    @Override
    public void awaitBody() {
      try {
        sink.awaitBody();
      } catch (RuntimeException e) {
        throw new SinkFailure(e);
      }
    }

    @Override
    public void accept(BufferData piece, boolean pause) {
      try {
        sink.accept(piece, pause);
      } catch (RuntimeException e) {
        throw new SinkFailure(e);
      }
    }
  }

  /** What a sink threw. */
  private static final class SinkFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient RuntimeException original;

    SinkFailure(RuntimeException original) {
      super(null, original, false, false);
      this.original = original;
    }
  }
}
