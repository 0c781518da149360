/** While another model is on trial both are at hand; the one that has proved itself never waits for it. */
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { LikenessError } from '../../shared/errors.ts';
import type { LoadedModel } from '../../shared/learning/artifact.ts';
import { activeKey } from '../../shared/model-stream.ts';
import { followedModels } from './followed-models.ts';

const since = '2026-01-01T00:00:00.000Z';
const ref = (version: string) => ({ version, digest: `sha-${version}` });

function world() {
  const fetched: string[] = [];
  const away = new Set<string>();
  const bad = new Set<string>();
  const followed = followedModels({
    names: ['m'],
    fetch: async (digest) => {
      fetched.push(digest);
      if (away.has(digest)) throw new LikenessError('StoreUnavailable', 'away', { retryable: true });
      return new Map();
    },
    open: (_, digest) => {
      if (bad.has(digest)) throw new LikenessError('ModelInvalid', 'half an artifact');
      return { digest, manifest: { model: 'm', version: digest.slice(4) } } as LoadedModel;
    },
    watch: ({ digest, manifest: { model: name, version } }, generation) => {
      return { name, version, digest, generation, sketches: new Map(), look: () => undefined };
    },
    logger: pino({ enabled: false }),
    retryMs: 1,
  });
  const announce = (version: string, generation: number, stable?: string) => {
    const of = { kind: 'active', model: 'm', ...ref(version), generation, activatedAt: since };
    const trial = stable === undefined ? { canaryPercent: 100 } : { canaryPercent: 10, stable: ref(stable) };
    followed.apply({ key: activeKey('m'), value: Buffer.from(JSON.stringify({ ...of, ...trial })) });
  };
  const shown = () =>
    followed.current().map(({ version, generation, onTrial }) => {
      return [version, generation, onTrial?.model.version, onTrial?.model.generation, onTrial?.since];
    });
  return { followed, announce, fetched, away, bad, shown };
}

it('fetches each once, from the trial to its end either way', async () => {
  const { followed, announce, fetched, shown } = world();
  announce('a', 1);
  await followed.settled();
  announce('b', 2, 'a');
  await followed.settled();
  expect(shown()).toEqual([['a', 2, 'b', 2, since]]);
  announce('b', 3);
  await followed.settled();
  expect(shown()).toEqual([['b', 3, undefined, undefined, undefined]]);
  announce('c', 4, 'b');
  await followed.settled();
  announce('b', 5);
  await followed.settled();
  expect(shown()).toEqual([['b', 5, undefined, undefined, undefined]]);
  expect(fetched).toEqual(['sha-a', 'sha-b', 'sha-c']);
  await followed.close();
});

it('watches the old one while the one on trial is away, or is no good, and says so', async () => {
  const { followed, announce, away, bad, shown } = world();
  away.add('sha-b');
  announce('b', 1, 'a');
  await expect.poll(() => followed.notes()).toEqual(['model m b, generation 1, is unavailable: away']);
  expect(shown()).toEqual([['a', 1, undefined, undefined, undefined]]);
  away.clear();
  await followed.settled();
  expect([shown(), followed.notes()]).toEqual([[['a', 1, 'b', 1, since]], []]);
  bad.add('sha-c');
  announce('c', 2, 'a');
  await followed.settled();
  expect(shown()).toEqual([['a', 2, undefined, undefined, undefined]]);
  expect(followed.notes()).toEqual(['model m c, generation 2, is refused: half an artifact']);
  await followed.close();
});
