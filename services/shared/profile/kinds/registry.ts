/** Every feature kind that has a state, one line each. (ratio has none: attributes.ts divides two other attributes.) */
import type { FeatureDefinition } from '../../../../crds/features.ts';
import { count } from './count.ts';
import { distinct } from './distinct.ts';
import { first } from './first.ts';
import { interest } from './interest.ts';
import type { FeatureKind } from './kind.ts';
import { last } from './last.ts';
import { max } from './max.ts';
import { mean } from './mean.ts';
import { min } from './min.ts';
import { sequence } from './sequence.ts';
import { sinceLast } from './since-last.ts';
import { sum } from './sum.ts';

export type KindName = Exclude<keyof FeatureDefinition, 'name'>;
export type StatefulKind = Exclude<KindName, 'ratio'>;

export const registry = {
  count,
  sum,
  mean,
  min,
  max,
  last,
  first,
  sinceLast,
  distinct,
  sequence,
  interest,
} satisfies { [Kind in StatefulKind]: FeatureKind<NonNullable<FeatureDefinition[Kind]>, unknown> };
