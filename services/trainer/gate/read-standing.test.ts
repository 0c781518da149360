/** What the stream `models` says of a candidate that is to be judged. */
import { expect, it } from 'vitest';
import type { Broker, BrokerRecord } from '../../shared/broker.ts';
import { activeKey, candidateKey, gateKey } from '../../shared/model-stream.ts';
import { readStanding } from './read-standing.ts';

const of = (version: string, model = 'next-item') => ({ model, version, digest: `digest-${version}` });
const candidate = (runId: string, model?: string) => [
  candidateKey(runId),
  { kind: 'candidate', ...of(runId, model), runId, metrics: {} },
];
const active = (version: string, generation: number, model = 'next-item') => [
  activeKey(model),
  { kind: 'active', ...of(version, model), generation, canaryPercent: 100 },
];
const gate = (runId: string, digest: string) => [
  gateKey(runId),
  { kind: 'gate', ...of(runId), digest, runId, verdict: 'Refused', reasons: ['so'], against: null },
];

/** Of the run `r`, in a stream of these messages that has let go of what came before them. */
function standing(...messages: readonly (readonly unknown[])[]) {
  const records = messages.map(([key, message], at): BrokerRecord => {
    return { offset: 7 + at, key: key as string, timestamp: 0, value: Buffer.from(JSON.stringify(message)) };
  });
  const broker = {
    offsets: async () => [{ partition: 0, low: 7, high: 7 + records.length }],
    async *read({ from, to }: { from: number; to: number }) {
      yield records.filter(({ offset }) => offset >= from && offset < to);
    },
  } as unknown as Broker;
  return readStanding(broker, 'models', { runId: 'r', digest: 'digest-r' });
}

it('is compared with the model of the highest generation, and of equal ones with the first', async () => {
  const lower = await standing(active('a', 3), active('b', 2), candidate('r'));
  expect(lower).toMatchObject({ candidate: { version: 'r' }, active: { version: 'a' }, judgedAs: undefined });
  expect((await standing(active('a', 1), active('b', 1), candidate('r'))).active).toMatchObject({ version: 'a' });
  expect((await standing(active('a', 1), candidate('r'), active('b', 2))).active).toMatchObject({ version: 'b' });
});

it('is compared with no model of another name, and there is nothing to compare where nobody announced it', async () => {
  expect((await standing(active('a', 1, 'other'), candidate('r'))).active).toBeUndefined();
  expect(await standing(active('a', 1), candidate('s'))).toEqual({
    candidate: undefined,
    active: undefined,
    judgedAs: undefined,
  });
});

it('its run was judged before only if that was another artifact', async () => {
  expect((await standing(candidate('r'), gate('r', 'digest-r'))).judgedAs).toBeUndefined();
  expect((await standing(gate('r', 'digest-x'), candidate('r'))).judgedAs).toBe('digest-x');
});
