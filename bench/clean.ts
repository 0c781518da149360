/** Microseconds that each cleaning step costs an event, one after another on one core; models learned from 20,000 events. */
import { cleanerSlice } from '../crds/slices.ts';
import { activeCleaning, type ActiveCleaning } from '../services/cleaner/active-cleaning.ts';
import type { Draft, Step, StepContext } from '../services/cleaner/step.ts';
import { createBotsStep } from '../services/cleaner/steps/bots.ts';
import { createImputeStep } from '../services/cleaner/steps/impute.ts';
import { createOutliersStep } from '../services/cleaner/steps/outliers.ts';
import { createParseStep } from '../services/cleaner/steps/parse.ts';
import { createRulesStep } from '../services/cleaner/steps/rules.ts';
import { createScaleStep } from '../services/cleaner/steps/scale.ts';
import { createTextStep } from '../services/cleaner/steps/text.ts';
import { createUnitsStep } from '../services/cleaner/steps/units.ts';
import { createCatalogue } from '../services/shared/catalogue.ts';
import { CleaningSums } from '../services/shared/learning/cleaning/sums.ts';
import { seededUniform } from '../services/shared/learning/statistics/mersenne-twister.ts';
import type { BenchContext } from './main.ts';

const uniform = seededUniform(1);
const itemCount = 1000;
const start = Date.UTC(2026, 0, 1);

function eventAt(at: number): Draft {
  const time = new Date(start + at * 1000).toISOString();
  return {
    id: `event-${at}`,
    type: 'purchase',
    userId: `user-${at % 997}`,
    itemId: `item-${Math.floor(uniform() * itemCount)}`,
    value: Math.round(100 * Math.exp(2 * uniform())) / 100,
    quantity: 1 + Math.floor(5 * uniform()),
    text: '  A query of  some words ',
    properties: { currency: at % 2 === 0 ? 'EUR' : 'USD', ip: `192.0.2.${at % 256}`, stock: at % 50 },
    context: { userAgent: `Mozilla/5.0 (X11; Linux x86_64) Firefox/${100 + (at % 40)}` },
    time,
    ingestedAt: time,
    receivedAt: time,
  };
}

const events = { name: 'purchase' };
const outliers = (method: string) => [{ name: 'o', fields: ['value', 'quantity'], method, action: 'Tag' }];
const impute = (method: string, more: object = {}) => [
  { name: 'i', field: 'properties.rating', with: method, ...more },
];
const scale = (method: string) => [{ name: 's', field: 'value', method }];

const lists: Readonly<Record<string, object>> = {
  ...named('impute', ['Mean', 'Median', 'Mode', 'Last', 'Interpolate'], (method) => ({
    impute: impute(method, { by: 'itemId' }),
  })),
  imputeConstant: { impute: impute('Constant', { constant: '0' }) },
  ...named('scale', ['Standard', 'MinMax', 'Robust', 'Log'], (method) => ({ scale: scale(method) })),
  ...named('outliers', ['ZScore', 'MAD', 'IsolationForest', 'DBSCAN'], (method) => ({ outliers: outliers(method) })),
};

function named(list: string, methods: readonly string[], make: (method: string) => object): Record<string, object> {
  return Object.fromEntries(methods.map((method) => [`${list}${method}`, make(method)]));
}

/** Every second event lacks what is filled in. */
const withGaps = (event: Draft, at: number): Draft =>
  at % 2 === 0 ? event : { ...event, properties: { ...event.properties, rating: at % 5 } };

function sliceOf(cleaning: object) {
  return cleanerSlice.parse({ events: [events], cleaning });
}

function learn(cleaning: object, from: readonly Draft[]): ActiveCleaning {
  const spec = sliceOf(cleaning).cleaning;
  const sums = new CleaningSums(spec);
  for (const event of from) sums.add({ ...event, profile: event.userId! });
  return activeCleaning('bench', sums.fit(), spec);
}

function learnedStep(cleaning: object): Step {
  const spec = sliceOf(cleaning).cleaning;
  const steps = [createOutliersStep(spec), createImputeStep(spec), createScaleStep(spec)];
  const list = ['outliers', 'impute', 'scale'].findIndex((name) => name in cleaning);
  return steps[list]!;
}

/** Microseconds an event, the best of five rounds, so that what else the machine does counts least. */
function cost(work: (at: number) => unknown, count: number): number {
  const rounds = Array.from({ length: 6 }, () => {
    const began = process.hrtime.bigint();
    for (let at = 0; at < count; at++) work(at);
    return Number(process.hrtime.bigint() - began) / 1000 / count;
  });
  return Math.round(Math.min(...rounds.slice(1)) * 1000) / 1000;
}

function fixedCosts(sent: readonly Draft[]): Record<string, number> {
  const { cleaning } = sliceOf({
    rules: [{ name: 'internal', when: "event.properties.ip.startsWith('10.')", action: 'Drop' }],
    normalise: [
      { name: 't', field: 'text', text: ['NFKC', 'Lowercase', 'CollapseSpaces', 'Trim'] },
      {
        name: 'u',
        field: 'value',
        unit: 'EUR',
        unitField: 'properties.currency',
        factors: [{ unit: 'USD', factor: '0.9' }],
      },
    ],
  });
  const lines = sent.map((event) => JSON.stringify(event));
  const parse = createParseStep();
  const context: StepContext = { catalogue: createCatalogue() };
  const steps = {
    bots: createBotsStep(cleaning),
    rules: createRulesStep(cleaning),
    normaliseUnits: createUnitsStep(cleaning),
    normaliseText: createTextStep(cleaning),
  };
  const costs: Record<string, number> = { parse: cost((at) => parse(lines[at]!), sent.length) };
  for (const [name, step] of Object.entries(steps)) costs[name] = cost((at) => step(sent[at]!, context), sent.length);
  return costs;
}

export function run({ flags, note }: BenchContext): Promise<object> {
  const count = Number(flags['events'] ?? 20_000);
  const sent = Array.from({ length: count }, (_, at) => withGaps(eventAt(at), at));
  const microsecondsPerEvent = fixedCosts(sent);
  for (const [name, cleaning] of Object.entries(lists)) {
    const context: StepContext = { catalogue: createCatalogue(), cleaning: learn(cleaning, sent) };
    const step = learnedStep(cleaning);
    microsecondsPerEvent[name] = cost((at) => step(sent[at]!, context), count);
    note(`${name}: ${microsecondsPerEvent[name]} us`);
  }
  return Promise.resolve({ events: count, microsecondsPerEvent });
}
