/** Test projects: `unit` needs nothing but Node; `real` runs against real Kafka, Redis and processes. */
import { defineConfig } from 'vitest/config';

const beside = [
  'services/**/*.test.ts',
  'operator/**/*.test.ts',
  'crds/**/*.test.ts',
  'charts/**/*.test.ts',
  'cli/**/*.test.ts',
  'examples/**/*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      // One load of each module for all files of a worker: loading takes two thirds of the time otherwise.
      { test: { name: 'unit', include: beside, testTimeout: 20_000, pool: 'threads', isolate: false } },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/testbed/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
