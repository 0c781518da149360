import { describe, expect, it } from 'vitest';
import { sealClassifier } from '../../test/serving/sealed-classifier.ts';
import { trustedKeys } from '../../test/serving/sealed-model.ts';
import type { AttributeValue } from '../shared/profile/attributes.ts';
import { openClassifier } from '../shared/learning/artifact.ts';
import { classifierUses, propensities, type Classifiers, type PropensityQuestion } from './propensities.ts';

const uses = classifierUses({
  models: [
    { name: 'next-item' },
    {
      name: 'buys-soon',
      classify: {
        label: { events: ['purchase'], within: '24h' },
        features: [],
        selection: { method: 'MutualInformation', keep: 20 },
        balance: 'Weights',
        kind: 'Auto',
      },
    },
  ],
});
const loaded = openClassifier(sealClassifier().files, trustedKeys);
const served = { name: 'buys-soon', generation: 3, loaded, trainedAt: Date.parse('2026-01-01T00:00:00Z') };
const attribute = (value: unknown): AttributeValue => ({
  value,
  time: null,
  provenance: { definition: '', events: 0, newest: null },
});
const question = (purchases30d: unknown, model?: string) => ({
  model,
  attributes: { purchases30d: attribute(purchases30d), lastPurchase: attribute(null) },
  moment: 0,
  now: Date.parse('2026-01-01T00:01:00Z'),
});

const ask = (asked: PropensityQuestion, more: Partial<Classifiers> = {}) =>
  propensities({ uses, modelOf: () => served, measure: (_, work) => work(), ...more }, asked);

describe('propensities', () => {
  it('are what the model says of the attributes, with who said it', () => {
    const [{ answer } = expect.fail('nothing')] = ask(question(3));
    expect(answer).toMatchObject({ events: ['purchase'], within: '24h' });
    expect(answer.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
    expect(answer.model).toMatchObject({ name: 'buys-soon', kind: 'linear', generation: 3, ageSeconds: 60 });
  });

  it('rise with what speaks for the event', () => {
    const probabilityAt = (count: number) => ask(question(count))[0]!.answer.probability;
    expect(probabilityAt(2)).toBeGreaterThan(probabilityAt(1));
  });

  it('are refused where no model classifies, or none is in service', () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => ask(question(1, 'next-item'))).toThrow(code('NotFound'));
    expect(() => ask(question(1), { uses: [] })).toThrow(code('NotFound'));
    expect(() => ask(question(1), { modelOf: () => undefined })).toThrow(code('NoModel'));
  });
});
