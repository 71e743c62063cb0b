package com.fnproject.lb.upstream;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PlainSocket;
import io.helidon.webclient.api.ClientConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a node, in the shape that Helidon's WebClient takes. It watches what passes:
 * the retry rules want to know whether anything was written, and whether an answer had begun.
 * Belongs to one thread at a time.
 *
 * <p>WebClient's own releasing and closing is noted but not obeyed: it would give back a connection
 * on which an unread answer is still under way (after a 103, or trailers). {@link
 * WebClientUpstream} decides.
 */
final class UpstreamConnection implements ClientConnection {

  /** Where the last digit of the version stands in a status line. */
  private static final int VERSION_END = "HTTP/1.".length();

  private final SocketChannel channel;
  private final LongSupplier clock;
  private final HelidonSocket socket;
  private final DataReader reader;
  private final DataWriter writer = new Writer();
  private final ByteBuffer probe = ByteBuffer.allocate(1);

  private int peeked = -1;
  private int headAt;
  private boolean old;
  private boolean reused;
  private boolean written;
  private boolean answered;
  private boolean muted;
  private volatile long idleSinceNanos;
  private volatile boolean writing;
  private volatile long writingSinceNanos;
  private volatile boolean stalled;

  private UpstreamConnection(SocketChannel channel, LongSupplier clock) {
    this.channel = channel;
    this.clock = clock;
    this.socket =
        PlainSocket.client(channel.socket(), Integer.toHexString(System.identityHashCode(channel)));
    this.reader = DataReader.create(this::pull);
  }

  /**
   * Connects. Blocks for at most the time-out.
   *
   * @param clock nanoseconds, monotonic
   * @throws IOException if that fails
   */
  static UpstreamConnection open(InetSocketAddress address, Duration timeout, LongSupplier clock)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      channel.socket().connect(address, Math.toIntExact(timeout.toMillis()));
      return new UpstreamConnection(channel, clock);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Makes the connection ready for its next exchange. */
  void begin(boolean isReused) {
    reused = isReused;
    written = false;
    answered = false;
    headAt = 0;
  }

  /** Whether it has served an exchange before the present one. */
  boolean reused() {
    return reused;
  }

  /** Whether a byte of the present request may have left. */
  boolean written() {
    return written;
  }

  /** Whether a byte of the present answer has come. */
  boolean answered() {
    return answered;
  }

  /** Whether the node answers as HTTP/1.0, so that it closes the connection after its answer. */
  boolean old() {
    return old;
  }

  /**
   * Whether the connection has nothing to say, as it should be before a request: neither closed by
   * the node nor holding bytes that nobody asked for. Does not block.
   */
  boolean quiet() {
    return reader.available() == 0 && poll() == 0;
  }

  /** Whether there is something to read: bytes or the end. Does not block. */
  boolean readable() {
    return reader.available() > 0 || poll() != 0;
  }

  private int poll() {
    if (peeked >= 0) {
      return 1;
    }
    try {
      channel.configureBlocking(false);
      try {
        int count = channel.read(probe.clear());
        if (count > 0) {
          peeked = probe.get(0) & 0xff;
        }
        return count;
      } finally {
        channel.configureBlocking(true);
      }
    } catch (IOException e) {
      return -1;
    }
  }

  /**
   * From now on nothing is written any more, and nobody is told: the node has answered before it
   * read everything.
   */
  void mute() {
    muted = true;
  }

  boolean muted() {
    return muted;
  }

  /**
   * Closes the connection if the node has taken nothing of what is being written for too long. For
   * any thread: the one that writes is blocked, and no socket has a time-out for that.
   */
  void closeIfStalled(Duration longest) {
    if (writing && clock.getAsLong() - writingSinceNanos > longest.toNanos()) {
      stalled = true;
      close();
    }
  }

  /** Whether it was closed because the node took nothing any more. */
  boolean stalled() {
    return stalled;
  }

  void idleSince(long nanos) {
    idleSinceNanos = nanos;
  }

  long idleSince() {
    return idleSinceNanos;
  }

  // Null is how a supplier tells a DataReader of the end.
  private byte @Nullable [] pull() {
    if (peeked >= 0) {
      byte[] first = {(byte) peeked};
      peeked = -1;
      note(first);
      return first;
    }
    byte[] bytes = socket.get();
    if (bytes != null) {
      note(bytes);
    }
    return bytes;
  }

  private void note(byte[] bytes) {
    answered = true;
    if (headAt <= VERSION_END) {
      old |= headAt + bytes.length > VERSION_END && bytes[VERSION_END - headAt] == '0';
      headAt += bytes.length;
    }
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Closing was all that was left to do with it.
    }
  }

  @Override
  public DataReader reader() {
    return reader;
  }

  @Override
  public DataWriter writer() {
    return writer;
  }

  @Override
  public String channelId() {
    return socket.childSocketId();
  }

  @Override
  public HelidonSocket helidonSocket() {
    return socket;
  }

  @Override
  public void readTimeout(Duration timeout) {
    try {
      channel.socket().setSoTimeout(Math.toIntExact(timeout.toMillis()));
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean allowExpectContinue() {
    return false;
  }

  @Override
  public boolean isConnected() {
    return channel.isConnected();
  }

  @Override
  public void releaseResource() {}

  @Override
  public void closeResource() {}

  /** Closing it must leave the connection open: WebClient closes its writer after every upload. */
  private final class Writer implements DataWriter {

    @Override
    public void write(BufferData... buffers) {
      for (BufferData buffer : buffers) {
        write(buffer);
      }
    }

    @Override
    public void write(BufferData buffer) {
      if (muted) {
        return;
      }
      written = true;
      writingSinceNanos = clock.getAsLong();
      writing = true;
      try {
        socket.write(buffer);
      } finally {
        writing = false;
      }
    }

    @Override
    public void writeNow(BufferData... buffers) {
      write(buffers);
    }

    @Override
    public void writeNow(BufferData buffer) {
      write(buffer);
    }

    @Override
    public void flush() {}
  }
}
