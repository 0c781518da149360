/** The stream `models` as the operator reads and writes it, behind a reconcile's back. */
import { describe, expect, it } from 'vitest';
import type { Broker, BrokerRecord } from '../../../services/shared/broker.ts';
import { LikenessError } from '../../../services/shared/errors.ts';
import type { ActiveMessage, CandidateMessage } from '../../../services/shared/model-stream.ts';
import { ModelsKeeper } from './models-keeper.ts';

const candidate = (runId: string, model = 'next-item'): CandidateMessage => ({
  kind: 'candidate',
  runId,
  model,
  version: `v-${runId}`,
  digest: `d-${runId}`,
  trainedAt: '2026-01-01T00:00:00Z',
  events: 1,
  metrics: {},
});
const active = (generation: number, runId = 'a'): ActiveMessage => ({
  kind: 'active',
  model: 'next-item',
  version: `v-${runId}`,
  digest: `d-${runId}`,
  generation,
  canaryPercent: 100,
  activatedAt: '2026-01-01T00:00:00Z',
});

/** One partition in memory, with the calls that the keeper makes. */
function world() {
  const records: BrokerRecord[] = [];
  const clock = { time: 0, now: () => clock.time };
  const told: string[] = [];
  const state = { away: false, connects: 0, readFrom: [] as number[] };
  const write = (key: string, message: object | null) => {
    const value = message === null ? null : Buffer.from(JSON.stringify(message));
    records.push({ offset: (records.at(-1)?.offset ?? -1) + 1, key, value, timestamp: 0 });
  };
  const broker = {
    offsets: async () => [{ partition: 0, low: records[0]?.offset ?? 0, high: (records.at(-1)?.offset ?? -1) + 1 }],
    async *read({ from }: { from: number }) {
      state.readFrom.push(from);
      yield records.filter(({ offset }) => offset >= from);
    },
    producer: async () => ({
      send: async (_: string, sent: readonly { key?: string | null; value: Uint8Array | null }[]) => {
        for (const { key, value } of sent) write(key!, JSON.parse(Buffer.from(value!).toString()) as object);
      },
      close: async () => undefined,
    }),
    close: async () => undefined,
  } as unknown as Broker;
  const connect = async () => {
    state.connects++;
    if (state.away) throw new LikenessError('BrokerUnavailable', 'nobody answers', { retryable: true });
    return broker;
  };
  const keeper = new ModelsKeeper({ clock, onChange: (key) => void told.push(key) });
  const wanted = { topic: 'models', connect };
  const look = async (hint: string) => {
    keeper.look('p', wanted, hint);
    await settled();
    return keeper.look('p', wanted, hint);
  };
  return { records, clock, told, state, write, keeper, wanted, look };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('looking at the stream models', () => {
  it('knows nothing at first, and tells when it does', async () => {
    const { keeper, wanted, told, write, look } = world();
    write('candidate/a', candidate('a'));
    write('candidate/b', candidate('b', 'other'));
    write('active/next-item', active(1));
    expect(keeper.look('p', wanted, '1').standings).toBeUndefined();
    const { standings } = await look('1');
    expect(told).toEqual(['p']);
    expect(standings!.get('next-item')).toMatchObject({
      candidates: [{ runId: 'a', offset: 0 }],
      active: { generation: 1 },
      end: 3,
    });
    expect(standings!.get('other')!.candidates).toHaveLength(1);
  });

  it('reads on where it was, and only when there may be something new', async () => {
    const { state, write, look, told } = world();
    write('candidate/a', candidate('a'));
    await look('1');
    await look('1');
    expect(state.connects).toBe(1);
    await look('2');
    expect(told).toEqual(['p']);
    write('candidate/b', candidate('b'));
    const { standings } = await look('3');
    expect(standings!.get('next-item')!.candidates.map(({ version }) => version)).toEqual(['v-a', 'v-b']);
    expect(state.readFrom).toEqual([0, 1]);
    expect(told).toEqual(['p', 'p']);
  });

  it('passes over what is no message, and over lower generations', async () => {
    const { write, look } = world();
    write('active/next-item', active(5));
    write('active/next-item', active(3));
    write('active/other', active(9));
    write('candidate/x', { kind: 'candidate', model: 'next-item' });
    write('candidate/y', null);
    const { standings } = await look('1');
    expect(standings!.get('next-item')).toMatchObject({ active: { generation: 5 }, candidates: [] });
  });

  it('keeps so many candidates and no more', async () => {
    const { write, look } = world();
    for (let index = 0; index < 30; index++) write(`candidate/r${index}`, candidate(`r${index}`));
    const { candidates } = (await look('1')).standings!.get('next-item')!;
    expect(candidates).toHaveLength(20);
    expect(candidates.at(-1)!.runId).toBe('r29');
  });

  it('starts over when the topic has been made anew', async () => {
    const { records, write, look } = world();
    write('candidate/a', candidate('a'));
    write('candidate/b', candidate('b'));
    await look('1');
    records.length = 0;
    write('candidate/c', candidate('c'));
    const { standings } = await look('2');
    expect(standings!.get('next-item')!.candidates.map(({ runId }) => runId)).toEqual(['c']);
  });

  it('says what is wrong, tries again after a pause, and forgets it once all is well', async () => {
    const { state, clock, look, told } = world();
    state.away = true;
    expect((await look('1')).problem).toBe('nobody answers');
    await look('1');
    expect(state.connects).toBe(1);
    state.away = false;
    clock.time = 5000;
    expect(await look('1')).toMatchObject({ problem: '' });
    expect(told).toEqual(['p', 'p']);
  });
});

describe('announcing', () => {
  it('writes what is new, and reads it back', async () => {
    const { keeper, wanted, look, records, told } = world();
    await look('1');
    keeper.announce('p', wanted, active(1));
    keeper.announce('p', wanted, active(1));
    await settled();
    expect(records.map(({ key }) => key)).toEqual(['active/next-item']);
    expect((await look('1')).standings!.get('next-item')!.active!.generation).toBe(1);
    expect(told).toEqual(['p', 'p']);
  });

  it('writes nothing where somebody has written that generation meanwhile', async () => {
    const { keeper, wanted, look, records, write } = world();
    await look('1');
    write('active/next-item', active(4, 'other'));
    keeper.announce('p', wanted, active(4));
    await settled();
    expect(records).toHaveLength(1);
    expect((await look('1')).standings!.get('next-item')!.active!.version).toBe('v-other');
  });

  it('tells nobody of what was forgotten, and starts nothing once it is closed', async () => {
    const { keeper, wanted, state, told } = world();
    keeper.look('p', wanted, '1');
    keeper.forget('p');
    await settled();
    keeper.close();
    keeper.look('q', wanted, '1');
    await settled();
    expect(told).toEqual([]);
    expect(state.connects).toBe(1);
  });
});
