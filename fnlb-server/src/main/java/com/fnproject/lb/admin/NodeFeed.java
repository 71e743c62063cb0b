package com.fnproject.lb.admin;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeEvent;
import com.fnproject.lb.node.NodeListener;
import com.fnproject.lb.node.NodeStatus;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The nodes, exactly as they were at one version, and the last changes that led there. All watches
 * read the same changes, each at its own pace, so that one costs a few bytes however slow it is.
 * Thread-safe.
 */
final class NodeFeed implements NodeListener {

  /** How many changes are remembered; a watch that has fallen back further must begin anew. */
  static final int REMEMBERED = 1024;

  private record Entry(Node node, NodeStatus status) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  @GuardedBy("lock")
  private final TreeMap<String, Entry> nodes = new TreeMap<>();

  /** The change that led to version v, at v modulo its length. */
  @GuardedBy("lock")
  private final NodeNews.@Nullable Change[] changes = new NodeNews.Change[REMEMBERED];

  /** The oldest version from which the changes are remembered. */
  @GuardedBy("lock")
  private long oldest;

  @GuardedBy("lock")
  private long version;

  @GuardedBy("lock")
  private boolean ended;

  /**
   * Creates a feed of a cluster without nodes.
   *
   * @param version the cluster's version
   */
  NodeFeed(long version) {
    this.version = version;
    this.oldest = version;
  }

  @Override
  public void changed(NodeEvent event) {
    Node node = event.node();
    NodeStatus status = event.status();
    NodeNews.Change change = new NodeNews.Change(event.kind(), NodeView.of(node, status));
    lock.lock();
    try {
      version = status.version();
      oldest = Math.max(oldest, version - REMEMBERED);
      changes[(int) (version % REMEMBERED)] = change;
      if (event.kind() == NodeEvent.Kind.REMOVED) {
        nodes.remove(node.id());
      } else {
        nodes.put(node.id(), new Entry(node, status));
      }
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Some of the nodes.
   *
   * @param after the name before the first; empty for the very first
   * @param most how many at most
   */
  NodeNews.Snapshot part(String after, int most) {
    lock.lock();
    try {
      return snapshot(false, after, most);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private NodeNews.Snapshot snapshot(boolean resync, String after, int most) {
    List<NodeView> part = new ArrayList<>();
    for (Entry entry : nodes.tailMap(after, false).values()) {
      if (part.size() == most) {
        break;
      }
      part.add(NodeView.of(entry.node(), entry.status()));
    }
    return new NodeNews.Snapshot(version, resync, part);
  }

  /**
   * The next news for somebody. Blocks until there is some.
   *
   * @param known the version that he knows; null if he knows nothing
   * @param atMost longest time to wait
   * @param over whether to wait no longer; asked again at each {@link #wake}
   * @return null if there is none, or all watching has ended
   */
  @Nullable NodeNews after(@Nullable Long known, Duration atMost, BooleanSupplier over)
      throws InterruptedException {
    long left = atMost.toNanos();
    lock.lock();
    try {
      while (true) {
        if (ended || over.getAsBoolean()) {
          return null;
        }
        if (known == null || known < oldest || known > version) {
          return snapshot(known != null, "", Integer.MAX_VALUE);
        }
        if (known < version) {
          return changes[(int) ((known + 1) % REMEMBERED)];
        }
        if (left <= 0) {
          return null;
        }
        left = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Has all who wait look whether it is over. */
  void wake() {
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all watching. */
  void end() {
    lock.lock();
    try {
      ended = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }
}
