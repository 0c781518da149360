/** The judgement over models that classify: behaviour, the comparison by log loss, parts, and how sure ROC-AUC is. */
import { describe, expect, it } from 'vitest';
import { sealClassifier } from '../../../../test/serving/sealed-classifier.ts';
import { trustedKeys } from '../../../../test/serving/sealed-model.ts';
import { openClassifier, type LoadedClassifier } from '../artifact.ts';
import type { Field } from '../classify/rows.ts';
import { rankingQuality } from '../classify/quality.ts';
import type { Example } from '../point-in-time/example.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { partsOfExamples } from './classifier-segments.ts';
import { judgeClassifier, type JudgeClassifierInput } from './judge-classifier.ts';
import { lowerAuc } from './lower-auc.ts';

const loaded = openClassifier(sealClassifier().files, trustedKeys);
const fields: Field[] = [
  { name: 'purchases30d', kind: 'number' },
  { name: 'lastPurchase', kind: 'number' },
];

/** p = 1 / (1 + exp(-(intercept + slope · purchases30d))). */
function model(slope: number, intercept = -2, kind: LoadedClassifier['manifest']['kind'] = 'linear'): LoadedClassifier {
  const linear = { intercept, coefficients: Float64Array.of(slope, 0, 0) };
  const classifier = { ...loaded.classifier, model: { kind: 'linear', linear } as const };
  return { ...loaded, classifier, manifest: { ...loaded.manifest, kind } };
}
const right = model(1);

/** 0 to 4 purchases, and what came of them as `right` says, of 100 people. */
function makeExamples(count: number, seed = 5): Example[] {
  const random = seededUniform(seed);
  return Array.from({ length: count }, (_, at) => {
    const purchases = Math.floor(5 * random());
    const label = random() < 1 / (1 + Math.exp(2 - purchases));
    return { profile: `u${at % 100}`, time: at, values: { purchases30d: purchases, lastPurchase: null }, label };
  });
}
const examples = makeExamples(2000);

function verdictOn({ candidate, ...more }: Partial<JudgeClassifierInput> = {}) {
  const { verdict, reasons, figures } = judgeClassifier({
    candidate: candidate ?? { self: right, twin: right, seenUntil: Infinity },
    active: undefined,
    examples,
    fields,
    settings: { minDelta: undefined, segmentFloor: 0.1, latencyBudgetMs: 1000 },
    now: () => 0,
    seed: 1,
    ...more,
  });
  return { verdict, reasons: reasons.join('; '), figures };
}
const both = (self: LoadedClassifier) => ({ self, twin: self, seenUntil: Infinity });
const beside = (self: LoadedClassifier) => ({ self, twin: self });

describe('a judgement', () => {
  it('lets a model pass that says the truth, alone and beside its like', () => {
    expect(verdictOn()).toMatchObject({
      verdict: 'Passed',
      reasons: expect.stringContaining('no model was in service'),
    });
    const again = verdictOn({ active: beside(right) });
    expect(again).toMatchObject({ verdict: 'Passed', figures: { delta: 0, 'delta.lower': 0, minDelta: -0.01 } });
    expect(verdictOn({ active: beside(model(0.4, -1)) }).reasons).toMatch(/ \+\d+\.\d% better than the active model/);
  });

  it('refuses one that is surely worse than the one in service', () => {
    const worse = verdictOn({ candidate: both(model(0.4, -1)), active: beside(right) });
    expect(worse.reasons).toMatch(/better than the active model's by -\d+\.\d%, at least by -.* -1.0% is the least/);
    expect(worse.figures['active.logLoss']).toBeLessThan(worse.figures['logLoss']!);
  });

  it('asks to be surely better of a model of another kind, and what the spec says of any', () => {
    const other = beside(model(1, -2, 'trees'));
    expect(verdictOn({ active: other })).toMatchObject({ verdict: 'Passed', figures: { minDelta: 0 } });
    const settings = { minDelta: 0.01, segmentFloor: 0.1, latencyBudgetMs: 1000 };
    expect(verdictOn({ active: beside(right), settings }).reasons).toContain('+1.0% is the least (minDelta)');
  });

  it('refuses one that is better, but not surely', () => {
    const active = beside(model(1.1, -2.1, 'trees'));
    const unsure = verdictOn({ active, examples: makeExamples(200, 2) });
    expect(unsure.figures['delta']).toBeGreaterThan(0);
    expect(unsure.figures['delta.lower']).toBeLessThan(0);
    expect(unsure.reasons).toMatch(/at least by -/);
  });

  it('has twins answer what the models have seen, and themselves what is new', () => {
    const candidate = { self: model(-1), twin: right };
    expect(verdictOn({ candidate: { ...candidate, seenUntil: Infinity } }).reasons).toMatch(/not the model that was/);
    const fresh = verdictOn({ candidate: { ...candidate, seenUntil: -1 } });
    expect(fresh.reasons).toMatch(/no better than chance/);
    expect(fresh.figures['examples.fresh']).toBe(examples.length);
    const half = verdictOn({ candidate: { self: right, twin: right, seenUntil: 999 }, active: beside(right) });
    expect(half.figures['examples.fresh']).toBe(1000);
  });

  it.each<[string, LoadedClassifier, RegExp]>([
    ['ranks the wrong way round', model(-1), /no better than chance/],
    ['is off', model(1, 2), /off by 0\.\d+ on average/],
    ['is worse than who always says the same', model(9, -20), /who always says how often the label comes true/],
    ['says the same of everybody', model(0), /it says 0\.\d+ of everybody/],
    ['says what is no number', model(NaN), /which is no probability/],
    [
      'breaks',
      openClassifier(sealClassifier({}, { deviation: 1.5e-308 }).files, trustedKeys),
      /makes no finite number/,
    ],
  ])('refuses one that %s', (_, self, reason) => {
    expect(verdictOn({ candidate: both(self) })).toMatchObject({
      verdict: 'Refused',
      reasons: expect.stringMatching(reason),
    });
  });

  it('refuses one that cannot answer where something is unknown', () => {
    const [first, ...rest] = right.classifier.encoders;
    const encoder = { ...first!, scale: { log: true, mean: NaN, deviation: 1 } } as typeof first & object;
    const broken = { ...right, classifier: { ...right.classifier, encoders: [encoder, ...rest] } };
    expect(verdictOn({ candidate: both(broken) }).reasons).toMatch(/no finite number, which is no probability/);
  });

  it('proves nothing from a handful of examples, or of one label', () => {
    expect(verdictOn({ examples: examples.slice(0, 29) }).reasons).toMatch(/of 29 examples .* it takes 30, and 10/);
    const rare = examples.map((example, at) => ({ ...example, label: at < 9 }));
    expect(verdictOn({ examples: rare }).reasons).toMatch(/the label is true of 9/);
    const alone = examples.slice(0, 100).map((example) => ({ ...example, profile: 'u' }));
    expect(verdictOn({ examples: alone, active: beside(right) })).toMatchObject({
      verdict: 'Refused',
      figures: expect.not.objectContaining({ 'rocAuc.lower': expect.anything() }),
    });
  });

  it('refuses a slow one', () => {
    let time = 0;
    expect(verdictOn({ now: () => (time += 2000) }).reasons).toMatch(/an answer takes 2000 ms .*\(latencyBudget\)/);
  });

  it('refuses one that has collapsed in a part, though it is as good in all', () => {
    // Who has the plan is said to buy sooner than is true; all others are foreseen as before.
    const plan = (at: number) => (at % 10 === 0 ? 'pro' : 'free');
    const withPlan = examples.map((example, at) => ({ ...example, values: { ...example.values, plan: plan(at) } }));
    const planned = { name: 'plan', kind: 'category' } as const;
    const encoders = [...right.classifier.encoders, { ...planned, values: ['pro'] }];
    const linear = { intercept: -2, coefficients: Float64Array.of(1, 0, 0, 1.2, 0, 0) };
    const partly = {
      ...right,
      classifier: { ...right.classifier, encoders, model: { kind: 'linear', linear } as const },
    };
    const settings = { minDelta: -1, segmentFloor: 0.1, latencyBudgetMs: 1000 };
    const judged = verdictOn({
      candidate: both(partly),
      active: beside(right),
      examples: withPlan,
      fields: [...fields, planned],
      settings,
    });
    expect(judged.reasons).toMatch(/^in plan:pro it is worse: -\d+\.\d% \(segmentFloor\)$/);
    expect(judged.figures['segment.plan:free']).toBe(0);
  });
});

describe('parts', () => {
  it('are by how much is known, and by category', () => {
    const known = (values: Record<string, unknown>): Example => ({ profile: 'u', time: 0, values, label: true });
    const three: Field[] = [
      { name: 'a', kind: 'number' },
      { name: 'b', kind: 'tags' },
      { name: 'plan', kind: 'category' },
    ];
    const rows = [
      known({ a: 0, b: [], plan: null }),
      known({ a: 2, plan: 'pro' }),
      known({ a: 1, b: [1], plan: 'pro' }),
    ];
    expect(Object.fromEntries(partsOfExamples(rows, three))).toEqual({
      'features:few': [0],
      'features:some': [1],
      'features:many': [2],
      'plan:pro': [1, 2],
    });
  });
});

describe('the lower bound of ROC-AUC', () => {
  const rankedOf = (count: number, perProfile = 1) => {
    const some = makeExamples(count);
    return {
      said: Float64Array.from(some, ({ values }) => Number(values['purchases30d'])),
      labels: Uint8Array.from(some, ({ label }) => (label ? 1 : 0)),
      profile: Uint32Array.from(some, (_, at) => Math.floor(at / perProfile)),
    };
  };

  it('lies below it, nearer the more there are, and is the same for the same seed', () => {
    const [few, many] = [rankedOf(100), rankedOf(2000)].map((ranked) => {
      const lower = lowerAuc(ranked, 1);
      expect(lowerAuc(ranked, 1)).toBe(lower);
      return rankingQuality(ranked.said, ranked.labels).rocAuc - lower;
    });
    expect(many).toBeGreaterThan(0);
    expect(few).toBeGreaterThan(2 * many!);
  });

  it('knows nothing of one profile alone, and takes a single label for chance', () => {
    expect(lowerAuc(rankedOf(100, 100), 1)).toBe(-Infinity);
    const { said, profile } = rankedOf(50);
    expect(lowerAuc({ said, profile, labels: new Uint8Array(50) }, 1)).toBe(0.5);
  });
});
