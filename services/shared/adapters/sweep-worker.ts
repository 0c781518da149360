/** A worker thread of EASE: one share of the matrix inverse, in memory that all of them share. */
import { workerData } from 'node:worker_threads';
import { sweepShare, type SweepLayout } from '../learning/spd-inverse.ts';
import { tileKernel, type SharedMemory } from '../learning/sweep-kernel.ts';

export interface SweepWork {
  readonly layout: SweepLayout;
  readonly shared: SharedMemory;
  readonly thread: number;
  readonly threads: number;
}

const { layout, shared, thread, threads } = workerData as SweepWork;
const counters = new Int32Array(shared.buffer, layout.bytes, 2);
const [arrivals, rounds] = [0, 1] as const;

/** The last to arrive opens the next round. */
function barrier(): void {
  const round = Atomics.load(counters, rounds);
  if (Atomics.add(counters, arrivals, 1) + 1 === threads) {
    Atomics.store(counters, arrivals, 0);
    Atomics.add(counters, rounds, 1);
    Atomics.notify(counters, rounds);
    return;
  }
  while (Atomics.load(counters, rounds) === round) Atomics.wait(counters, rounds, round);
}

const memory = new Float64Array(shared.buffer, 0, layout.bytes / 8);
sweepShare({ layout, memory, kernel: tileKernel(shared, layout.padded * 8), thread, threads, barrier });
