package com.fnproject.lb.fn;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.Warmth;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where functions have containers, by the latest page of every node that is read. Thread-safe;
 * {@link #warmth} takes no lock.
 *
 * <p>It is kept for every function that a page names with a count above 0, called or not, so that a
 * function has its warmth from its first call on. That takes some 40 bytes for a function on a
 * node, and some 250 more for a function: 100 MB at most for a million readings of 250,000
 * functions.
 */
public final class Readings {

  private static final FunctionWarmth NONE =
      new FunctionWarmth(new NodePage[0], new int[0], Long.MAX_VALUE);

  private final int maxReadings;
  private final LongSupplier clock;
  private final Map<String, FunctionWarmth> warmths = new ConcurrentHashMap<>();
  private final LongAdder dropped = new LongAdder();
  private volatile boolean any;

  private final ReentrantLock publishing = new ReentrantLock();

  /** The nodes that may be read, with their latest page. */
  @GuardedBy("publishing")
  private final IdentityHashMap<Node, NodePage> pages = new IdentityHashMap<>();

  /** Entries of all warmths together. */
  @GuardedBy("publishing")
  private int kept;

  /**
   * Creates an empty store.
   *
   * @param maxReadings most functions that are kept, each counted once for every node that has it;
   *     what is beyond is counted and dropped, as if the node did not have it
   * @param clock nanoseconds, monotonic; that of the scraper
   */
  public Readings(int maxReadings, LongSupplier clock) {
    this.maxReadings = maxReadings;
    this.clock = clock;
  }

  long nowNanos() {
    return clock.getAsLong();
  }

  /**
   * Where a function has containers.
   *
   * @param key the key of a function whose id is known
   * @return null if nothing is read of any node
   */
  @Nullable FunctionWarmth warmth(String key) {
    FunctionWarmth warmth = warmths.get(key);
    if (warmth != null) {
      return warmth;
    }
    return any ? NONE : null;
  }

  /** Readings that were dropped because there was no room; 0 or more. */
  long dropped() {
    return dropped.sum();
  }

  /** From now on pages of the node are taken. */
  void admit(Node node) {
    publishing.lock();
    try {
      pages.putIfAbsent(node, NodePage.none(node));
    } finally {
      publishing.unlock();
    }
  }

  /**
   * Publishes the warmth of all functions that a page names, then the node's reading; nothing if
   * the node is not admitted.
   */
  void publish(Node node, MetricsPage page, MetricsReading reading) {
    publishing.lock();
    try {
      NodePage before = pages.get(node);
      if (before == null) {
        return;
      }
      NodePage after = new NodePage(node, page, reading.scrapedNanos());
      any = true;
      pages.put(node, after);
      for (int i = 0; i < page.size(); i++) {
        FunctionWarmth warmth = warmths.get(page.key(i));
        int at = warmth == null ? -1 : warmth.find(before);
        if (warmth != null && at >= 0) {
          warmths.put(page.key(i), warmth.replaced(at, after, i));
        }
      }
      removeAll(before);
      for (int i = 0; i < page.size(); i++) {
        add(after, i);
      }
      node.reading(reading);
    } finally {
      publishing.unlock();
    }
  }

  @GuardedBy("publishing")
  private void add(NodePage page, int row) {
    String key = page.page.key(row);
    FunctionWarmth warmth = warmths.get(key);
    if (warmth != null && warmth.find(page) >= 0) {
      return;
    }
    if (kept == maxReadings) {
      dropped.increment();
      return;
    }
    kept++;
    warmths.put(key, (warmth == null ? NONE : warmth).plus(page, row));
  }

  /** Removes what is still kept of a page. */
  @GuardedBy("publishing")
  private void removeAll(NodePage page) {
    for (int i = 0; i < page.page.size(); i++) {
      String key = page.page.key(i);
      FunctionWarmth warmth = warmths.get(key);
      int at = warmth == null ? -1 : warmth.find(page);
      if (warmth == null || at < 0) {
        continue;
      }
      kept--;
      if (warmth.size() == 1) {
        warmths.remove(key);
      } else {
        warmths.put(key, warmth.without(at));
      }
    }
  }

  /** The node has no reading any more until the next one. */
  void drop(Node node) {
    publishing.lock();
    try {
      NodePage before = pages.get(node);
      if (before != null) {
        pages.put(node, NodePage.none(node));
        drop(node, before);
      }
    } finally {
      publishing.unlock();
    }
  }

  /** The node has no reading any more, and pages of it are not taken until it is admitted again. */
  void expel(Node node) {
    publishing.lock();
    try {
      NodePage before = pages.remove(node);
      if (before != null) {
        drop(node, before);
      }
    } finally {
      publishing.unlock();
    }
  }

  // The reading goes first: a node that has one and is not listed would have no containers.
  @GuardedBy("publishing")
  private void drop(Node node, NodePage before) {
    node.reading(null);
    any = pages.values().stream().anyMatch(page -> page.page != NodePage.EMPTY);
    removeAll(before);
  }

  /** The page of a node. */
  private static final class NodePage {

    private static final MetricsPage EMPTY = new MetricsPage(new String[0], new int[0], -1, -1, 0);

    private final Node node;
    private final MetricsPage page;
    private final long scrapedNanos;

    NodePage(Node node, MetricsPage page, long scrapedNanos) {
      this.node = node;
      this.page = page;
      this.scrapedNanos = scrapedNanos;
    }

    static NodePage none(Node node) {
      return new NodePage(node, EMPTY, 0);
    }
  }

  /** One function's rows in the pages of those nodes that have it. */
  static final class FunctionWarmth implements Warmth {

    private final NodePage[] pages;
    private final int[] rows;
    private final long oldestNanos;

    private FunctionWarmth(NodePage[] pages, int[] rows, long oldestNanos) {
      this.pages = pages;
      this.rows = rows;
      this.oldestNanos = oldestNanos;
    }

    private static FunctionWarmth of(NodePage[] pages, int[] rows) {
      long oldest = pages[0].scrapedNanos;
      for (NodePage page : pages) {
        oldest = page.scrapedNanos - oldest < 0 ? page.scrapedNanos : oldest;
      }
      return new FunctionWarmth(pages, rows, oldest);
    }

    /** Whether every node told it after a moment. */
    boolean isAllSince(long nanos) {
      return pages.length == 0 || oldestNanos - nanos > 0;
    }

    private int find(NodePage page) {
      for (int i = 0; i < pages.length; i++) {
        if (pages[i] == page) {
          return i;
        }
      }
      return -1;
    }

    private FunctionWarmth replaced(int at, NodePage page, int row) {
      NodePage[] newPages = pages.clone();
      int[] newRows = rows.clone();
      newPages[at] = page;
      newRows[at] = row;
      return of(newPages, newRows);
    }

    private FunctionWarmth plus(NodePage page, int row) {
      NodePage[] newPages = Arrays.copyOf(pages, pages.length + 1);
      int[] newRows = Arrays.copyOf(rows, rows.length + 1);
      newPages[pages.length] = page;
      newRows[rows.length] = row;
      return of(newPages, newRows);
    }

    private FunctionWarmth without(int at) {
      int last = pages.length - 1;
      NodePage[] newPages = Arrays.copyOf(pages, last);
      int[] newRows = Arrays.copyOf(rows, last);
      if (at < last) {
        newPages[at] = pages[last];
        newRows[at] = rows[last];
      }
      return of(newPages, newRows);
    }

    private int count(int i, int which) {
      return pages[i].page.count(rows[i], which);
    }

    @Override
    public int size() {
      return pages.length;
    }

    @Override
    public RoutingNode node(int i) {
      return pages[i].node;
    }

    @Override
    public long scrapedNanos(int i) {
      return pages[i].scrapedNanos;
    }

    @Override
    public int idle(int i) {
      return count(i, MetricsPage.IDLE);
    }

    @Override
    public int busy(int i) {
      return count(i, MetricsPage.BUSY);
    }

    @Override
    public int starting(int i) {
      return count(i, MetricsPage.STARTING);
    }

    @Override
    public int waiting(int i) {
      return count(i, MetricsPage.WAITING);
    }
  }
}
