package com.fnproject.lb.testbed;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated function does with a call. Each setting is a key of the function's (or its
 * app's) configuration, and but for the first two a request header, which wins.
 *
 * <table>
 *   <caption>Settings</caption>
 *   <tr><th>configuration</th><th>header</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>START_MS</td><td></td><td>{@value #DEFAULT_START_MILLIS}</td><td>what starting a container costs</td></tr>
 *   <tr><td>PULL_MS</td><td></td><td>0</td><td>what a node's first use of the image costs on top</td></tr>
 *   <tr><td>RUN_MS</td><td>Test-Run-Ms</td><td>0</td><td>how long the function works, in ms, fractions allowed</td></tr>
 *   <tr><td>ANSWER</td><td>Test-Answer</td><td>hello</td><td>hello, echo, seen or bytes, see {@link Answer}</td></tr>
 *   <tr><td>ANSWER_BYTES</td><td>Test-Answer-Bytes</td><td>1024</td><td>length of the answer "bytes"</td></tr>
 *   <tr><td>STATUS</td><td>Test-Status</td><td>200</td><td>the function's own status</td></tr>
 *   <tr><td>FAIL</td><td>Test-Fail</td><td>none</td><td>see {@link Failure}; start and image only as
 *     configuration</td></tr>
 * </table>
 *
 * Times are the model's, see {@link FnNodeConfig#timeScale()}.
 */
record Behaviour(
    long startNanos,
    long pullNanos,
    long runNanos,
    Answer answer,
    long answerBytes,
    int status,
    Failure failure) {

  static final int DEFAULT_START_MILLIS = 300;

  /** What a function answers. */
  enum Answer {
    /** {@code {"message":"Hello World"}}. */
    HELLO,
    /** The request's own bytes and content type, up to 16 MiB. */
    ECHO,
    /**
     * JSON of what reached the function: method, target, headers, body length and CRC-32, node,
     * container.
     */
    SEEN,
    /** {@link AnswerBytes} of the length asked for. */
    BYTES
  }

  /** How a function fails (FN-NODES.md, part 2). */
  enum Failure {
    NONE,
    /** The function reports an error of its own: 502 "function failed". */
    CONTRACT,
    /** It runs beyond its time-out: 504 "Timed out". */
    TIMEOUT,
    /**
     * It answers with a status that the contract does not know: 502 "invalid function response".
     */
    STATUS,
    /** Its process dies in the call: 502 "error receiving function response". */
    DIES,
    /** Its process dies at start: 502 "Container failed to initialize, …". */
    START,
    /** Its image does not exist: 404 with the driver's error. */
    IMAGE
  }

  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final Pattern DECIMAL = Pattern.compile("\\d{1,12}(\\.\\d{1,6})?");

  static Behaviour of(JsonObject appConfig, JsonObject fnConfig) {
    Function<String, @Nullable String> setting =
        key -> fnConfig.containsKey(key) ? text(fnConfig, key) : text(appConfig, key);
    return new Behaviour(
        nanos("config START_MS", setting.apply("START_MS"), DEFAULT_START_MILLIS * NANOS_PER_MILLI),
        nanos("config PULL_MS", setting.apply("PULL_MS"), 0),
        nanos("config RUN_MS", setting.apply("RUN_MS"), 0),
        choice("config ANSWER", setting.apply("ANSWER"), Answer.HELLO),
        number("config ANSWER_BYTES", setting.apply("ANSWER_BYTES"), 1024, Long.MAX_VALUE),
        (int) number("config STATUS", setting.apply("STATUS"), 200, 599),
        choice("config FAIL", setting.apply("FAIL"), Failure.NONE));
  }

  /** This behaviour with what the request asks for instead. */
  Behaviour with(Function<String, @Nullable String> header) {
    return new Behaviour(
        startNanos,
        pullNanos,
        nanos("header Test-Run-Ms", header.apply("Test-Run-Ms"), runNanos),
        choice("header Test-Answer", header.apply("Test-Answer"), answer),
        number(
            "header Test-Answer-Bytes",
            header.apply("Test-Answer-Bytes"),
            answerBytes,
            Long.MAX_VALUE),
        (int) number("header Test-Status", header.apply("Test-Status"), status, 599),
        choice("header Test-Fail", header.apply("Test-Fail"), failure));
  }

  private static @Nullable String text(JsonObject config, String key) {
    JsonValue value = config.get(key);
    return value instanceof JsonString string ? string.getString() : null;
  }

  private static long nanos(String what, @Nullable String value, long otherwise) {
    if (value == null) {
      return otherwise;
    }
    if (!DECIMAL.matcher(value).matches()) {
      throw bad(what, value, "milliseconds, such as 20 or 0.5");
    }
    return (long) (Double.parseDouble(value) * NANOS_PER_MILLI);
  }

  private static long number(String what, @Nullable String value, long otherwise, long max) {
    if (value == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw bad(what, value, "a whole number, 0 to " + max);
    }
    throw bad(what, value, "a whole number, 0 to " + max);
  }

  private static <E extends Enum<E>> E choice(String what, @Nullable String value, E otherwise) {
    if (value == null) {
      return otherwise;
    }
    for (E one : otherwise.getDeclaringClass().getEnumConstants()) {
      if (one.name().toLowerCase(Locale.ROOT).equals(value)) {
        return one;
      }
    }
    String all =
        String.join(
            ", ",
            java.util.Arrays.stream(otherwise.getDeclaringClass().getEnumConstants())
                .map(Enum::name)
                .toList());
    throw bad(what, value, "one of " + all.toLowerCase(Locale.ROOT));
  }

  private static FnError bad(String what, String value, String expected) {
    return new FnError(400, "testbed: " + what + ": '" + value + "' (expected: " + expected + ")");
  }
}
