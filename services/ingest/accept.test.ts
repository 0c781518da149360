/** From entries to what is stored, and the fate of each. */
import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../shared/catalogue.ts';
import { profileIdOf, type RawEvent } from '../shared/event.ts';
import { partitionOf } from '../shared/partition.ts';
import { unpackLines } from '../shared/record.ts';
import { type Accepted, acceptCalls, acceptEvents, acceptItems } from './accept.ts';
import { decodeLot, encodeLot, type LotRecord } from './lot.ts';
import { isRefusal, refuse } from './refusal.ts';

const now = '2024-06-01T00:00:00.000Z';
const stamp = { ingestedAt: now, imported: false, newId: () => 'assigned' };
const entriesOf = (values: readonly unknown[]) => values.map((value) => ({ value: structuredClone(value) }));
const eventsIn = (records: readonly LotRecord[]) =>
  records.flatMap(({ partition, value }) =>
    unpackLines(value).map((line) => ({ partition, event: JSON.parse(line) as RawEvent })),
  );
const codes = ({ fates }: Accepted) => fates.map((fate) => fate?.code);
const taken = (accepted: ReturnType<typeof acceptCalls>): Accepted => {
  if (isRefusal(accepted)) throw new Error(accepted.code);
  return accepted;
};
const event = (index: number) => ({ id: `e${index}`, type: 'view', time: now, userId: `u${index % 17}` });

describe('acceptEvents', () => {
  it('puts each event into its profile’s partition, in order, one record a partition', () => {
    const values = Array.from({ length: 300 }, (_, index) => event(index));
    const { lot, fates } = acceptEvents(entriesOf(values), stamp, 4);
    expect(fates.every((fate) => fate === undefined)).toBe(true);
    expect(lot.events).toBe(300);
    expect(lot.records.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(lot.bytes).toBe(lot.records.reduce((sum, { value }) => sum + value.length, 0));
    const stored = eventsIn(lot.records);
    for (const { partition, event: raw } of stored) expect(partition).toBe(partitionOf(profileIdOf(raw)!, 4));
    for (const user of new Set(values.map(({ userId }) => userId))) {
      const ids = values.filter(({ userId }) => userId === user).map(({ id }) => id);
      expect(stored.filter(({ event: raw }) => raw.userId === user).map(({ event: raw }) => raw.id)).toEqual(ids);
    }
  });

  it('stores exactly what it does not refuse', () => {
    const entries = [
      ...entriesOf([event(1), { ...event(2), time: 'now' }, [], event(4)]),
      { refusal: refuse('NotJson', 'not JSON') },
    ];
    const accepted = acceptEvents(entries, stamp, 4);
    expect(codes(accepted)).toEqual([undefined, 'NoTime', 'NotAnObject', undefined, 'NotJson']);
    expect(
      eventsIn(accepted.lot.records)
        .map(({ event: raw }) => raw.id)
        .toSorted(),
    ).toEqual(['e1', 'e4']);
    expect(accepted.lot.events).toBe(2);
  });
});

describe('acceptCalls', () => {
  const context = { now, newId: () => 'assigned' };
  const order = (products: unknown[], more = {}) => ({
    type: 'track',
    event: 'Order Completed',
    messageId: 'm',
    userId: 'u',
    timestamp: now,
    properties: { products, ...more },
  });

  it('takes an order whole or not at all', () => {
    const good = order([{ product_id: 'a' }, { product_id: 'b' }]);
    const bad = order([{ product_id: 'a' }, { product_id: 'x'.repeat(40_000) }]);
    const accepted = taken(acceptCalls(entriesOf([good, bad]), context, stamp, 4));
    expect(codes(accepted)).toEqual([undefined, 'EventTooLarge']);
    expect(eventsIn(accepted.lot.records).map(({ event: raw }) => raw.id)).toEqual(['m:0', 'm:1']);
  });

  it('takes a long order, whose keys are counted per product', () => {
    const products = Array.from({ length: 200 }, (_, index) => ({
      product_id: `p${index}`,
      price: 1,
      quantity: 1,
      name: 'n',
    }));
    expect(taken(acceptCalls(entriesOf([order(products)]), context, stamp, 4)).lot.events).toBe(200);
  });

  it('refuses a forbidden key even where the event would not keep it', () => {
    const entries = [
      { value: JSON.parse('{"type":"identify","userId":"u","integrations":{"__proto__":1}}') as unknown },
    ];
    expect(codes(taken(acceptCalls(entries, context, stamp, 4)))).toEqual(['ForbiddenKey']);
  });

  it('bounds what orders may become', () => {
    const many = Array.from({ length: 5 }, () => order(Array.from({ length: 2500 }, () => ({}))));
    expect(acceptCalls(entriesOf(many), context, stamp, 4)).toMatchObject({ code: 'BatchTooLarge' });
    const wide = order(
      Array.from({ length: 300 }, () => ({})),
      { coupon: 'x'.repeat(20_000) },
    );
    expect(acceptCalls(entriesOf([wide]), context, stamp, 4)).toMatchObject({ code: 'BatchTooLarge' });
  });
});

describe('acceptItems', () => {
  const accept = (...values: unknown[]) => acceptItems(entriesOf(values), { now, newId: () => 'request' });

  it('makes messages that the catalogue takes, the last of equals winning', () => {
    const accepted = accept(
      { itemId: 'p1', category: 'cups', price: 2.5, available: true },
      { itemId: 'p2', version: 7, time: '2024-05-01T00:00:00+02:00', title: null },
      { itemId: 'p1', category: 'plates' },
    );
    expect(codes(accepted)).toEqual([undefined, undefined, undefined]);
    const catalogue = createCatalogue();
    for (const record of accepted.lot.records) {
      expect(record).toMatchObject({ stream: 'items', partition: 0 });
      expect(catalogue.apply(record)).toBe('applied');
    }
    expect(catalogue.get('p1')).toMatchObject({ time: now, item: { category: 'plates' } });
    expect(catalogue.get('p2')).toMatchObject({ version: 7, time: '2024-04-30T22:00:00.000Z', item: { title: null } });
  });

  it.each([
    [[], 'NotAnObject'],
    [{}, 'BadItem'],
    [{ itemId: '' }, 'BadItem'],
    [{ itemId: 'x'.repeat(257) }, 'BadItem'],
    [{ itemId: 'p', colour: 'red' }, 'BadItem'],
    [{ itemId: 'p', toString: 'red' }, 'BadItem'],
    [{ itemId: 'p', price: '2' }, 'BadItem'],
    [{ itemId: 'p', version: -1 }, 'BadItem'],
    [{ itemId: 'p', version: null }, 'BadItem'],
    [{ itemId: 'p', time: 'now' }, 'BadItem'],
    [{ itemId: 'p', available: 'yes' }, 'BadItem'],
    [{ itemId: 'p', title: 'x'.repeat(33_000) }, 'EventTooLarge'],
  ])('refuses %j', (value, code) => expect(codes(accept(value))).toEqual([code]));
});

describe('a lot in the write-ahead log', () => {
  it('comes back as it was', () => {
    const { lot } = acceptEvents(entriesOf([event(1), event(2), event(3)]), stamp, 4);
    const items = acceptItems(entriesOf([{ itemId: 'größe' }]), { now, newId: () => 'r' }).lot;
    for (const each of [lot, items])
      expect(decodeLot(encodeLot(each, 4), 4)).toEqual(
        each.records.map((record) => ({ ...record, value: Buffer.from(record.value) })),
      );
  });

  it('is dealt out anew when the number of partitions has changed', () => {
    const { lot } = acceptEvents(entriesOf(Array.from({ length: 100 }, (_, index) => event(index))), stamp, 4);
    const stored = eventsIn(decodeLot(encodeLot(lot, 4), 7));
    expect(stored).toHaveLength(100);
    for (const { partition, event: raw } of stored) expect(partition).toBe(partitionOf(profileIdOf(raw)!, 7));
  });
});
