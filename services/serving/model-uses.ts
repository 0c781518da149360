/** The models of the spec as serving uses them: the history each reads, and the rules of its answers. Pure. */
import type { RankerSpec } from '../../crds/ranker.ts';
import type { ServingSlice } from '../../crds/slices.ts';
import { LikenessError } from '../shared/errors.ts';
import type { RecommendationRules } from './recommend.ts';
import type { HistoryShape } from './session.ts';

/** What the ranker of a model foresees beside the next item. */
export interface HeadUse {
  readonly labels: readonly { readonly name: string; readonly events: readonly string[]; readonly within: string }[];
}

export interface ModelUse {
  readonly name: string;
  /** Name of the sequence feature that is the model's history. */
  readonly history: string;
  readonly shape: HistoryShape;
  readonly rules: RecommendationRules;
  /** undefined: the spec asks for none. */
  readonly heads: HeadUse | undefined;
}

/** Those that recommend, in the order of the spec. Throws `BadSpec` if a model's history is not a sequence feature. */
export function modelUses({ models, features, serving }: ServingSlice): ModelUse[] {
  const { pin, bury, excludeBought } = serving.rules;
  return models.flatMap(({ name, recommend }) => {
    if (!recommend) return [];
    const { history, target, ranker } = recommend;
    const sequence = features.find((feature) => feature.name === history)?.sequence;
    if (!sequence) throw new LikenessError('BadSpec', `models.${name}.recommend.history: ${history} is no sequence`);
    const { events, length } = sequence;
    return {
      name,
      history,
      shape: { types: events && new Set(events), length },
      rules: { pin, bury: new Set(bury), bought: new Set(excludeBought ? target : []) },
      heads: ranker && headsOf(ranker.heads),
    };
  });
}

function headsOf({ propensity, nextCategory, timeToNext }: RankerSpec['heads']): HeadUse | undefined {
  return propensity.length > 0 || nextCategory || timeToNext ? { labels: propensity } : undefined;
}
