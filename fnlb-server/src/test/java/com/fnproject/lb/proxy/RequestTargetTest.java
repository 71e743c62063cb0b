package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.StoredInputs;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request asks for. */
class RequestTargetTest {

  @ParameterizedTest
  @CsvSource({
    "/, /",
    "/t/a/b, /t/a/b",
    "/t/a/b?q=%41, /t/a/b",
    "/?, /",
    "/t/%61%2Fb, /t/a/b",
    "/%25%34%31, /%41",
    "//a/../b, //a/../b",
    "/%c3%a9, /é",
    "/a+b, /a+b",
    "/?q=%zz, /",
  })
  void decodesThePathOnceAndKeepsTheTarget(String raw, String path) {
    RequestTarget target = RequestTarget.parse(raw, "GET");
    assertThat(target).isEqualTo(new RequestTarget(raw, path, null));
  }

  @ParameterizedTest
  @CsvSource({
    "http://h/t/a, /t/a, h",
    "HTTP://h:80/?q, /?q, h:80",
    "https://h?q=1, /?q=1, h",
    "http://h, /, h",
    "http://[::1]:8080//x/, //x/, [::1]:8080",
    "http://a_b.c-d~/x, /x, a_b.c-d~",
  })
  void takesAnAbsoluteFormApart(String raw, String origin, String authority) {
    RequestTarget target = RequestTarget.parse(raw, "GET");
    assertThat(target).isNotNull();
    assertThat(target.origin()).isEqualTo(origin);
    assertThat(target.authority()).isEqualTo(authority);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "t/a/b",
        "ht",
        "htfoo",
        "http:/h/x",
        "http://",
        "http:///x",
        "http://user@h/x",
        "http://user:pw@h/x",
        "http://h\\x",
        "http://h\"x/",
        "http://h<x>/",
        "ftp://h/x",
        "ws://h/x",
        "h:443",
        "/%zz%41",
        "/%4",
        "/%",
        "/%+1",
        "http://h/%4",
        "/a b",
        "/a#b",
        "#",
        "/a\tb",
        "/a\rb",
        "/a\nb",
        "/a\u0000b",
        "/\u007f",
        "/é",
        "/\ufffd",
      })
  void takesNothingElse(String raw) {
    assertThat(RequestTarget.parse(raw, "GET")).isNull();
  }

  @Test
  void takesTheAsteriskWithOptionsOnly() {
    assertThat(RequestTarget.parse("*", "OPTIONS")).isEqualTo(new RequestTarget("*", "*", null));
    assertThat(RequestTarget.parse("*", "GET")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/metrics",
        "/metrics/",
        "//metrics",
        "/metrics?x=/",
        "/%6detrics",
        "/%6D%65%74%72%69%63%73",
        "/x/../metrics",
        "/x/%2e%2e/metrics",
        "/x%2f..%2fmetrics",
        "/./metrics",
        "/../metrics",
        "/metrics/x/..",
        "/metrics%2f",
        "/debug",
        "/debug/",
        "/debug/pprof",
        "/debug/pprof/profile?seconds=30",
        "//debug//pprof",
        "/%64ebug/pprof",
        "/t/../debug/pprof",
        "http://node/metrics",
        "http://node//x/../debug/vars",
      })
  void knowsTheNodesOwnPagesInAnyDisguise(String raw) {
    RequestTarget target = RequestTarget.parse(raw, "GET");
    assertThat(target).isNotNull();
    assertThat(target.nodeInternal()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/t/app/metrics",
        "/t/app/debug",
        "/invoke/metrics",
        "/metricsx",
        "/metrics/x",
        "/debugx",
        "/?/metrics",
        "/t/debug/../x",
        "/v2/apps?name=metrics",
        "/%256detrics",
      })
  void takesNothingElseForTheNodesOwnPages(String raw) {
    RequestTarget target = RequestTarget.parse(raw, "GET");
    assertThat(target).isNotNull();
    assertThat(target.nodeInternal()).isFalse();
  }

  @Property(tries = 1000)
  void passesEveryPathOfVisibleCharactersAsItIs(
      @ForAll @CharRange(from = '!', to = '~') @StringLength(max = 60) String rest) {
    RequestTarget target = RequestTarget.parse("/" + rest, "GET");
    String path = rest.split("\\?", 2)[0];
    if (rest.indexOf('#') >= 0 || path.matches(".*%(?![0-9a-fA-F]{2}).*")) {
      assertThat(target).isNull();
    } else {
      assertThat(target).isNotNull();
      assertThat(target.origin()).isEqualTo("/" + rest);
      assertThat(target.path()).startsWith("/");
    }
  }

  @Test
  void neverLetsThroughWhatWouldBreakARequestLine() throws Exception {
    StoredInputs.run(RequestTargetFuzz.class, "target", new RequestTargetFuzz()::target);
  }
}
