/**
 * interest: what the events were about, the newest counting most. State counts events per UTC day, value and event type,
 * for the days within 10 half-lives of the newest (as panes of a day), per day at most the 256 values of smallest hash.
 *
 * value: `[{score, value}]`, the `top` with score above 0, by falling score, then by the value's bytes;
 * score = round(10⁶ · Σ events · weight(type) · 0.5^(age / halfLife)) / 10⁶. The age of a day is `now` less the end of
 * the day, at least 0: everything of today counts in full. Rounding makes the score independent of the order of adding.
 */
import { durationMs } from '../../../../crds/scalars.ts';
import { LikenessError } from '../../errors.ts';
import { textField } from '../fields.ts';
import { fromMicro } from '../micro.ts';
import { compareBytes } from '../order.ts';
import { panesAt, type PaneShape } from '../panes.ts';
import { Interests } from './interest-state.ts';
import type { FeatureKind, KindContext } from './kind.ts';
import { usualTypes } from './named-types.ts';

const dayMs = 86_400_000;
/** After so many half-lives an event weighs less than a thousandth. */
const reach = 10;

interface InterestDefinition {
  readonly events?: readonly string[] | undefined;
  readonly of: string;
  readonly halfLife: string;
  readonly top: number;
}

interface Interest {
  readonly score: number;
  readonly value: string;
}

function dayShape(name: string, halfLife: string): PaneShape {
  const days = Math.ceil((reach * durationMs(halfLife)) / dayMs);
  if (days >= 1) return { pane: dayMs, count: days };
  throw new LikenessError('BadSpec', `features.${name}: halfLife ${halfLife} must be at least 1ms`);
}

/** Scores in millionths, before rounding. `days` are those that count, `factorOf` says how much each does. */
function scores(
  state: Interests,
  { indexes, cells }: Interests['days'],
  factorOf: (day: number) => number,
  weightOf: KindContext['weightOf'],
): Map<string, number> {
  const weights = state.types.map(weightOf);
  const totals = new Map<string, number>();
  cells.forEach(({ values, types, events }, place) => {
    const factor = factorOf(indexes[place]!);
    for (let at = 0; at < values.length; at++) {
      const value = state.values[values[at]!]!;
      totals.set(value, (totals.get(value) ?? 0) + events[at]! * weights[types[at]!]! * factor);
    }
  });
  return totals;
}

function ranked(totals: ReadonlyMap<string, number>, top: number): Interest[] {
  return [...totals]
    .map(([value, score]) => ({ score: fromMicro(Math.round(score)), value }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || compareBytes(a.value, b.value))
    .slice(0, top);
}

export const interest: FeatureKind<InterestDefinition, Interests> = {
  version: 1,
  compile({ events: named = usualTypes, of, halfLife, top }, context) {
    const halfLifeMs = durationMs(halfLife);
    const decay = (age: number): number => 0.5 ** (Math.max(0, age) / halfLifeMs);
    const shape = dayShape(context.name, halfLife);
    const read = textField(of);
    return {
      empty: () => new Interests(),
      update(state, at) {
        const value = read(at);
        if (value === undefined) return undefined;
        state.add({ value, type: at.event.type.toWellFormed(), time: at.time }, shape, context.overflow);
        return state;
      },
      merge: (a, b) => Interests.merge(a, b, shape),
      value(state, now) {
        const factorOf = (day: number): number => decay(now - (day + 1) * dayMs);
        return ranked(scores(state, panesAt(state.days, shape, now), factorOf, context.weightOf), top);
      },
      encode: (writer, state) => state.encode(writer, named),
      decode: (reader) => Interests.decode(reader, shape, named),
      kept: (state, bytes, start) => state.kept(bytes, start),
    };
  },
};
