import { expect, it } from 'vitest';
import { createCatalogue, encodeItem, type ItemMessage } from '../shared/catalogue.ts';
import { createCatalogueRepair } from './catalogue-repair.ts';

const message = (version: number): ItemMessage => ({
  itemId: 'mug',
  version,
  time: '2024-02-01T12:00:00.000Z',
  id: 'e',
  item: {},
});
const record = (version: number, offset = 0) => ({ offset, timestamp: 0, ...encodeItem(message(version)) });

it('puts the greatest message last, so that compaction keeps it', () => {
  const repair = createCatalogueRepair(createCatalogue());
  expect(repair.read([record(1), record(3), record(2)])).toEqual([]);
  const [again, ...others] = repair.due();
  expect(JSON.parse(again!.value.toString())).toEqual(message(3));
  expect([again!.key, again!.partition, others]).toEqual(['mug', 0, []]);
  repair.read([record(3)]);
  expect(repair.due()).toEqual([]);
});

it('leaves alone what somebody else has put right, and what was forgotten', () => {
  const repair = createCatalogueRepair(createCatalogue());
  repair.read([record(3), record(2), record(3)]);
  expect(repair.due()).toEqual([]);
  repair.read([record(2), { ...record(2), value: null }]);
  expect(repair.due()).toEqual([]);
});

it('names what is malformed', () => {
  const repair = createCatalogueRepair(createCatalogue());
  expect(repair.read([record(1), { ...record(2, 7), value: Buffer.from('{') }])).toEqual([7]);
});
