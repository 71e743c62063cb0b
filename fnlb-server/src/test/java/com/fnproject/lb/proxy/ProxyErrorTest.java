package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The balancer's own answers. */
class ProxyErrorTest {

  private static List<ProxyError> all() {
    List<ProxyError> all = new ArrayList<>();
    Arrays.stream(ProxyError.class.getDeclaredFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()))
        .filter(field -> field.getType() == ProxyError.class)
        .forEach(
            field -> {
              try {
                all.add((ProxyError) field.get(null));
              } catch (IllegalAccessException e) {
                throw new AssertionError(e);
              }
            });
    all.add(ProxyError.tooManyHeaders(300, 200));
    return all;
  }

  @Test
  void areJsonWithTheReason() {
    assertThat(all()).hasSizeGreaterThan(14);
    for (ProxyError error : all()) {
      assertThat(error.json()).endsWith("}\n");
      JsonObject json = Json.createReader(new StringReader(error.json())).readObject();
      assertThat(json.keySet()).containsExactly("msg");
      assertThat(json.getString("msg")).isEqualTo(error.message()).isNotBlank();
    }
  }

  @Test
  void sayWhenToTryAgainWhereThatHelps() {
    assertThat(all().stream().filter(error -> error.retryAfterSeconds() > 0))
        .containsExactlyInAnyOrder(
            ProxyError.NO_NODE,
            ProxyError.FULL,
            ProxyError.CLOSING,
            ProxyError.NO_CONNECTION,
            ProxyError.UNREACHABLE);
    assertThat(ProxyError.METHOD.allow()).doesNotContain("CONNECT").doesNotContain("TRACE");
  }

  @Test
  void endTheConnectionWhereBothSidesDisagreeOnWhatWasSaid() {
    assertThat(all().stream().filter(ProxyError::closes).map(error -> error.status().code()))
        .containsOnly(400, 431, 501);
    assertThat(ProxyError.NO_NODE.closes()).isFalse();
    assertThat(ProxyError.METHOD.closes()).isFalse();
  }

  @Test
  void sayOfABodyWhatHelidonSaysIfThatIsPlain() {
    RequestException tooLarge =
        RequestException.builder()
            .type(EventType.BAD_REQUEST)
            .status(Status.REQUEST_ENTITY_TOO_LARGE_413)
            .message("too large")
            .build();
    ProxyError error = ProxyError.badBody(tooLarge);
    assertThat(error.status().code()).isEqualTo(413);
    assertThat(error.message()).isEqualTo("too large");
    assertThat(error.closes()).isTrue();
    for (String message : new String[] {"a \"quote\"", "a\\b", "a\nb", "é", ""}) {
      RequestException odd =
          RequestException.builder().type(EventType.BAD_REQUEST).message(message).build();
      assertThat(ProxyError.badBody(odd)).isEqualTo(ProxyError.BAD_BODY);
    }
    assertThat(ProxyError.badBody(new IllegalStateException())).isEqualTo(ProxyError.BAD_BODY);
    assertThat(ProxyError.badBody(null)).isEqualTo(ProxyError.BAD_BODY);
  }
}
