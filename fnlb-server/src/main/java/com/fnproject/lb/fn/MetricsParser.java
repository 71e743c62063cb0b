package com.fnproject.lb.fn;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads pages of one node's {@code /metrics} (Prometheus' text format 0.0.4) as they come, in
 * whatever pieces. Seven series of Fn 0.3.x are taken; every other line is passed over byte by
 * byte, without a text being made of it. Not thread-safe.
 *
 * <p>A line of a series that is wanted and cannot be used is skipped and counted, and the rest of
 * the page stands: one that is too long, has no or two {@code fn_id}s or an odd one, or whose value
 * is no number from 0 to a bound, or not whole. Series of one function add up, because its
 * containers of before a change of its image are counted apart. A page without a single {@code #
 * TYPE} line is none at all, whatever it is.
 *
 * <p>Ids are compared with those of the page before, so that a page that names no new function
 * makes no texts.
 */
final class MetricsParser {

  /** What the key of a function of known id begins with. */
  static final String KEY_PREFIX = "/invoke/";

  /** Longest line that can be of use; Fn's are under 300 bytes. */
  static final int MAX_LINE = 4096;

  /** Longest id; Fn's have 26 characters. */
  static final int MAX_ID = 128;

  /** Greatest number of containers that is believed, by function and node. */
  static final int MAX_COUNT = 1_000_000;

  private static final long MAX_BYTES = 1L << 59;

  /** Longest number that is looked at. */
  private static final int MAX_NUMBER = 32;

  private static final byte[] TYPE = ascii("# TYPE ");
  private static final byte[] CONTAINERS = ascii("fn_container_");
  private static final byte[] MEMORY_USED = ascii("fn_util_mem_used");
  private static final byte[] MEMORY_FREE = ascii("fn_util_mem_avail");
  private static final byte[] FN_ID = ascii("fn_id");

  /** The series of containers, and which count each of them belongs to. */
  private static final byte[][] STATES = {
    ascii("idle_total"),
    ascii("paused_total"),
    ascii("busy_total"),
    ascii("start_total"),
    ascii("wait_total")
  };

  private static final int[] COUNT_OF_STATE = {
    MetricsPage.IDLE, MetricsPage.IDLE, MetricsPage.BUSY, MetricsPage.STARTING, MetricsPage.WAITING
  };

  /** Fewer rows than this are not worth a clean-up. */
  private static final int FEW_ROWS = 64;

  private final int maxFunctions;

  /** Odd and not to be guessed, so that no node can choose ids that collide. */
  private final long hashFactor;

  /** The functions of this page and of earlier ones; a row's place is its index. */
  private String[] keys = new String[16];

  private int[] counts = new int[16 * MetricsPage.COUNTS];
  private int rows;

  /** Row + 1 by hash, open addressing; a power of two, at most half full. */
  private int[] slots = new int[64];

  /** The begin of a line whose rest has not come yet; a byte more shows that it is too long. */
  private final byte[] held = new byte[MAX_LINE + 1];

  private int heldLength;
  private boolean passingOver;

  private boolean typed;
  private int skipped;
  private long memoryUsed;
  private long memoryFree;

  /**
   * Creates a parser that knows no function.
   *
   * @param maxFunctions most functions of a page that are taken; further ones are skipped
   * @param seed any number, better not known to nodes
   */
  MetricsParser(int maxFunctions, long seed) {
    this.maxFunctions = maxFunctions;
    this.hashFactor = seed | 1;
    begin();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Begins a new page; what came of an unfinished one is forgotten. */
  void begin() {
    if (rows > FEW_ROWS) {
      forgetUnused();
    }
    Arrays.fill(counts, 0, rows * MetricsPage.COUNTS, 0);
    heldLength = 0;
    passingOver = false;
    typed = false;
    skipped = 0;
    memoryUsed = -1;
    memoryFree = -1;
  }

  /** Takes the next bytes of the page; they are not kept. */
  void accept(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int end = at;
      while (end < to && bytes[end] != '\n') {
        end++;
      }
      boolean ended = end < to;
      if (!passingOver && heldLength == 0 && ended) {
        line(bytes, at, end);
      } else if (!passingOver) {
        hold(bytes, at, end);
        if (ended) {
          line(held, 0, heldLength);
          heldLength = 0;
        }
      }
      passingOver &= !ended;
      at = end + 1;
    }
  }

  private void hold(byte[] bytes, int from, int to) {
    int count = Math.min(to - from, held.length - heldLength);
    System.arraycopy(bytes, from, held, heldLength, count);
    heldLength += count;
    if (heldLength > MAX_LINE) {
      line(held, 0, heldLength);
      heldLength = 0;
      passingOver = true;
    }
  }

  /**
   * The end of the page.
   *
   * @return null if it was none
   */
  @Nullable MetricsPage end() {
    if (heldLength > 0) {
      line(held, 0, heldLength);
      heldLength = 0;
    }
    if (!typed) {
      return null;
    }
    int named = 0;
    for (int row = 0; row < rows; row++) {
      named += isUsed(row) ? 1 : 0;
    }
    String[] pageKeys = new String[named];
    int[] pageCounts = new int[named * MetricsPage.COUNTS];
    int to = 0;
    for (int row = 0; row < rows; row++) {
      if (isUsed(row)) {
        pageKeys[to] = keys[row];
        System.arraycopy(
            counts,
            row * MetricsPage.COUNTS,
            pageCounts,
            to * MetricsPage.COUNTS,
            MetricsPage.COUNTS);
        to++;
      }
    }
    return new MetricsPage(pageKeys, pageCounts, memoryUsed, memoryFree, skipped);
  }

  private boolean isUsed(int row) {
    int at = row * MetricsPage.COUNTS;
    return (counts[at] | counts[at + 1] | counts[at + 2] | counts[at + 3]) != 0;
  }

  private void line(byte[] line, int from, int to) {
    int end = to > from && line[to - 1] == '\r' ? to - 1 : to;
    if (end == from || (line[from] != 'f' && line[from] != '#')) {
      return;
    }
    if (startsWith(line, from, end, CONTAINERS)) {
      if (to - from > MAX_LINE) {
        skipped++;
        return;
      }
      int at = from + CONTAINERS.length;
      for (int state = 0; state < STATES.length; state++) {
        if (startsWith(line, at, end, STATES[state])) {
          containers(line, at + STATES[state].length, end, COUNT_OF_STATE[state]);
          return;
        }
      }
    } else if (startsWith(line, from, end, MEMORY_USED)) {
      memoryUsed = memory(line, from + MEMORY_USED.length, end, memoryUsed);
    } else if (startsWith(line, from, end, MEMORY_FREE)) {
      memoryFree = memory(line, from + MEMORY_FREE.length, end, memoryFree);
    } else if (startsWith(line, from, end, TYPE)) {
      typed = true;
    }
  }

  private void containers(byte[] line, int from, int to, int which) {
    if (from == to || line[from] != '{') {
      if (from == to || line[from] == ' ' || line[from] == '\t') {
        skipped++;
      }
      return; // else another series, whose name begins like this one's
    }
    int at = from + 1;
    int idFrom = -1;
    int idTo = -1;
    while (true) {
      while (at < to && (line[at] == ',' || line[at] == ' ' || line[at] == '\t')) {
        at++;
      }
      if (at < to && line[at] == '}') {
        at++;
        break;
      }
      int nameFrom = at;
      while (at < to && isNamePart(line[at])) {
        at++;
      }
      int nameTo = at;
      if (nameTo == nameFrom || at + 1 >= to || line[at] != '=' || line[at + 1] != '"') {
        skipped++;
        return;
      }
      int valueFrom = at + 2;
      at = valueFrom;
      while (at < to && line[at] != '"') {
        at += line[at] == '\\' ? 2 : 1;
      }
      if (at >= to) {
        skipped++;
        return;
      }
      if (nameTo - nameFrom == FN_ID.length && startsWith(line, nameFrom, nameTo, FN_ID)) {
        if (idFrom >= 0) {
          skipped++;
          return;
        }
        idFrom = valueFrom;
        idTo = at;
      }
      at++;
    }
    long value = number(line, at, to, MAX_COUNT, true);
    if (value < 0 || idFrom < 0 || !isId(line, idFrom, idTo)) {
      skipped++;
    } else if (value > 0) {
      add(line, idFrom, idTo, which, (int) value);
    }
  }

  private void add(byte[] line, int from, int to, int which, int value) {
    int row = row(line, from, to);
    if (row < 0) {
      skipped++;
      return;
    }
    int at = row * MetricsPage.COUNTS + which;
    counts[at] = Math.min(counts[at] + value, MAX_COUNT);
  }

  private long memory(byte[] line, int from, int to, long otherwise) {
    if (from < to && line[from] != ' ' && line[from] != '\t') {
      return otherwise; // another series, whose name begins like this one's
    }
    long value = number(line, from, to, MAX_BYTES, false);
    if (value < 0) {
      skipped++;
      return otherwise;
    }
    return value;
  }

  /** The number that stands first, perhaps with a time behind it; -1 if it is none that counts. */
  private static long number(byte[] line, int from, int to, long most, boolean whole) {
    int begin = from;
    while (begin < to && (line[begin] == ' ' || line[begin] == '\t')) {
      begin++;
    }
    int end = begin;
    boolean digits = true;
    long value = 0;
    while (end < to && line[end] != ' ' && line[end] != '\t' && end - begin < MAX_NUMBER) {
      byte c = line[end++];
      boolean digit = c >= '0' && c <= '9';
      if (!digit && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') {
        return -1;
      }
      digits &= digit;
      value = digits && value <= most ? value * 10 + (c - '0') : value;
    }
    if (end == begin || end - begin == MAX_NUMBER) {
      return -1;
    }
    if (digits) {
      return value <= most ? value : -1;
    }
    double number;
    try {
      number = Double.parseDouble(new String(line, begin, end - begin, StandardCharsets.US_ASCII));
    } catch (NumberFormatException e) {
      return -1;
    }
    boolean fits = number >= 0 && number <= most && (!whole || number == Math.rint(number));
    return fits ? (long) number : -1;
  }

  private static boolean isNamePart(byte c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  private static boolean isId(byte[] line, int from, int to) {
    boolean fits = to > from && to - from <= MAX_ID;
    for (int at = from; at < to && fits; at++) {
      fits = line[at] > ' ' && line[at] < 0x7f && line[at] != '\\' && line[at] != '/';
    }
    return fits;
  }

  private int row(byte[] line, int from, int to) {
    int mask = slots.length - 1;
    int slot = hash(line, from, to) & mask;
    while (slots[slot] != 0) {
      if (isKey(keys[slots[slot] - 1], line, from, to)) {
        return slots[slot] - 1;
      }
      slot = (slot + 1) & mask;
    }
    if (rows == maxFunctions) {
      return -1;
    }
    if (rows == keys.length) {
      keys = Arrays.copyOf(keys, rows * 2);
      counts = Arrays.copyOf(counts, rows * 2 * MetricsPage.COUNTS);
    }
    keys[rows] = KEY_PREFIX.concat(new String(line, from, to - from, StandardCharsets.ISO_8859_1));
    slots[slot] = ++rows;
    if (rows * 2 > slots.length) {
      rehash(slots.length * 2);
    }
    return rows - 1;
  }

  private int hash(byte[] bytes, int from, int to) {
    long hash = 0;
    for (int at = from; at < to; at++) {
      hash = (hash ^ bytes[at]) * hashFactor;
      hash ^= hash >>> 29;
    }
    return (int) (hash >>> 32);
  }

  private static boolean isKey(String key, byte[] line, int from, int to) {
    int prefix = KEY_PREFIX.length();
    if (key.length() != prefix + to - from) {
      return false;
    }
    for (int at = from; at < to; at++) {
      if (key.charAt(prefix + at - from) != line[at]) {
        return false;
      }
    }
    return true;
  }

  private void rehash(int size) {
    slots = new int[size];
    for (int row = 0; row < rows; row++) {
      byte[] key = keys[row].getBytes(StandardCharsets.ISO_8859_1);
      int slot = hash(key, KEY_PREFIX.length(), key.length) & (size - 1);
      while (slots[slot] != 0) {
        slot = (slot + 1) & (size - 1);
      }
      slots[slot] = row + 1;
    }
  }

  /** Keeps the functions that the last page named, if they are the lesser part. */
  private void forgetUnused() {
    int used = 0;
    for (int row = 0; row < rows; row++) {
      used += isUsed(row) ? 1 : 0;
    }
    if (used > rows / 2) {
      return;
    }
    int to = 0;
    for (int row = 0; row < rows; row++) {
      if (isUsed(row)) {
        keys[to++] = keys[row];
      }
    }
    int capacity = Math.max(16, Integer.highestOneBit(Math.max(to, 1)) * 2);
    String[] kept = new String[capacity];
    System.arraycopy(keys, 0, kept, 0, to);
    keys = kept;
    counts = new int[capacity * MetricsPage.COUNTS];
    rows = to;
    rehash(capacity * 4);
  }

  private static boolean startsWith(byte[] line, int from, int to, byte[] prefix) {
    return to - from >= prefix.length
        && Arrays.equals(line, from, from + prefix.length, prefix, 0, prefix.length);
  }
}
