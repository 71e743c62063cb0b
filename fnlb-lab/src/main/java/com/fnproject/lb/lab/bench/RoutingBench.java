package com.fnproject.lb.lab.bench;

import com.fnproject.lb.node.Quoted;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;

/** {@code fnlb bench routing}, from its flags to its tables. */
public final class RoutingBench {
  private static final int FAILED = 1;
  private static final int MISUSE = 2;

  private final BenchFlags flags;
  private final PrintStream out;
  private final List<Result> results = new ArrayList<>();

  /** One run. */
  record Result(String workload, int balancers, Contender contender, long seed, Figures figures) {}

  /** A workload with any seed; a file has but one. */
  private record Source(String name, LongFunction<Workload> make) {}

  private RoutingBench(BenchFlags flags, PrintStream out) {
    this.flags = flags;
    this.out = out;
  }

  /**
   * Runs the bench and prints its tables.
   *
   * @param args the flags
   * @return the exit code: 0; 1 when a file cannot be written or a policy broke the SPI's rules; 2
   *     when the flags or a workload file make no sense
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    BenchFlags flags;
    try {
      flags = BenchFlags.parse(args);
    } catch (BenchFlags.Misuse e) {
      e.faults().forEach(fault -> err.println("fnlb: " + fault));
      err.println("fnlb: see fnlb bench routing --help");
      return MISUSE;
    }
    if (flags.help()) {
      out.print(BenchFlags.HELP);
      out.flush();
      return 0;
    }
    try {
      new RoutingBench(flags, out).run();
      return 0;
    } catch (BadWorkload e) {
      err.println("fnlb: " + e.getMessage());
      return MISUSE;
    } catch (IOException e) {
      err.println("fnlb: cannot write: " + e);
      return FAILED;
    } catch (ExecutionException e) {
      err.println("fnlb: the bench failed: " + e.getCause());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private void run() throws BadWorkload, IOException, ExecutionException, InterruptedException {
    Path write = flags.write();
    if (write != null) {
      WorkloadFile.write(flags.scenarios().getFirst().make(flags.seeds(), flags.rate()), write);
      return;
    }
    List<Source> sources = sources();
    try (ExecutorService runners =
        Executors.newFixedThreadPool(
            flags.live() ? 1 : flags.threads(),
            Thread.ofPlatform().daemon().name("bench-", 0).factory())) {
      try {
        List<List<Future<Result>>> tables = new ArrayList<>();
        for (Source source : sources) {
          for (int balancers : flags.balancers()) {
            tables.add(submit(source, balancers, runners));
          }
        }
        for (List<Future<Result>> table : tables) {
          List<Result> done = new ArrayList<>();
          for (Future<Result> run : table) {
            done.add(run.get());
          }
          results.addAll(done);
          out.print(ResultTable.of(done, columns()));
          out.flush();
        }
      } finally {
        runners.shutdownNow();
      }
    }
    if (flags.contenders().size() > 1) {
      out.print(ResultTable.summary(results));
    }
    out.flush();
    Path csv = flags.csv();
    if (csv != null) {
      writeCsv(csv);
    }
  }

  private List<Source> sources() throws BadWorkload {
    List<Source> sources = new ArrayList<>();
    for (Scenario scenario : flags.scenarios()) {
      sources.add(new Source(scenario.label(), seed -> scenario.make(seed, flags.rate())));
    }
    for (Path file : flags.files()) {
      Workload workload = WorkloadFile.read(file);
      if (sources.stream().anyMatch(source -> source.name.equals(workload.name()))) {
        throw new BadWorkload(
            "workload %s: the name %s (expected: another than those of other workloads)"
                .formatted(file, Quoted.of(workload.name())));
      }
      sources.add(new Source(workload.name(), seed -> workload));
    }
    return sources;
  }

  private List<Future<Result>> submit(Source source, int balancers, ExecutorService runners) {
    List<Future<Result>> runs = new ArrayList<>();
    for (Contender contender : flags.contenders()) {
      for (long seed = 1; seed <= flags.seeds(); seed++) {
        long ofRun = seed;
        runs.add(runners.submit(() -> once(source, balancers, contender, ofRun)));
      }
    }
    return runs;
  }

  private Result once(Source source, int balancers, Contender contender, long seed)
      throws InterruptedException {
    Workload workload = source.make.apply(seed);
    Figures figures =
        flags.live()
            ? new LiveRun(
                    workload, contender, balancers, flags.timeScale(), flags.balancerFlags(), seed)
                .run()
            : virtual(workload, balancers, contender, seed);
    return new Result(source.name, balancers, contender, seed, figures);
  }

  private Figures virtual(Workload workload, int balancers, Contender contender, long seed) {
    return new VirtualRun(
            workload,
            contender.provider(),
            contender.options(),
            balancers,
            flags.readingsNanos(),
            seed)
        .run();
  }

  private List<Figures.Column> columns() {
    return flags.live() ? Figures.LIVE_COLUMNS : Figures.COLUMNS;
  }

  private void writeCsv(Path path) throws IOException {
    try (Writer csv = Files.newBufferedWriter(path, StandardCharsets.UTF_8)) {
      csv.write("workload,balancers,policy,seed,calls");
      for (Figures.Column column : columns()) {
        csv.write("," + column.title().replace(" %", "-percent").replace(' ', '-'));
      }
      csv.write('\n');
      for (Result result : results) {
        csv.write(
            "%s,%d,%s,%d,%d"
                .formatted(
                    result.workload,
                    result.balancers,
                    result.contender.label(),
                    result.seed,
                    result.figures.calls()));
        for (Figures.Column column : columns()) {
          double value = column.value().applyAsDouble(result.figures);
          csv.write(Double.isNaN(value) ? "," : String.format(Locale.ROOT, ",%.6g", value));
        }
        csv.write('\n');
      }
    }
  }
}
