/** What the stream `models` says of each model, read in any portions. */
import { expect, it } from 'vitest';
import type { BrokerRecord } from '../services/shared/broker.ts';
import { activeKey, candidateKey, gateKey } from '../services/shared/model-stream.ts';
import { noteRecords, type Standings } from './model-standings.ts';

const record = (offset: number, key: string, message: object): BrokerRecord => ({
  offset,
  key,
  timestamp: offset,
  value: Buffer.from(JSON.stringify(message)),
});
const of = (version: string, model = 'next-item') => ({ model, version, digest: `digest-${version}` });
const active = (offset: number, version: string, generation: number) =>
  record(offset, activeKey('next-item'), { kind: 'active', ...of(version), generation, canaryPercent: 100 });
const candidate = (offset: number, runId: string) =>
  record(offset, candidateKey(runId), { kind: 'candidate', ...of(runId), runId, metrics: {} });
const gate = (offset: number, runId: string, verdict: string) =>
  record(offset, gateKey(runId), { kind: 'gate', ...of(runId), runId, verdict, reasons: ['so'], against: null });

const none: Standings = new Map();
const standing = (...records: readonly BrokerRecord[]) => noteRecords(none, records, 99).get('next-item')!;

it('of equal generations the first counts, and a lower one never', () => {
  expect(standing(active(0, 'a', 1), active(1, 'b', 1)).active).toMatchObject({ version: 'a' });
  expect(standing(active(0, 'a', 2), active(1, 'b', 1)).active).toMatchObject({ version: 'a', generation: 2 });
  expect(standing(active(0, 'a', 1), active(1, 'b', 2)).active).toMatchObject({ version: 'b', generation: 2 });
});

it('a run is announced and judged once: what came last counts, at its own place', () => {
  const { candidates, gates } = standing(
    candidate(0, 'r1'),
    candidate(1, 'r2'),
    gate(2, 'r1', 'Passed'),
    candidate(3, 'r1'),
    gate(4, 'r1', 'Refused'),
  );
  expect(candidates.map(({ runId, offset }) => [runId, offset])).toEqual([
    ['r2', 1],
    ['r1', 3],
  ]);
  expect(gates).toMatchObject([{ runId: 'r1', verdict: 'Refused' }]);
});

it('keeps twenty candidates, and passes over what is no message of ours', () => {
  const many = Array.from({ length: 25 }, (_, at) => candidate(at, `r${at}`));
  const strange = [record(25, activeKey('other'), { kind: 'active', ...of('x'), generation: 9, canaryPercent: 100 })];
  const { candidates, active: found } = standing(...many, ...strange);
  expect(candidates.map(({ runId }) => runId)).toEqual(Array.from({ length: 20 }, (_, at) => `r${at + 5}`));
  expect(found).toBeUndefined();
});

it('comes to the same in two portions, which says how far it has read', () => {
  const records = [candidate(0, 'r1'), active(1, 'r1', 1), candidate(2, 'r2')];
  const first = noteRecords(none, records.slice(0, 2), 2);
  expect(first.get('next-item')!.end).toBe(2);
  expect(noteRecords(first, records.slice(2), 3)).toEqual(noteRecords(none, records, 3));
});
