/** What is remembered of trainings, wherever a part of it is lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrainingStatus } from '../../../crds/status.ts';
import { begun, dayMs, emptyLedger, ended, type TrainingLedger, type Trigger } from '../../retrain.ts';
import { beyondLimit, jobName, memoryOf, remember, statusOf } from './memory.ts';
import { observeJob, type TrainingJob } from './observe-job.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const ends = {
  Succeeded: [{ type: 'Complete', status: 'True' }],
  Failed: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }],
  TooFewEvents: [{ type: 'Failed', status: 'True', reason: 'PodFailurePolicy', message: 'with exit code 65 matching' }],
  Running: [],
} as const;

function jobOf(ledger: TrainingLedger, end: keyof typeof ends): TrainingJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `run-${ledger.count}`, annotations: { 'likeness.dev/training-memory': memoryOf(ledger) } },
    status: { conditions: ends[end] as never },
  };
}

const statusWith = (ledger: TrainingLedger, job?: TrainingJob): TrainingStatus => ({
  phase: job ? observeJob(job).phase : 'Idle',
  ...statusOf(ledger),
});

/** A life of trainings, each begun a while after the last and ended somehow. */
const life = fc.array(
  fc.record({
    minutes: fc.integer({ min: 1, max: 600 }),
    records: fc.nat(1_000_000),
    trigger: fc.constantFrom<Trigger>('Initial', 'Growth', 'Schedule', 'Drift', 'Manual'),
    end: fc.constantFrom<keyof typeof ends>('Succeeded', 'Failed', 'TooFewEvents'),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('the memory of trainings', () => {
  it('is the same from the status, from the newest Job, and from both', () => {
    fc.assert(
      fc.property(life, fc.boolean(), (runs, isOver) => {
        let ledger = emptyLedger;
        let job: TrainingJob | undefined;
        let status: TrainingStatus | undefined;
        let now = start;
        for (const [index, { minutes, records, trigger, end }] of runs.entries()) {
          now += minutes * 60_000;
          const last = index === runs.length - 1;
          const remembered = begun(ledger, { trigger, id: `id-${index}`, now, records });
          job = jobOf(remembered, last && !isOver ? 'Running' : end);
          ledger = ended(remembered, last && !isOver ? 'Running' : end);
          status = statusWith(ledger, job);
        }
        expect(remember(undefined, [job!]).ledger).toEqual(ledger);
        expect(remember(status, [job!]).ledger).toEqual(ledger);
        if (isOver) expect(remember(status, []).ledger).toEqual(ledger);
        expect(ledger.startTimes.every((at) => now - at < dayMs)).toBe(true);
      }),
    );
  });

  it('takes a Job that is gone before it ended for failed, and one that is not in the status yet for begun', () => {
    const first = begun(emptyLedger, { trigger: 'Initial', id: 'first', now: start, records: 10 });
    expect(remember({ ...statusOf(first), phase: 'Running' }, []).ledger).toMatchObject({
      last: { outcome: 'Failed' },
      failures: 1,
    });
    expect(remember(undefined, [jobOf(first, 'Running')]).ledger.last?.outcome).toBe('Running');
  });

  it('looks past annotations that somebody has spoilt', () => {
    const first = begun(emptyLedger, { trigger: 'Initial', id: 'first', now: start, records: 10 });
    const spoilt = jobOf(first, 'Running');
    for (const text of ['', '{}', 'null', '{"count":"1"}', '[]'])
      expect(
        remember(undefined, [
          { ...spoilt, metadata: { name: 'x', annotations: { 'likeness.dev/training-memory': text } } },
        ]).ledger,
      ).toEqual(emptyLedger);
  });

  it('lets the oldest ended Jobs go, never the newest or one that runs', () => {
    let ledger = emptyLedger;
    const jobs = (['Succeeded', 'Failed', 'Succeeded', 'Running'] as const).map((end, index) => {
      const run = { trigger: 'Manual', id: String(index), now: start + index, records: 1 } as const;
      ledger = begun(ledger, run);
      return jobOf(ledger, end);
    });
    const names = (limit: number) => beyondLimit(jobs.toReversed(), limit).map(({ metadata }) => metadata.name);
    expect(names(1)).toEqual(['run-1', 'run-2']);
    expect(names(3)).toEqual([]);
  });

  it('names a run by what set it off, so that the same is the same and another is another', () => {
    const pipeline = { name: 'shop', uid: 'u-1' };
    const name = jobName(pipeline, { trigger: 'Drift', id: '7', attempt: 3 });
    expect(name).toMatch(/^shop-train-[0-9a-f]{8}$/);
    expect(jobName(pipeline, { trigger: 'Drift', id: '7', attempt: 3 })).toBe(name);
    const others = [
      jobName({ ...pipeline, uid: 'u-2' }, { trigger: 'Drift', id: '7', attempt: 3 }),
      jobName(pipeline, { trigger: 'Manual', id: '7', attempt: 3 }),
      jobName(pipeline, { trigger: 'Drift', id: '8', attempt: 3 }),
      jobName(pipeline, { trigger: 'Drift', id: '7', attempt: 4 }),
    ];
    expect(new Set([name, ...others]).size).toBe(5);
  });
});
