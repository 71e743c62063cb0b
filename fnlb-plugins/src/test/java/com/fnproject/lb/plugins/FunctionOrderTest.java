package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.testkit.DrivenFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FunctionOrderTest {

  private final Rendezvous before = new Rendezvous(new long[] {1, 2, 3}, null);
  private final Rendezvous after = new Rendezvous(new long[] {1, 2, 3, 4}, null);
  private final FunctionOrder order = new FunctionOrder(new DrivenFunction("/t/app/f"));

  @Test
  void computesTheOrderOnceForASnapshot() {
    int[] places = order.places(1, before);
    assertThat(places).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(order.places(1, before)).isSameAs(places);
  }

  @Test
  void computesItAgainForANewerSnapshotAndRemembersThat() {
    order.places(1, before);
    int[] places = order.places(2, after);
    assertThat(places).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(order.places(2, after)).isSameAs(places);
  }

  @Test
  void doesNotLetAnOlderSnapshotDriveOutTheNewest() {
    int[] places = order.places(2, after);
    assertThat(order.places(1, before)).isNull();
    assertThat(order.places(2, after)).isSameAs(places);
  }

  @Test
  void remembersMoreWhenThatIsAskedForAndNoMoreThanItMay() {
    long[] hashes = LongStream.range(0, 300).toArray();
    Rendezvous many = new Rendezvous(hashes, null);
    assertThat(order.places(1, many)).hasSize(16);
    assertThat(order.more(1, many, 16)).hasSize(64);
    assertThat(order.places(1, many)).hasSize(64);
    assertThat(order.more(1, many, 16)).hasSize(64);
    assertThat(order.more(1, many, 64)).hasSize(256).startsWith(order.places(1, many));
    assertThat(order.more(1, many, 256)).isNull();
    assertThat(order.more(2, after, 4)).isNull();
  }
}
