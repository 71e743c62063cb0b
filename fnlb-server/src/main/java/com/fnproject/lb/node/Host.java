package com.fnproject.lb.node;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;

/** The host part of a node's address: which texts are hosts, and their one normal form. */
final class Host {

  /** RFC 1035, section 2.3.4; without the dot that may end an absolute name. */
  private static final int LONGEST_NAME = 253;

  /** RFC 1035, section 2.3.4. */
  private static final int LONGEST_LABEL = 63;

  private Host() {}

  /**
   * A host name in lower case, or an IPv4 address. Underscores are allowed because Docker Compose
   * names containers with them.
   */
  static String normal(String text) throws HostFault {
    if (text.isEmpty()) {
      throw new HostFault("the host is empty");
    }
    String host = text.toLowerCase(Locale.ROOT);
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    if (name.length() > LONGEST_NAME) {
      throw new HostFault("the host is over " + LONGEST_NAME + " characters long");
    }
    String last = "";
    for (int from = 0; from <= name.length(); from += last.length() + 1) {
      int dot = name.indexOf('.', from);
      last = name.substring(from, dot < 0 ? name.length() : dot);
      checkLabel(last);
    }
    // A resolver may take such a name for an address in one of several old spellings (inet_aton).
    if (isNumber(last) && !isV4(host)) {
      throw new HostFault("neither a name nor an IPv4 address of four numbers from 0 to 255");
    }
    return host;
  }

  /** An IPv6 address as RFC 5952 writes it, without brackets; IPv4 when it is a mapped one. */
  static String normalV6(String text) throws HostFault {
    if (text.indexOf('%') >= 0) {
      throw new HostFault("a zone id is not allowed");
    }
    int tail = text.lastIndexOf(':') + 1;
    boolean dotted = text.indexOf('.') >= 0;
    if (text.isEmpty() || text.charAt(0) == '[' || (dotted && !isV4(text.substring(tail)))) {
      throw new HostFault("not an IPv6 address between the brackets");
    }
    InetAddress address;
    try {
      address = Inet6Address.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      throw new HostFault("not an IPv6 address between the brackets");
    }
    return normal(address);
  }

  /** An address as {@link #normal(String)} and {@link #normalV6} write it; a zone is dropped. */
  static String normal(InetAddress address) {
    return address instanceof Inet4Address ? address.getHostAddress() : rfc5952(address);
  }

  private static void checkLabel(String label) throws HostFault {
    if (label.isEmpty()) {
      throw new HostFault("an empty label in the host");
    }
    if (label.length() > LONGEST_LABEL) {
      throw new HostFault("a label of the host is over " + LONGEST_LABEL + " characters long");
    }
    if (label.startsWith("-") || label.endsWith("-")) {
      throw new HostFault("a label of the host begins or ends with a hyphen");
    }
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_') {
        throw new HostFault("the character " + Quoted.of(String.valueOf(c)) + " in the host");
      }
    }
  }

  private static boolean isNumber(String label) {
    int from = label.startsWith("0x") ? 2 : 0;
    int radix = from == 0 ? 10 : 16;
    for (int i = from; i < label.length(); i++) {
      if (Character.digit(label.charAt(i), radix) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isV4(String text) {
    String[] parts = text.split("\\.", -1);
    for (String part : parts) {
      boolean padded = part.length() > 1 && part.charAt(0) == '0';
      if (part.isEmpty() || part.length() > 3 || padded) {
        return false;
      }
      for (int i = 0; i < part.length(); i++) {
        if (part.charAt(i) < '0' || part.charAt(i) > '9') {
          return false;
        }
      }
      if (Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return parts.length == 4;
  }

  /** RFC 5952, section 4: lower case, no leading zeros, the first longest run of zeros as "::". */
  private static String rfc5952(InetAddress address) {
    byte[] bytes = address.getAddress();
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
    }
    int runStart = -1;
    int runLength = 1; // section 4.2.2: a single zero is not shortened
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > runLength) {
        runStart = i;
        runLength = end - i;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == runStart) {
        text.append("::");
        i += runLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
