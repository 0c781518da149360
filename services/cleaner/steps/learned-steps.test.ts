import { describe, expect, it } from 'vitest';
import { cleanerSlice } from '../../../crds/slices.ts';
import type { LearnedSteps } from '../../../crds/learned-cleaning.ts';
import { createCatalogue } from '../../shared/catalogue.ts';
import type { CleanEvent } from '../../shared/event.ts';
import { CleaningSums } from '../../shared/learning/cleaning/sums.ts';
import { activeCleaning, type ActiveCleaning } from '../active-cleaning.ts';
import type { Draft, Step, StepContext } from '../step.ts';
import { createImputeStep } from './impute.ts';
import { createOutliersStep } from './outliers.ts';
import { createScaleStep } from './scale.ts';

const start = Date.UTC(2026, 0, 1);
const timeAt = (second: number): string => new Date(start + second * 1000).toISOString();
const event = (more: Partial<CleanEvent> & { at?: number } = {}): Draft => {
  const { at = 500, ...fields } = more;
  const time = timeAt(at);
  return { id: 'e', type: 'purchase', userId: 'u', time, ingestedAt: time, receivedAt: time, ...fields };
};
type Cleaning = Parameters<typeof cleanerSlice.parse>[0];
const stepsOf = (cleaning: object): LearnedSteps => cleanerSlice.parse({ cleaning } as Cleaning).cleaning;

/** Prices of `cheap` are 1 to 3, of `dear` 100 to 300; 60 events of each, a second apart. */
const history = Array.from({ length: 120 }, (_, at): CleanEvent => {
  const isCheap = at % 2 === 0;
  const value = (1 + (Math.floor(at / 2) % 3)) * (isCheap ? 1 : 100);
  const properties = { country: at % 5 === 0 ? 'de' : 'at' };
  const own = { id: `h${at}`, profile: 'u', itemId: isCheap ? 'cheap' : 'dear', value, quantity: 1 + (at % 2) };
  return { ...event({ at }), ...own, properties };
});

/** `learned`: what the spec said when the model was trained. */
function learn(cleaning: object, of = history, version = 'v1', learned = cleaning): ActiveCleaning {
  const steps = stepsOf(cleaning);
  const sums = new CleaningSums(stepsOf(learned));
  for (const one of of) sums.add(one);
  return activeCleaning(version, JSON.parse(JSON.stringify(sums.fit())) as ReturnType<typeof sums.fit>, steps);
}

function subject(create: (steps: LearnedSteps) => Step, cleaning: object, learned = learn(cleaning)) {
  const step = create(stepsOf(cleaning));
  const counted: string[] = [];
  const run = (sent: Draft, by: ActiveCleaning | undefined = learned) => {
    const context: StepContext = {
      catalogue: createCatalogue(),
      cleaning: by,
      applied: (kind, name) => void counted.push(`${kind} ${name}`),
    };
    const before = structuredClone(sent);
    const result = step(sent, context);
    expect(sent).toEqual(before);
    return result;
  };
  const clean = (sent: Draft, by?: ActiveCleaning): Draft => {
    const result = run(sent, by);
    if (result.kind !== 'ok') throw new Error(result.kind);
    return result.value;
  };
  /** Before the first model. */
  const cold = (sent: Draft) => step(sent, { catalogue: createCatalogue() });
  return { run, clean, cold, counted };
}

const impute = (more: object) => ({ impute: [{ name: 'price', field: 'value', ...more }] });

describe('impute', () => {
  it.each([
    ['Mean', {}, 101, 'cheap'],
    ['Median', {}, 51.5, 'cheap'],
    ['Mode', { field: 'quantity' }, 1, 'cheap'],
    ['Mean', { by: 'itemId' }, 2, 'cheap'],
    ['Median', { by: 'itemId' }, 200, 'dear'],
    ['Mode', { by: 'itemId', field: 'quantity' }, 2, 'dear'],
    ['Mean', { by: 'itemId' }, 101, 'unknown'],
    ['Mean', { by: 'itemId' }, 101, null],
    ['Mode', { field: 'properties.country' }, 'at', 'cheap'],
  ])('with %s %j fills in %s, and says so', (method, more, expected, itemId) => {
    const { clean, counted } = subject(createImputeStep, impute({ with: method, ...more }));
    const path = (more as { field?: string }).field ?? 'value';
    const filled = clean(event({ itemId, value: null, quantity: null }));
    expect(path.startsWith('properties') ? filled.properties!['country'] : filled[path as 'value']).toBe(expected);
    expect(filled).toMatchObject({ imputed: [path], cleanedBy: 'v1', itemId });
    expect(counted).toEqual(['imputed price']);
  });

  it('leaves what is there, and other types, the very same object', () => {
    const { clean, counted } = subject(createImputeStep, impute({ with: 'Mean', events: ['purchase'] }));
    for (const sent of [event({ value: 0 }), event({ type: 'view' })]) expect(clean(sent)).toBe(sent);
    expect(counted).toEqual([]);
  });

  it('leaves an event as it is before the first model, and counts it', () => {
    for (const method of ['Mean', 'Median', 'Mode', 'Last', 'Interpolate']) {
      const { cold } = subject(createImputeStep, impute({ with: method }));
      const sent = event();
      expect(cold(sent)).toEqual({ kind: 'ok', value: sent });
    }
    const mean = impute({ with: 'Mean' });
    const { clean, counted } = subject(createImputeStep, mean, learn(mean, history, 'v1', impute({ with: 'Median' })));
    expect(clean(event())).toEqual(event());
    expect(counted).toEqual(['unlearned price']);
  });

  it.each([
    ['value', '-2.5', -2.5],
    ['properties.rank', '7', 7],
    ['properties.country', 'none', 'none'],
    ['properties.deep.er', 'x', 'x'],
  ])('with a constant needs no model: %s %s', (field, constant, expected) => {
    const { cold } = subject(createImputeStep, impute({ field, with: 'Constant', constant }));
    const result = cold(event({ properties: { other: 1 } }));
    const filled = result.kind === 'ok' ? result.value : expect.unreachable();
    const found = field.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], filled);
    expect(found).toBe(expected);
    expect(filled.properties).toMatchObject({ other: 1 });
    expect(filled).toMatchObject({ imputed: [field] });
    expect(filled).not.toHaveProperty('cleanedBy');
  });

  it('writes over nothing of the sender, where the path leads through it', () => {
    const { cold } = subject(createImputeStep, impute({ field: 'properties.a.b', with: 'Constant', constant: '1' }));
    for (const properties of [{ a: 5 }, { a: 'text' }, { a: [1] }]) {
      const sent = event({ properties });
      expect(cold(sent)).toEqual({ kind: 'ok', value: sent });
    }
  });

  it('with Last takes the newest value that came, else that of the model, and none of another group', () => {
    const { clean } = subject(createImputeStep, impute({ with: 'Last', by: 'itemId' }));
    expect(clean(event({ itemId: 'cheap' })).value).toBe(3);
    expect(clean(event({ itemId: 'cheap', at: 117 })).value).toBe(2);
    clean(event({ itemId: 'cheap', value: 9, at: 200 }));
    expect(clean(event({ itemId: 'cheap', at: 300 }))).toMatchObject({ value: 9, imputed: ['value'], cleanedBy: 'v1' });
    expect(clean(event({ itemId: 'cheap', at: 150 })).value).toBe(3);
    expect(clean(event({ itemId: 'new' }))).toEqual(event({ itemId: 'new' }));
    expect(clean(event({ itemId: null }))).toEqual(event({ itemId: null }));
  });

  it('with Interpolate goes straight between the neighbours in time, and carries the last one on', () => {
    const { clean } = subject(createImputeStep, impute({ with: 'Interpolate' }), learn(impute({ with: 'Mean' })));
    clean(event({ value: 10, at: 100 }));
    clean(event({ value: 20, at: 200 }));
    expect([50, 100, 125, 200, 900].map((at) => clean(event({ at })).value)).toEqual([10, 10, 12.5, 20, 20]);
  });

  it('takes over what a newer model knows, and never learns from what was filled in', () => {
    const cleaning = impute({ with: 'Last' });
    const { clean } = subject(createImputeStep, cleaning);
    clean(event({ value: 7, at: 200 }));
    clean(event({ value: 1000, at: 300, imputed: ['value'] }));
    expect(clean(event()).value).toBe(7);
    const newer = { ...event({ at: 400, value: 8 }), id: 'n', profile: 'u' };
    expect(clean(event(), learn(cleaning, [newer], 'v2'))).toMatchObject({ value: 8, cleanedBy: 'v2' });
  });
});

describe('scale', () => {
  const scale = (method: string) => ({ scale: [{ name: 'price', field: 'value', method, events: ['purchase'] }] });

  it.each([
    ['MinMax', 300, 1],
    ['MinMax', 1, 0],
    ['Log', -(Math.E - 1), -1],
  ])('by %s writes %s as %s beside it', (method, value, expected) => {
    const { clean, counted } = subject(createScaleStep, scale(method));
    expect(clean(event({ value }))).toMatchObject({ value, scaled: { price: expected } });
    expect(counted).toEqual(['scaled price']);
  });

  it('by Standard and Robust takes middle and spread', () => {
    const both = { scale: ['Standard', 'Robust'].map((method) => ({ name: method, field: 'value', method })) };
    const { clean } = subject(createScaleStep, both);
    const { scaled, cleanedBy } = clean(event({ value: 101 }));
    expect(scaled!['Standard']).toBe(0);
    expect(scaled!['Robust']).toBeGreaterThan(0);
    expect(cleanedBy).toBe('v1');
  });

  it('leaves other types and what is no number, and all of it before the first model but Log', () => {
    const { clean, cold } = subject(createScaleStep, scale('MinMax'));
    for (const sent of [event({ type: 'view', value: 1 }), event(), event({ value: null })])
      expect(clean(sent)).toBe(sent);
    const sent = event({ value: 5 });
    expect(cold(sent)).toEqual({ kind: 'ok', value: sent });
    const log = subject(createScaleStep, scale('Log')).cold(sent);
    expect(log).toMatchObject({ value: { scaled: { price: 1.791759 } } });
    expect(log).not.toHaveProperty('value.cleanedBy');
  });

  it('leaves out what no feature could read', () => {
    const cleaning = { scale: [{ name: 'far', field: 'properties.n', method: 'MinMax' }] };
    const few = history.map((one, at) => ({ ...one, properties: { n: at / 1e12 } }));
    const { clean } = subject(createScaleStep, cleaning, learn(cleaning, few));
    const sent = event({ properties: { n: 1e6 } });
    expect(clean(sent)).toBe(sent);
  });
});

describe('outliers', () => {
  const outliers = (action: string, more: object = {}) => ({
    outliers: [{ name: 'odd', fields: ['value', 'quantity'], method: 'MAD', action, ...more }],
  });
  const odd = event({ value: 100_000, quantity: 1 });

  it('tags, drops or keeps aside, with the reason', () => {
    expect(subject(createOutliersStep, outliers('Tag')).clean({ ...odd, tags: ['mine'] })).toEqual({
      ...odd,
      tags: ['mine', 'odd'],
      cleanedBy: 'v1',
    });
    const { run, counted } = subject(createOutliersStep, outliers('Drop'));
    expect(run(odd)).toEqual({ kind: 'drop', reason: 'odd' });
    expect(counted).toEqual(['outlier odd']);
    const letter = subject(createOutliersStep, outliers('DeadLetter')).run(odd);
    expect(letter).toMatchObject({ kind: 'deadLetter', reason: 'Outlier' });
    expect(letter).toHaveProperty('detail', expect.stringMatching(/^odd: value: 100000 is .* spreads .* by model v1$/));
  });

  it.each(['ZScore', 'MAD', 'IsolationForest', 'DBSCAN'])('%s leaves what is common, and what is no row', (method) => {
    const { clean } = subject(createOutliersStep, outliers('Drop', { method, events: ['purchase'] }));
    for (const sent of [event({ value: 2, quantity: 1 }), event(), event({ ...odd, type: 'view' })])
      expect(clean(sent)).toBe(sent);
  });

  it('judges nothing before the first model, nor by another definition, nor under the threshold', () => {
    const drop = outliers('Drop');
    const other = outliers('Drop', { fields: ['value'] });
    expect(subject(createOutliersStep, drop).cold(odd)).toEqual({ kind: 'ok', value: odd });
    const { clean, counted } = subject(createOutliersStep, drop, learn(drop, history, 'v1', other));
    expect(clean(odd)).toBe(odd);
    expect(counted).toEqual(['unlearned odd']);
    const patient = outliers('Drop', { threshold: '1000' });
    expect(
      subject(createOutliersStep, patient, learn(patient, history, 'v1', drop)).clean(event({ value: 1000 })),
    ).toMatchObject({ value: 1000 });
    expect(
      subject(createOutliersStep, patient, learn(patient, history, 'v1', drop)).run(event({ value: 1e9 })).kind,
    ).toBe('drop');
  });
});
