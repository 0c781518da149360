/** Preset `shop/v1`: the events, features and model of a web shop. Published presets never change; a new one is `shop/v2`. */
import type { z } from 'zod';
import type { specSchema } from '../pipeline.ts';

type SpecInput = z.input<typeof specSchema>;

/** What a preset supplies; a pipeline's own entry of the same name replaces the preset's whole entry. */
export type Preset = Required<Pick<SpecInput, 'events' | 'features' | 'models'>>;

const browsing = ['view', 'cart', 'purchase'];

export const shopV1: Preset = {
  events: [
    { name: 'view', weight: '1', required: ['itemId'] },
    { name: 'cart', weight: '3', required: ['itemId'] },
    { name: 'purchase', weight: '5', required: ['itemId', 'value'] },
    { name: 'return', weight: '0', required: ['itemId'] },
    { name: 'review', weight: '2', required: ['itemId'] },
    { name: 'search', weight: '0', required: ['text'] },
    { name: 'support', weight: '0', required: ['text'] },
    { name: 'page', weight: '0' },
    { name: 'screen', weight: '0' },
    { name: 'group', weight: '0' },
    { name: 'identify', weight: '0' },
    { name: 'alias', weight: '0' },
  ],
  features: [
    { name: 'views7d', count: { events: ['view'], window: '168h', pane: '24h' } },
    { name: 'views30d', count: { events: ['view'], window: '720h', pane: '24h' } },
    { name: 'carts7d', count: { events: ['cart'], window: '168h', pane: '24h' } },
    { name: 'purchases30d', count: { events: ['purchase'], window: '720h', pane: '24h' } },
    { name: 'returns30d', count: { events: ['return'], window: '720h', pane: '24h' } },
    { name: 'spend30d', sum: { events: ['purchase'], field: 'value', window: '720h', pane: '24h' } },
    { name: 'avgOrder', mean: { events: ['purchase'], field: 'value', window: '2160h', pane: '72h' } },
    { name: 'lastPurchase', sinceLast: { events: ['purchase'] } },
    { name: 'firstSeen', first: { field: 'time' } },
    { name: 'lastSeen', last: { field: 'time' } },
    { name: 'history', sequence: { events: browsing, length: 50 } },
    { name: 'interests', interest: { events: browsing, of: 'item.category', halfLife: '168h', top: 20 } },
    { name: 'conversion', ratio: { of: 'purchases30d', to: 'views30d' } },
    { name: 'returnRate', ratio: { of: 'returns30d', to: 'purchases30d' } },
  ],
  models: [{ name: 'next-item', recommend: { history: 'history', target: ['purchase'] } }],
};
