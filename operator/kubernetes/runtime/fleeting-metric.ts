/** A metric whose samples are made while they are written out, one after the other, and kept nowhere. */
import type { Metric, Registry } from 'prom-client';

export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface FleetingMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** Called at each scrape. */
  readonly samples: () => Iterable<Sample>;
  /** Waited for before each scrape: lets other work through between two metrics of many samples. */
  readonly turn: () => Promise<void>;
}

/**
 * Gauges of prom-client keep every sample and its key from one scrape to the next, and all families are filled before
 * the first is written: with tens of thousands of samples that is most of a process's memory.
 */
export function registerFleeting(registry: Registry, { turn, samples, ...described }: FleetingMetric): void {
  const values: Iterable<Sample> = { [Symbol.iterator]: () => samples()[Symbol.iterator]() };
  const said = { ...described, values, aggregator: 'sum' };
  const get = async () => {
    await turn();
    return said;
  };
  // What a registry asks of a metric is less than what the classes of the library are.
  registry.registerMetric({ ...described, aggregator: 'sum', get, reset: () => undefined } as unknown as Metric);
}
