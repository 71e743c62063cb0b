package com.fnproject.lb.lab.bench;

import com.fnproject.lb.lab.bench.Workload.Change;
import java.util.Locale;

/**
 * The workloads that the bench can make. Each lasts {@value Generator#SECONDS} s of which the first
 * minute is not counted, and is the same for the same seed.
 */
enum Scenario {
  /** Ten like nodes, half of their processors in use. */
  STEADY {
    @Override
    void shape(Generator make) {
      make.nodes(10);
      make.load(0.5);
    }
  },
  /** Less work, but each function's calls come in bursts of some 6 s with silence between. */
  BURSTY {
    @Override
    void shape(Generator make) {
      make.nodes(10);
      make.load(0.25);
      make.bursts(6, 8);
    }
  },
  /** For a minute one function that was rare needs a fifth of the cluster. */
  FLASH_CROWD {
    @Override
    void shape(Generator make) {
      make.nodes(10);
      make.load(0.35);
      make.crowd(0.2, 180, 240);
    }
  },
  /** One node of ten is killed half-way. */
  NODE_LOST {
    @Override
    void shape(Generator make) {
      make.nodes(10);
      make.load(0.5);
      make.change(200, Change.Kind.LOST, 4, 1);
    }
  },
  /** An eleventh node joins ten busy ones half-way. */
  NODE_ADDED {
    @Override
    void shape(Generator make) {
      make.nodes(11);
      make.load(0.55);
      make.change(200, Change.Kind.ADDED, 10, 1);
    }
  },
  /** Large, small and slow nodes; a good one is three times as slow for a minute and a half. */
  HETEROGENEOUS {
    @Override
    void shape(Generator make) {
      make.node(16, 65_536, 1);
      make.node(16, 65_536, 1);
      make.nodes(4);
      make.node(4, 16_384, 1);
      make.node(4, 16_384, 1);
      make.node(8, 32_768, 2);
      make.node(8, 32_768, 2);
      make.load(0.45);
      make.change(180, Change.Kind.SLOWED, 3, 3);
      make.change(270, Change.Kind.SLOWED, 3, 1);
    }
  },
  /** A third of the memory that the others have: containers are evicted all the time. */
  MEMORY_TIGHT {
    @Override
    void shape(Generator make) {
      make.nodeMemory(12_288);
      make.nodes(10);
      make.load(0.4);
    }
  },
  /** Five times as many functions, most of them rare, some of them long. */
  LONG_TAIL {
    @Override
    void shape(Generator make) {
      make.functions(1_500, 0.95, 1.8);
      make.nodes(10);
      make.load(0.4);
    }
  },
  /** For half a minute more work than the cluster can do. */
  OVERLOAD {
    @Override
    void shape(Generator make) {
      make.nodes(10);
      make.load(0.5);
      make.swell(2.3, 150, 180);
    }
  };

  /** How it is called on the command line and in tables. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The workload of this kind with this seed and this many calls a second. */
  Workload make(long seed, double callsPerSecond) {
    Generator generator = new Generator(seed, callsPerSecond);
    shape(generator);
    return generator.make(label());
  }

  abstract void shape(Generator make);
}
