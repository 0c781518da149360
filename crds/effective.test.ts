/** Merging a preset into a spec. */
import { describe, expect, it } from 'vitest';
import { effectiveSpec } from './effective.ts';
import { specSchema } from './pipeline.ts';
import { shopV1 } from './presets/shop-v1.ts';

const effective = (spec: object) => effectiveSpec(specSchema.parse(spec));
const names = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);

describe('the effective spec', () => {
  it('of an empty spec is the preset, with every default', () => {
    const spec = effective({});
    expect(names(spec.events)).toEqual(names(shopV1.events));
    expect(names(spec.features)).toEqual(names(shopV1.features));
    expect(spec.models).toEqual([
      {
        name: 'next-item',
        recommend: {
          history: 'history',
          target: ['purchase'],
          retrieval: { window: 10, decay: '0.8', regularization: '200', maxItems: 12_500 },
        },
      },
    ]);
  });

  it('has an own entry as a whole in the place of the preset’s of that name, and new ones behind', () => {
    const spec = effective({
      events: [{ name: 'wish' }, { name: 'view', weight: '9' }],
      features: [{ name: 'history', sequence: {} }],
    });
    expect(names(spec.events)).toEqual([...names(shopV1.events), 'wish']);
    expect(spec.events[0]).toEqual({ name: 'view', weight: '9', required: [] });
    expect(spec.features.find(({ name }) => name === 'history')).toEqual({ name: 'history', sequence: { length: 50 } });
  });

  it('of preset none is the spec itself', () => {
    const own = specSchema.parse({ preset: 'none', events: [{ name: 'view' }] });
    expect(effectiveSpec(own)).toEqual(own);
    expect(effectiveSpec(own).features).toEqual([]);
  });

  it('is a spec again, whose effective spec is itself', () => {
    const once = effective({ events: [{ name: 'wish' }], features: [{ name: 'wishes', count: { events: ['wish'] } }] });
    expect(specSchema.parse(once)).toEqual(once);
    expect(effectiveSpec(once)).toEqual(once);
  });
});
