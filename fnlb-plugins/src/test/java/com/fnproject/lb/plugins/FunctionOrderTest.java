package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.testkit.DrivenFunction;
import org.junit.jupiter.api.Test;

class FunctionOrderTest {

  private final Rendezvous before = new Rendezvous(new long[] {1, 2, 3}, null);
  private final Rendezvous after = new Rendezvous(new long[] {1, 2, 3, 4}, null);
  private final FunctionOrder order = new FunctionOrder(new DrivenFunction("/t/app/f"));

  @Test
  void computesTheOrderOnceForASnapshot() {
    int[] places = order.places(1, before, 16);
    assertThat(places).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(order.places(1, before, 16)).isSameAs(places);
  }

  @Test
  void computesItAgainForANewerSnapshotAndRemembersThat() {
    order.places(1, before, 16);
    int[] places = order.places(2, after, 16);
    assertThat(places).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(order.places(2, after, 16)).isSameAs(places);
  }

  @Test
  void doesNotLetAnOlderSnapshotDriveOutTheNewest() {
    int[] places = order.places(2, after, 16);
    assertThat(order.places(1, before, 16)).isNull();
    assertThat(order.places(2, after, 16)).isSameAs(places);
  }
}
