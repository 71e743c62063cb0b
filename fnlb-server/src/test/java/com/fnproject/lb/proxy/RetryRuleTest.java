package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import com.fnproject.lb.proxy.RetryRule.Decision;
import com.fnproject.lb.upstream.UpstreamException;
import com.fnproject.lb.upstream.UpstreamException.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rows of the table in docs/architecture.md, "What may be tried again". */
class RetryRuleTest {

  @ParameterizedTest
  @CsvSource({
    // kind, sent, reused, method, repeatable, retrySent, decision
    // Row 1: nothing was sent.
    "CONNECT, false, false, POST, true, NONE, NEXT_NODE",
    "NO_CONNECTION_FREE, false, false, POST, true, NONE, NEXT_NODE",
    "CONNECT, false, false, GET, false, SAFE, GIVE_UP",
    "NO_CONNECTION_FREE, false, false, GET, false, SAFE, GIVE_UP",
    // Row 3: a reused connection ended without a byte of an answer.
    "CLOSED, false, true, POST, true, NONE, FRESH_CONNECTION",
    "CLOSED, true, true, GET, true, SAFE, FRESH_CONNECTION",
    "CLOSED, true, true, HEAD, true, SAFE, FRESH_CONNECTION",
    "CLOSED, true, true, OPTIONS, true, SAFE, FRESH_CONNECTION",
    "CLOSED, true, true, PUT, true, SAFE, FRESH_CONNECTION",
    "CLOSED, true, true, DELETE, true, SAFE, FRESH_CONNECTION",
    "CLOSED, true, true, POST, true, SAFE, GIVE_UP",
    "CLOSED, true, true, PATCH, true, SAFE, GIVE_UP",
    "CLOSED, true, true, PROPFIND, true, SAFE, GIVE_UP",
    "CLOSED, true, true, GET, true, NONE, GIVE_UP",
    "CLOSED, true, true, PUT, false, SAFE, GIVE_UP",
    "CLOSED, false, false, POST, true, NONE, NEXT_NODE",
    // Rows 4 and 5: sent, no whole head of an answer came.
    "CLOSED, true, false, GET, true, SAFE, NEXT_NODE",
    "TIMEOUT, true, true, GET, true, SAFE, NEXT_NODE",
    "TIMEOUT, true, false, HEAD, true, SAFE, NEXT_NODE",
    "TRUNCATED, true, true, OPTIONS, true, SAFE, NEXT_NODE",
    "CLOSED, true, false, GET, true, NONE, GIVE_UP",
    "TIMEOUT, true, true, GET, true, NONE, GIVE_UP",
    "CLOSED, true, false, PUT, true, SAFE, GIVE_UP",
    "CLOSED, true, false, DELETE, true, SAFE, GIVE_UP",
    "TIMEOUT, true, true, PUT, true, SAFE, GIVE_UP",
    "TIMEOUT, true, false, POST, true, SAFE, GIVE_UP",
    "TRUNCATED, true, false, POST, true, SAFE, GIVE_UP",
    "TRUNCATED, true, false, GET, false, SAFE, GIVE_UP",
    // Methods are case-sensitive (RFC 9110, section 9.1).
    "CLOSED, true, false, get, true, SAFE, GIVE_UP",
    // Row 6: an answer that cannot be passed on.
    "INVALID_ANSWER, true, true, GET, true, SAFE, GIVE_UP",
    "INVALID_ANSWER, true, false, POST, true, SAFE, GIVE_UP",
  })
  void decidesByWhatWasSentAndWhatThatProves(
      Kind kind,
      boolean sent,
      boolean reused,
      String method,
      boolean repeatable,
      RetrySent retrySent,
      Decision decision) {
    assertThat(
            RetryRule.decide(
                new UpstreamException(kind, sent, "test", null),
                reused,
                method,
                repeatable,
                retrySent))
        .isEqualTo(decision);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void triesNothingAgainWhoseBodyIsGone(Kind kind) {
    for (boolean sent : new boolean[] {false, true}) {
      UpstreamException failure = new UpstreamException(kind, sent, "test", null);
      assertThat(RetryRule.decide(failure, true, "GET", false, RetrySent.SAFE))
          .isEqualTo(Decision.GIVE_UP);
    }
    UpstreamException unreadable = new UpstreamException(Kind.REQUEST_BODY, true, "test", null);
    assertThat(RetryRule.decide(unreadable, true, "GET", true, RetrySent.SAFE))
        .isEqualTo(Decision.GIVE_UP);
  }
}
