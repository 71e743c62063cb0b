package com.fnproject.lb.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NodeAddressTest {

  @ParameterizedTest
  @CsvSource({
    "fn-1, fn-1:8080",
    "fn-1:80, fn-1:80",
    "FN-1.Example.COM:1, fn-1.example.com:1",
    "http://fn-1:65535, fn-1:65535",
    "HTTP://fn-1:8080/, fn-1:8080",
    "http://fn-1, fn-1:8080",
    "http://[::1]:9/, [::1]:9",
    "proj_fn_1:8080, proj_fn_1:8080",
    "fn.default.svc.cluster.local.:8080, fn.default.svc.cluster.local.:8080",
    "xn--bcher-kva.example, xn--bcher-kva.example:8080",
    "10.0.0.1, 10.0.0.1:8080",
    "255.255.255.255:1, 255.255.255.255:1",
    "1a.2b:3, 1a.2b:3",
    "12.example, 12.example:8080",
    "[::], [::]:8080",
    "[::1]:8080, [::1]:8080",
    "[2001:DB8:0:0:0:0:0:1], [2001:db8::1]:8080",
    "[2001:db8::0001:0:0:1], [2001:db8::1:0:0:1]:8080",
    "[2001:db8:0:1:1:1:1:1], [2001:db8:0:1:1:1:1:1]:8080",
    "[1:0:0:2:0:0:0:3], [1:0:0:2::3]:8080",
    "[1:2:3:4:5:6::], [1:2:3:4:5:6::]:8080",
    "[::ffff:10.0.0.1]:80, 10.0.0.1:80",
    "[::10.0.0.1], [::a00:1]:8080",
  })
  void readsANodeIntoItsNormalForm(String text, String normal) {
    assertThat(NodeAddress.parse(text)).hasToString(normal);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 127.0.0.1",
    "::1, ::1",
    "fe80:0:0:0:1:0:0:A%1, fe80::1:0:0:a",
    "::ffff:10.0.0.1, 10.0.0.1",
  })
  void spellsAnAddressWithoutItsZone(String literal, String text) {
    assertThat(NodeAddress.spelled(InetAddress.ofLiteral(literal))).isEqualTo(text);
  }

  @Test
  void dropsBlanksAndTabsAroundAName() {
    assertThat(NodeAddress.parse(" \tfn-1:80 ")).isEqualTo(new NodeAddress("fn-1", 80));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatNamesNoNodeAndSaysWhy(String text, String why) {
    assertThatThrownBy(() -> NodeAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "%s: %s (expected: host, host:port, http://host:port or [v6]:port)",
            Quoted.of(text), why);
  }

  static Stream<List<String>> refusals() {
    String port = " is not a whole number from 1 to 65535";
    String v4 = "neither a name nor an IPv4 address of four numbers from 0 to 255";
    String v6 = "not an IPv6 address between the brackets";
    String hyphen = "a label of the host begins or ends with a hyphen";
    return Stream.of(
        List.of("", "the name is empty"),
        List.of("  ", "the name is empty"),
        List.of("not a host!", "a blank or control character inside"),
        List.of("a\n", "a blank or control character inside"),
        List.of("a\u0000b", "a blank or control character inside"),
        List.of("a\u007f", "a blank or control character inside"),
        List.of("b\u00fccher", "a character outside ASCII (write the name in its xn-- form)"),
        List.of("a\u00a0b", "a character outside ASCII (write the name in its xn-- form)"),
        List.of("host!", "the character '!' in the host"),
        List.of("a,b", "the character ',' in the host"),
        List.of("a%41", "the character '%' in the host"),
        List.of("http://user@a:1", "a user is not allowed"),
        List.of("u:p@a:1", "a user is not allowed"),
        List.of("a:1/", "a path is not allowed"),
        List.of("http://a:1//", "a path is not allowed"),
        List.of("http://a:1/x", "a path is not allowed"),
        List.of("a\\b", "a path is not allowed"),
        List.of("a?x", "a query is not allowed"),
        List.of("http://a#x", "a fragment is not allowed"),
        List.of("https://a:443", "https is not supported: nodes are spoken to without TLS"),
        List.of("HTTPS://a", "https is not supported: nodes are spoken to without TLS"),
        List.of("ftp://a", "the scheme 'ftp' is not supported"),
        List.of("://a", "the scheme '' is not supported"),
        List.of("http://", "the host is empty"),
        List.of("http:///", "the host is empty"),
        List.of(":8080", "the host is empty"),
        List.of("a:", "the port is empty"),
        List.of("a:0", "the port '0'" + port),
        List.of("a:080", "the port '080'" + port),
        List.of("a:65536", "the port '65536'" + port),
        List.of("a:99999999999999999999", "the port '99999999999999999999'" + port),
        List.of("a:-1", "the port '-1'" + port),
        List.of("a:+1", "the port '+1'" + port),
        List.of("a:http", "the port 'http'" + port),
        List.of("1.2.3", v4),
        List.of("127.1:80", v4),
        List.of("0127.0.0.1", v4),
        List.of("1.2.3.256", v4),
        List.of("1.2.3.4.5", v4),
        List.of("1.2.3.4.", v4),
        List.of("2130706433", v4),
        List.of("0x7f000001", v4),
        List.of("a.1", v4),
        List.of("::1", "an IPv6 address needs brackets, or there is a colon too many"),
        List.of("a:1:2", "an IPv6 address needs brackets, or there is a colon too many"),
        List.of("[::1", "the bracket is not closed"),
        List.of("[::1]8080", "only a port may follow the bracket"),
        List.of("[::1]:", "the port is empty"),
        List.of("[::1]:0", "the port '0'" + port),
        List.of("[fe80::1%eth0]", "a zone id is not allowed"),
        List.of("[]", v6),
        List.of("[[::1]]", v6),
        List.of("[1.2.3.4]", v6),
        List.of("[1::2::3]", v6),
        List.of("[::ffff:1.2.3.04]", v6),
        List.of("[fn-1]", v6),
        List.of("a..b", "an empty label in the host"),
        List.of(".", "an empty label in the host"),
        List.of(".a", "an empty label in the host"),
        List.of("a..", "an empty label in the host"),
        List.of("-a", hyphen),
        List.of("a-.b", hyphen),
        List.of("a".repeat(64), "a label of the host is over 63 characters long"),
        List.of("a.".repeat(127) + "a", "the host is over 253 characters long"));
  }

  static Stream<Arguments> refused() {
    return refusals().map(row -> Arguments.of(row.toArray()));
  }

  @Test
  void takesTheLongestNameThereIs() {
    String host = "a.".repeat(126) + "a";
    assertThat(NodeAddress.parse(host).host()).hasSize(253).isEqualTo(host);
  }

  @Test
  void refusesAPortThatCannotBeConnectedTo() {
    assertThatThrownBy(() -> new NodeAddress("a", 0)).hasMessage("port 0 (expected: 1 to 65535)");
  }

  @Property(tries = 200)
  void readsBackWhatItShows(@ForAll("addresses") String text) {
    NodeAddress address = NodeAddress.parse(text);
    assertThat(NodeAddress.parse(address.toString())).isEqualTo(address);
    assertThat(NodeAddress.parse("http://" + address + "/")).isEqualTo(address);
  }

  @Property(tries = 2000)
  void eitherReadsATextToItsEndOrRefusesIt(@ForAll("texts") String text) {
    Throwable refusal = catchThrowable(() -> NodeAddress.parse(text));
    if (refusal != null) {
      assertThat(refusal).isExactlyInstanceOf(IllegalArgumentException.class);
      assertThat(refusal.getMessage()).matches("[ -~]+").hasSizeLessThan(1000);
      return;
    }
    NodeAddress address = NodeAddress.parse(text);
    assertThat(NodeAddress.parse(address.toString())).isEqualTo(address);
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> likely =
        Arbitraries.strings().withChars("aZ019.:[]-_/@%?#x f\t").ofMaxLength(24);
    return Arbitraries.oneOf(Arbitraries.strings().ofMaxLength(300), likely, addresses());
  }

  @Provide
  Arbitrary<String> addresses() {
    Arbitrary<String> label =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withChars("AZ_")
            .ofMinLength(1)
            .ofMaxLength(10);
    Arbitrary<String> name =
        label.list().ofMinSize(1).ofMaxSize(4).map(labels -> String.join(".", labels));
    Arbitrary<String> v4 =
        Arbitraries.integers()
            .between(0, 255)
            .list()
            .ofSize(4)
            .map(parts -> "%d.%d.%d.%d".formatted(parts.toArray()));
    Arbitrary<String> v6 =
        Arbitraries.of(0, 0, 1, 0xffff, 0xdb8)
            .list()
            .ofSize(8)
            .map(groups -> "[%x:%x:%x:%x:%X:%X:%X:%X]".formatted(groups.toArray()));
    return Combinators.combine(
            Arbitraries.oneOf(name, v4, v6), Arbitraries.integers().between(0, 65535))
        .as((host, port) -> port == 0 ? host : host + ":" + port);
  }
}
