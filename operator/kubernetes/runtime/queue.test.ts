import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { WorkQueue } from './queue.ts';

function queueWith(options: Partial<ConstructorParameters<typeof WorkQueue>[0]> = {}) {
  const timing = new FakeTiming();
  const registry = new Registry();
  const queue = new WorkQueue({ name: 'q', timing, metrics: createRuntimeMetrics(registry), ...options });
  const metric = async (name: string) => {
    const { values } = await registry.getSingleMetric(name)!.get();
    return Object.fromEntries(values.map((value) => ['metricName' in value ? value.metricName : name, value.value]));
  };
  return { queue, timing, metric };
}

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key }),
  fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ do: fc.constant('retry' as const), key }),
  fc.record({ do: fc.constant('take' as const) }),
  fc.record({ do: fc.constant('done' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Actors {
  readonly queue: WorkQueue;
  readonly timing: FakeTiming;
  readonly take: () => void;
  readonly done: (pick: number) => void;
}

function perform(todo: Step, { queue, timing, take, done }: Actors): void {
  if (todo.do === 'take') take();
  if (todo.do === 'done') done(todo.pick);
  if (todo.do === 'advance') timing.advanceNow(todo.ms);
  if (todo.do === 'add') queue.add(todo.key);
  if (todo.do === 'addAfter') queue.addAfter(todo.key, todo.ms);
  if (todo.do === 'retry') queue.retry(todo.key);
}

describe('WorkQueue', () => {
  it('gives each key once however often it was added, in the order of the first adding', async () => {
    const { queue } = queueWith();
    for (const key of ['a', 'b', 'a', 'a', 'c']) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
    expect(queue.depth).toBe(0);
  });

  it('gives a key that is added while it is worked on once more, but only after it is done', async () => {
    const { queue } = queueWith();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    const next = queue.take();
    let given = false;
    void next.then(() => (given = true));
    await Promise.resolve();
    expect(given).toBe(false);
    queue.done('a');
    expect(await next).toBe('a');
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  it('wakes one waiting worker a key', async () => {
    const { queue } = queueWith();
    const takes = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(takes)).toEqual(['a', 'b']);
  });

  it('waits 5 ms after the first failure and twice as long after each next one, to 1,000 s, until forgotten', async () => {
    const { queue, timing } = queueWith({ retriesPerSecond: 1e9 });
    const waits: number[] = [];
    const failOnce = async () => {
      const from = timing.monotonic();
      queue.retry('a');
      const taken = queue.take();
      while (queue.active === 0) timing.advanceNow(5);
      waits.push(timing.monotonic() - from);
      queue.done((await taken)!);
    };
    for (let i = 0; i < 5; i++) await failOnce();
    expect(waits).toEqual([5, 10, 20, 40, 80]);
    for (let i = 0; i < 14; i++) await failOnce();
    expect(waits.at(-2)).toBe(655_360);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(queue.failures('a')).toBe(19);
    queue.forget('a');
    await failOnce();
    expect(waits.at(-1)).toBe(5);
  });

  it('lets no more retries through than the bucket, whatever the number of keys', () => {
    const { queue, timing } = queueWith({ retriesPerSecond: 10, retryBurst: 5 });
    for (let i = 0; i < 25; i++) queue.retry(`k${i}`);
    timing.advanceNow(50);
    expect(queue.depth).toBe(5);
    timing.advanceNow(1_000);
    expect(queue.depth).toBe(15);
    timing.advanceNow(1_000);
    expect(queue.depth).toBe(25);
  });

  it('adds at the earliest of several later moments', () => {
    const { queue, timing } = queueWith();
    queue.addAfter('a', 100);
    queue.addAfter('a', 30);
    queue.addAfter('a', 60);
    timing.advanceNow(29);
    expect(queue.depth).toBe(0);
    timing.advanceNow(1);
    expect(queue.depth).toBe(1);
    expect(timing.pending).toBe(0);
  });

  it('leaves a key alone for a while after its work, and takes what came in between together', async () => {
    const { queue, timing } = queueWith({ pauseMs: 300 });
    queue.add('a');
    await queue.take();
    queue.add('a');
    timing.advanceNow(50);
    queue.done('a');
    queue.add('a');
    timing.advanceNow(299);
    queue.add('a');
    queue.add('b');
    expect(queue.depth).toBe(1);
    timing.advanceNow(1);
    expect([await queue.take(), await queue.take(), queue.depth]).toEqual(['b', 'a', 0]);
    queue.done('a');
    timing.advanceNow(300);
    queue.add('a');
    expect(queue.depth).toBe(1);
  });

  it('gives undefined to everybody after shutdown and leaves no timer', async () => {
    const { queue, timing } = queueWith();
    const waiting = queue.take();
    queue.addAfter('a', 100);
    queue.shutdown();
    queue.add('b');
    queue.addAfter('c', 1);
    queue.retry('d');
    expect(await waiting).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(timing.pending).toBe(0);
    expect(queue.depth).toBe(0);
  });

  it('lets work in progress end after shutdown, and refuses an end without a beginning', async () => {
    const { queue } = queueWith();
    queue.add('a');
    await queue.take();
    queue.shutdown();
    queue.done('a');
    expect(() => queue.done('a')).toThrow('a is not being worked on');
  });

  it('counts as client-go does', async () => {
    const { queue, timing, metric } = queueWith();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await metric('workqueue_depth')).toEqual({ workqueue_depth: 2 });
    timing.advanceNow(3_000);
    await queue.take();
    timing.advanceNow(2_000);
    queue.done('a');
    queue.retry('a');
    expect(await metric('workqueue_depth')).toEqual({ workqueue_depth: 1 });
    expect(await metric('workqueue_adds_total')).toEqual({ workqueue_adds_total: 2 });
    expect(await metric('workqueue_retries_total')).toEqual({ workqueue_retries_total: 1 });
    expect((await metric('workqueue_queue_duration_seconds')).workqueue_queue_duration_seconds_sum).toBe(3);
    expect((await metric('workqueue_work_duration_seconds')).workqueue_work_duration_seconds_sum).toBe(2);
  });

  it('in any interleaving never gives a key to two workers and loses no adding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 20), async (steps, pauseMs) => {
        const { queue, timing } = queueWith({ pauseMs });
        const working: string[] = [];
        const ended = new Map<string, number>();
        const owed = new Set<string>();
        let workers = 0;
        const take = () => {
          workers++;
          void queue.take().then((taken) => {
            workers--;
            if (taken === undefined) return;
            expect(working).not.toContain(taken);
            expect(timing.monotonic() - (ended.get(taken) ?? -Infinity)).toBeGreaterThanOrEqual(pauseMs);
            working.push(taken);
            owed.delete(taken);
          });
        };
        const done = (at: number) => {
          const [worked] = working.splice(at, 1);
          ended.set(worked!, timing.monotonic());
          queue.done(worked!);
        };
        for (const todo of steps) {
          perform(todo, {
            queue,
            timing,
            take: () => workers < 4 && take(),
            done: (pick) => working.length > 0 && done(pick % working.length),
          });
          if ('key' in todo) owed.add(todo.key);
          await Promise.resolve();
          await Promise.resolve();
        }
        timing.advanceNow(10_000_000);
        for (let rounds = 0; rounds < 20; rounds++) {
          while (working.length > 0) done(0);
          if (workers === 0) take();
          timing.advanceNow(pauseMs);
          await Promise.resolve();
          await Promise.resolve();
        }
        expect([...owed]).toEqual([]);
        expect(queue.active + queue.depth).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
