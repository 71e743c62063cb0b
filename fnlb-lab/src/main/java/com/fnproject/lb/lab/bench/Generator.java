package com.fnproject.lb.lab.bench;

import static com.fnproject.lb.lab.bench.Workload.MEBIBYTE;
import static com.fnproject.lb.lab.bench.Workload.SECOND;

import com.fnproject.lb.lab.bench.Workload.Change;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes workloads shaped after what is published of the Azure Functions traces (Shahrad et al.,
 * "Serverless in the Wild", USENIX ATC 2020): few functions get most of the calls, durations are
 * log-normal over functions and within one, rare functions are often called by a timer. Numbers
 * that are not from there are chosen so that the cluster has to work; the mean load is the same for
 * every seed.
 *
 * <p>Every number is a whole one of microseconds, so that a file holds it as it is.
 */
final class Generator {
  static final int SECONDS = 360;

  private static final int WARM_UP_SECONDS = 60;

  /** The traffic grows until then: a whole cluster that starts cold at full load says nothing. */
  private static final double RAMP_SECONDS = 40;

  private static final long MICROSECOND = 1_000L;
  static final int CALLS_PER_SECOND = 280;
  private static final double CORES = 8;

  /** Of ln(work) within a function. */
  private static final double SIGMA_WITHIN = 0.35;

  private static final double MEAN_TO_MEDIAN = Math.exp(SIGMA_WITHIN * SIGMA_WITHIN / 2);

  private static final double MOST_OF_ONE = 0.1;

  private final SplittableRandom random;
  private final double rate;
  private final List<Workload.Node> nodes = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private int functions = 300;
  private double skew = 1.1;
  private double sigmaOfMedians = 1.2;
  private int memoryMebibytes = 32_768;
  private double load = 0.5;
  private double burstSeconds;
  private double silenceSeconds;
  private double crowdLoad;
  private double swell = 1;
  private double specialFrom;
  private double specialTo;

  /**
   * A workload to be described.
   *
   * @param callsPerSecond mean over all functions; with fewer each call is longer
   */
  Generator(long seed, double callsPerSecond) {
    this.random = new SplittableRandom(seed);
    this.rate = callsPerSecond;
  }

  /** What each of the following like nodes has for containers. */
  void nodeMemory(int mebibytes) {
    memoryMebibytes = mebibytes;
  }

  /** So many like nodes more, of 8 cores. */
  void nodes(int count) {
    for (int i = 0; i < count; i++) {
      node(CORES, memoryMebibytes, 1);
    }
  }

  void node(double cores, int mebibytes, double slowness) {
    String name = "10.0.0." + (nodes.size() + 1) + ":8080";
    nodes.add(new Workload.Node(name, cores, mebibytes * MEBIBYTE, false, slowness));
  }

  /**
   * The functions.
   *
   * @param skew the i-th most popular has a share of the calls that falls with i to this power
   * @param sigma of the logarithm of their median durations
   */
  void functions(int count, double skew, double sigma) {
    this.functions = count;
    this.skew = skew;
    this.sigmaOfMedians = sigma;
  }

  /** The share of the processors of the nodes that are there at first, start-ups not counted. */
  void load(double share) {
    this.load = share;
  }

  /** Calls of a function come in bursts; means of exponential times. */
  void bursts(double seconds, double silence) {
    this.burstSeconds = seconds;
    this.silenceSeconds = silence;
  }

  /** One rare function more needs this share of the cluster for a time. */
  void crowd(double share, double fromSeconds, double toSeconds) {
    this.crowdLoad = share;
    this.specialFrom = fromSeconds;
    this.specialTo = toSeconds;
  }

  /** All calls come so many times as often for a time. */
  void swell(double factor, double fromSeconds, double toSeconds) {
    this.swell = factor;
    this.specialFrom = fromSeconds;
    this.specialTo = toSeconds;
  }

  void change(double seconds, Change.Kind kind, int node, double slowness) {
    changes.add(new Change((long) (seconds * SECOND), kind, node, slowness));
  }

  /** The workload; to be called once. */
  Workload make(String name) {
    double[] share = shares();
    double[] medianSeconds = medians(share);
    double meanSeconds = 0;
    for (int i = 0; i < functions; i++) {
      meanSeconds += share[i] * medianSeconds[i] * MEAN_TO_MEDIAN;
    }
    double scale = load * coresAtFirst() / rate / meanSeconds;
    List<Workload.Function> made = new ArrayList<>();
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < functions; i++) {
      made.add(function());
      arrivals(i, share[i] * rate, medianSeconds[i] * scale, arrivals);
    }
    if (crowdLoad > 0) {
      double median = 0.1 * CALLS_PER_SECOND / rate;
      made.add(function());
      double crowded = crowdLoad * coresAtFirst() / median / MEAN_TO_MEDIAN;
      crowd(functions, crowded, median, arrivals);
    }
    arrivals.sort(Comparator.comparingLong(Arrival::atNanos).thenComparingInt(Arrival::function));
    int size = arrivals.size();
    long[] at = new long[size];
    int[] function = new int[size];
    long[] work = new long[size];
    for (int i = 0; i < size; i++) {
      Arrival arrival = arrivals.get(i);
      at[i] = arrival.atNanos;
      function[i] = arrival.function;
      work[i] = arrival.workNanos;
    }
    return new Workload(
        name,
        List.copyOf(nodes),
        List.copyOf(made),
        List.copyOf(changes),
        WARM_UP_SECONDS * SECOND,
        SECONDS * SECOND,
        new Workload.Calls(at, function, work, size));
  }

  /**
   * How long functions run, but for a common factor. None needs more than a tenth of all processor
   * time, or what a seed comes to would be chance.
   */
  private double[] medians(double[] share) {
    double[] medians = new double[functions];
    double sum = 0;
    for (int i = 0; i < functions; i++) {
      medians[i] = clamp(Math.exp(random.nextGaussian() * sigmaOfMedians), 0.02, 50);
      sum += share[i] * medians[i];
    }
    for (int i = 0; i < functions; i++) {
      medians[i] = Math.min(medians[i], MOST_OF_ONE * sum / share[i]);
    }
    return medians;
  }

  private record Arrival(long atNanos, int function, long workNanos) {}

  private double[] shares() {
    double[] share = new double[functions];
    double sum = 0;
    for (int i = 0; i < functions; i++) {
      // The first few are made more alike: with one function, a fifth of all calls at most.
      share[i] = Math.pow(i + 3, -skew);
      sum += share[i];
    }
    for (int i = 0; i < functions; i++) {
      share[i] /= sum;
    }
    return share;
  }

  private double coresAtFirst() {
    double cores = 0;
    for (int i = 0; i < nodes.size(); i++) {
      int node = i;
      boolean later =
          changes.stream().anyMatch(c -> c.node() == node && c.kind() == Change.Kind.ADDED);
      cores += later ? 0 : nodes.get(i).cores() / nodes.get(i).slowness();
    }
    return cores;
  }

  /** Names differ from seed to seed, so that places that are drawn from names differ, too. */
  private Workload.Function function() {
    double kind = random.nextDouble();
    long memory = kind < 0.6 ? 128 : kind < 0.9 ? 256 : 512;
    return new Workload.Function(
        "fn-" + Long.toHexString(random.nextLong() >>> 16 | 1L << 47),
        memory * MEBIBYTE,
        micros(clamp(0.8 * Math.exp(0.5 * random.nextGaussian()), 0.2, 3)),
        micros(clamp(1.5 * Math.exp(0.6 * random.nextGaussian()), 0.3, 8)),
        30 * SECOND,
        60 * SECOND);
  }

  private void arrivals(int function, double rate, double median, List<Arrival> out) {
    boolean timer = rate < 0.2 && burstSeconds == 0 && random.nextDouble() < 0.4;
    if (timer) {
      double period = 1 / rate;
      for (double t = random.nextDouble() * period; t < SECONDS; t += period) {
        add(t + 0.01 * random.nextDouble(), function, median, out);
      }
      return;
    }
    double cycle = burstSeconds + silenceSeconds;
    double within = burstSeconds == 0 ? rate : rate * cycle / burstSeconds;
    boolean bursting = burstSeconds == 0 || random.nextDouble() < burstSeconds / cycle;
    double until = burstSeconds == 0 ? SECONDS : exponential(mean(bursting));
    double peak = within * swell;
    for (double t = 0; t < SECONDS; ) {
      t += exponential(1 / peak);
      while (t >= until && until < SECONDS) {
        bursting = !bursting;
        // What was drawn reaches into another time; as the gaps have no memory, draw from there.
        t = until + exponential(1 / peak);
        until += exponential(mean(bursting));
      }
      boolean special = t >= specialFrom && t < specialTo;
      if (bursting && (special || swell == 1 || random.nextDouble() * swell < 1)) {
        add(t, function, median, out);
      }
    }
  }

  private double mean(boolean bursting) {
    return bursting ? burstSeconds : silenceSeconds;
  }

  /** Rises within 5 s to its height, and falls as fast. */
  private void crowd(int function, double rate, double median, List<Arrival> out) {
    for (double t = exponential(1 / rate); t < SECONDS; t += exponential(1 / rate)) {
      double height = clamp(Math.min(t - specialFrom, specialTo - t) / 5, 0.05 / rate, 1);
      if (random.nextDouble() < height) {
        add(t, function, median, out);
      }
    }
  }

  private void add(double seconds, int function, double median, List<Arrival> out) {
    boolean risen = seconds > RAMP_SECONDS || random.nextDouble() * RAMP_SECONDS < seconds;
    if (seconds < SECONDS && risen) {
      double work = median * Math.exp(SIGMA_WITHIN * random.nextGaussian());
      out.add(new Arrival(micros(seconds), function, micros(clamp(work, 0.0005, 30))));
    }
  }

  private double exponential(double mean) {
    return -mean * Math.log(1 - random.nextDouble());
  }

  private static double clamp(double value, double least, double most) {
    return Math.max(least, Math.min(most, value));
  }

  private static long micros(double seconds) {
    return Math.round(seconds * 1e6) * MICROSECOND;
  }
}
