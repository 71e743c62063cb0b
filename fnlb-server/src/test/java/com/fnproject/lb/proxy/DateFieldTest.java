package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DateFieldTest {

  @Test
  void tellsTheSecondInGmtWithTwoDigitsForEveryDay() {
    AtomicReference<Instant> time = new AtomicReference<>(Instant.parse("2026-11-08T21:05:09.9Z"));
    DateField date = new DateField(time::get);
    assertThat(date.now().headerName().defaultCase()).isEqualTo("Date");
    assertThat(date.now().get()).isEqualTo("Sun, 08 Nov 2026 21:05:09 GMT");

    time.set(Instant.parse("2026-11-08T21:05:10Z"));
    assertThat(date.now().get()).isEqualTo("Sun, 08 Nov 2026 21:05:10 GMT");
    // Clocks are set back.
    time.set(Instant.parse("2024-02-29T00:00:00Z"));
    assertThat(date.now().get()).isEqualTo("Thu, 29 Feb 2024 00:00:00 GMT");
  }

  @Test
  void isMadeOnceASecond() {
    AtomicReference<Instant> time = new AtomicReference<>(Instant.parse("2026-11-08T21:05:09Z"));
    DateField date = new DateField(time::get);
    Object first = date.now();
    time.set(Instant.parse("2026-11-08T21:05:09.999Z"));
    assertThat(date.now()).isSameAs(first);
  }
}
