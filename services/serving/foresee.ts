/** What comes next for a profile: its stored history, put to the further heads of each model that has them. Pure. */
import { rankerOf } from '../shared/learning/ranker/ranker-blend.ts';
import type { HistoryEntry } from '../shared/learning/recommender.ts';
import type { HeadUse, ModelUse } from './model-uses.ts';
import type { ServedModel } from './recommend.ts';
import { Refusal, unavailable } from './refusal.ts';
import type { NextAnswer } from './schemas.ts';

export interface Foreseeing {
  readonly uses: readonly ModelUse[];
  readonly modelOf: (name: string) => ServedModel | undefined;
  /** Oldest first. */
  readonly historyOf: (use: ModelUse) => readonly HistoryEntry[];
}

export interface ForeseenNext {
  readonly model: ServedModel;
  readonly answer: Omit<NextAnswer['next'][number], 'model'>;
}

/**
 * `asked`: a model of the spec; absent: all that have such heads. One in service without a ranker, or that knows nothing of
 * the history, says nothing. Throws a Refusal where the spec has none, or none is in service.
 */
export function foresee({ uses, modelOf, historyOf }: Foreseeing, asked: string | undefined): ForeseenNext[] {
  const able = uses.filter(({ heads }) => heads !== undefined);
  const wanted = able.filter(({ name }) => asked === undefined || name === asked);
  if (wanted.length === 0) {
    const names = able.map(({ name }) => name).join(', ') || 'none';
    const which = asked === undefined ? 'model' : `model ${JSON.stringify(asked)}`;
    throw new Refusal(404, 'NotFound', `The spec has no ${which} whose ranker has further heads; it has: ${names}.`);
  }
  const served = wanted.flatMap((use) => {
    const model = modelOf(use.name);
    return model ? [{ use, model }] : [];
  });
  if (served.length === 0)
    throw unavailable('NoModel', `No model ${wanted.map(({ name }) => name).join(', ')} has been activated yet.`);
  return served.flatMap(({ use, model }) => {
    const answer = answerOf(model, use.heads!, historyOf(use));
    return answer ? [{ model, answer }] : [];
  });
}

function answerOf(
  { loaded }: ServedModel,
  { labels }: HeadUse,
  history: readonly HistoryEntry[],
): ForeseenNext['answer'] | undefined {
  const ranker = rankerOf(loaded.recommender);
  const said = ranker?.foresee(Int32Array.from(history, ({ itemId }) => ranker.items.indexOf(itemId)));
  if (ranker === undefined || said === undefined) return undefined;
  const { propensity, category, timeToNext } = said;
  return {
    after: new Date(history.at(-1)!.time).toISOString(),
    // Labels that the spec has got since the model was trained are nobody's to tell yet.
    propensities: labels.flatMap(({ name: label, events, within }) => {
      const probability = propensity[ranker.shape.labels.indexOf(label)];
      return probability === undefined ? [] : [{ label, probability, events: [...events], within }];
    }),
    ...(category && { category }),
    ...(timeToNext !== undefined && { secondsToNext: timeToNext / 1000 }),
  };
}
