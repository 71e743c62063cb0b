package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TriggerPathTest {

  @ParameterizedTest
  @CsvSource({
    "/t/app, app, /",
    "/t/app/, app, /",
    "/t/app/hello, app, /hello",
    "/t/app/hello/, app, /hello/",
    "/t/app//hello, app, //hello",
    "/t/app/a/b, app, /a/b",
    "/t/app/../x, app, /../x",
    "'/t/a b/c?d', 'a b', '/c?d'",
    "/t/, ,",
    "/t//hello, ,",
    "/invoke/x, ,",
    "/t, ,",
  })
  void takesAPathApartAsFnDoes(String path, @Nullable String app, @Nullable String source) {
    assertThat(TriggerPath.parse(path))
        .isEqualTo(app == null || source == null ? null : new TriggerPath(app, source));
  }

  @ParameterizedTest
  @CsvSource({
    "/hello, /hello",
    "//a, //a",
    "/a b, /a%20b",
    "/a?b#c%d, /a%3Fb%23c%25d",
    "/é, /%C3%A9",
    "'/a\r\n', /a%0D%0A",
    "/A-._~0, /A-._~0",
  })
  void escapesWhatMayNotStandInAUrl(String text, String encoded) {
    assertThat(TriggerPath.encoded(text)).isEqualTo(encoded);
  }

  @Property(tries = 200)
  void aSourceBelongsToOnePathOnly(@ForAll String source) {
    TriggerPath trigger = new TriggerPath("app", "/" + source);
    assertThat(TriggerPath.parse(trigger.path())).isEqualTo(trigger);
  }

  @Property(tries = 200)
  void nothingInASourceCanLeaveThePathOfARequest(@ForAll String source) {
    assertThat(TriggerPath.encoded(source)).matches("[A-Za-z0-9._~/%-]*");
  }
}
