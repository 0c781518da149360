import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../shared/catalogue.ts';
import type { ItemAttributes } from '../shared/event.ts';
import { createCatalogueFeed, itemsPerSpan, spanMs } from './catalogue-feed.ts';
import type { Draft } from './step.ts';

const event = (id: string, item: ItemAttributes | null, itemId: string | null = 'mug'): Draft => {
  const time = '2024-02-01T12:00:00.000Z';
  return { id, type: 'view', userId: 'u', time, ingestedAt: time, receivedAt: time, itemId, item };
};

describe('the catalogue feed', () => {
  it('publishes what is news, over what is known', () => {
    const catalogue = createCatalogue();
    catalogue.offer({ itemId: 'mug', time: '2011-01-01T00:00:00.000Z', id: 'x', item: { brand: 'B', price: 2 } });
    const next = createCatalogueFeed(catalogue).next(event('e', { price: 3, title: null }), 0);
    expect(next).toEqual({ itemId: 'mug', time: '2024-02-01T12:00:00.000Z', id: 'e', item: { brand: 'B', price: 3 } });
  });

  it.each<[string, Draft]>([
    ['an event without attributes', event('e', null)],
    ['an event of no item', event('e', { brand: 'C' }, null)],
    ['what is known already', event('e', { brand: 'B' })],
    ['no more than nulls', event('e', { brand: null })],
    ['what is older than the known', event('a', { brand: 'C' })],
  ])('leaves %s', (_, sent) => {
    const catalogue = createCatalogue();
    catalogue.offer({ itemId: 'mug', time: '2024-02-01T12:00:00.000Z', id: 'd', item: { brand: 'B' } });
    expect(createCatalogueFeed(catalogue).next(sent, 0)).toBeUndefined();
  });

  it('leaves an item that numbers its versions to its authority', () => {
    const catalogue = createCatalogue();
    catalogue.offer({ itemId: 'mug', version: 1, time: '2011-01-01T00:00:00.000Z', id: 'd', item: { brand: 'B' } });
    expect(createCatalogueFeed(catalogue).next(event('e', { brand: 'C' }), 0)).toBeUndefined();
  });

  it('publishes an item once in a span, and a bounded number of items', () => {
    const feed = createCatalogueFeed(createCatalogue());
    expect(feed.next(event('e', { price: 1 }), spanMs)).toBeDefined();
    expect(feed.next(event('e', { price: 1 }), spanMs)).toBeDefined();
    feed.published(['mug']);
    expect(feed.next(event('f', { price: 2 }), 2 * spanMs - 1)).toBeUndefined();
    expect(feed.next(event('g', { price: 3 }), 2 * spanMs)).toBeDefined();
    feed.published(Array.from({ length: itemsPerSpan - 1 }, (_, n) => `item-${n}`));
    expect(feed.next(event('h', { price: 1 }, 'one-more'), 2 * spanMs)).toBeDefined();
    feed.published(['one-more']);
    expect(feed.next(event('h', { price: 1 }, 'too-many'), 2 * spanMs)).toBeUndefined();
  });
});
