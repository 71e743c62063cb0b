package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.wire.MutePort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersTest {

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0"})
  void seesWhetherAnAddressIsListenedOn(String host) throws Exception {
    InetSocketAddress address;
    Socket client;
    Socket accepted;
    try (ServerSocket listener = new ServerSocket(0, 8, InetAddress.getByName(host))) {
      address = new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
      client = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
      accepted = listener.accept();
      for (int i = 0; i < 100; i++) {
        assertThat(Listeners.isListenedOn(address)).isTrue();
      }
    }
    // Connections outlive a listener that failed, and must not be taken for it.
    try (client;
        accepted) {
      assertThat(accepted.isClosed()).isFalse();
      assertThat(Listeners.isListenedOn(address)).isFalse();
    }
  }

  @Test
  void takesAListenerWhoseQueueIsFullForAListener() {
    try (MutePort full = MutePort.open()) {
      assertThat(
              Listeners.isListenedOn(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), full.port())))
          .isTrue();
    }
  }
}
