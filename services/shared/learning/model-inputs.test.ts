import { describe, expect, it } from 'vitest';
import { effectiveSpec } from '../../../crds/effective.ts';
import { specSchema } from '../../../crds/pipeline.ts';
import type { CleanEvent } from '../event.ts';
import { collectEvent } from './collect.ts';
import { EventTable } from './event-table.ts';
import { isStep, modelInputs } from './model-inputs.ts';

const shop = effectiveSpec(specSchema.parse({}));

describe('modelInputs', () => {
  it('reads the preset: steps are views, carts and purchases, targets are purchases', () => {
    const inputs = modelInputs(shop, 'next-item');
    expect(inputs).toMatchObject({ length: 50, window: 10, decay: 0.8 });
    expect(['view', 'cart', 'purchase', 'return', 'identify'].map((type) => isStep(inputs, type))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([...inputs.targets]).toEqual(['purchase']);
  });

  it('counts every type but links where the history names none, and targets always', () => {
    const features = [{ name: 'all', sequence: { length: 10 } }];
    const models = [{ name: 'm', recommend: { history: 'all', target: ['order'] } }];
    const spec = specSchema.parse({ preset: 'none', features, models });
    const inputs = modelInputs(spec, 'm');
    expect(['order', 'anything', 'alias'].map((type) => isStep(inputs, type))).toEqual([true, true, false]);
  });

  it('gives another schema hash when the history or the target changes, and only then', () => {
    const schemaOf = (target: string[], length: number, window = 10): string => {
      const features = [{ name: 'h', sequence: { events: ['a', 'b'], length } }];
      const models = [{ name: 'm', recommend: { history: 'h', target, retrieval: { window } } }];
      return modelInputs(specSchema.parse({ preset: 'none', features, models }), 'm').schema;
    };
    expect(schemaOf(['a'], 10)).toBe(schemaOf(['a'], 10, 5));
    expect(new Set([schemaOf(['a'], 10), schemaOf(['b'], 10), schemaOf(['a'], 11)]).size).toBe(3);
  });
});

describe('collectEvent', () => {
  const base = {
    id: 'e1',
    time: '2026-01-01T00:00:00.000Z',
    userId: 'u',
    profile: 'u',
    ingestedAt: '',
    receivedAt: '',
  };
  const collect = (event: Partial<CleanEvent>): { taken: boolean; table: EventTable } => {
    const table = new EventTable();
    const collector = { table, inputs: modelInputs(shop, 'next-item'), mergeOn: ['identify', 'alias'] as const };
    return { taken: collectEvent(collector, { ...base, type: 'view', ...event } as CleanEvent), table };
  };

  it('takes steps, marks targets, and passes over other types and events without an item', () => {
    expect(collect({ itemId: 'a' }).table.build().popularity[0]).toBe(0);
    expect(collect({ type: 'purchase', itemId: 'a' }).table.build().popularity[0]).toBe(1);
    expect(collect({ type: 'return', itemId: 'a' }).taken).toBe(false);
    expect(collect({ itemId: null }).taken).toBe(false);
  });

  it('passes over what was ingested before a drift, but not over who is who', () => {
    const table = new EventTable();
    const since = Date.parse('2026-02-01T00:00:00.000Z');
    const collector = { table, inputs: modelInputs(shop, 'next-item'), mergeOn: ['identify'] as const, since };
    const late = { ...base, type: 'view', itemId: 'a', ingestedAt: '2026-02-01T00:00:00.000Z' };
    expect(collectEvent(collector, late)).toBe(true);
    expect(collectEvent(collector, { ...late, id: 'e2', ingestedAt: '2026-01-31T23:59:59.999Z' })).toBe(false);
    const identify = { ...base, id: 'e3', type: 'identify', anonymousId: 'n', ingestedAt: '2026-01-01T00:00:00.000Z' };
    collectEvent(collector, identify);
    expect(table.events).toBe(1);
    expect(table.links()).toHaveLength(1);
  });
});
