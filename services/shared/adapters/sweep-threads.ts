/** Runs the shares of EASE's matrix inverse in worker threads. */
import { Worker } from 'node:worker_threads';
import type { Inverter } from '../learning/ease.ts';
import type { SweepWork } from './sweep-worker.ts';

export function invertInThreads(threads: number): Inverter {
  return {
    threads,
    async run(layout, shared) {
      const workers = Array.from({ length: threads }, (_, thread) => startWorker({ layout, shared, thread, threads }));
      try {
        await Promise.all(workers.map(finished));
      } finally {
        // One that failed leaves the others waiting for it.
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
    },
  };
}

function startWorker(workerData: SweepWork): Worker {
  const source = import.meta.url.endsWith('.ts') ? './sweep-worker.ts' : './sweep-worker.js';
  return new Worker(new URL(source, import.meta.url), { workerData });
}

function finished(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`A thread of EASE stopped with ${code}`)),
    );
  });
}
