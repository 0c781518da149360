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
import { compareBytes, type StateEvent } from '../order.ts';
import type { Panes, PaneShape } from '../panes.ts';
import { addToDay, decodeDay, encodeDay, mergeDays, type Day } from './interest-day.ts';
import type { FeatureKind, KindContext } from './kind.ts';
import { panedKind } from './paned.ts';

const dayMs = 86_400_000;
/** After so many half-lives an event weighs less than a thousandth. */
const reach = 10;

interface InterestDefinition {
  readonly of: string;
  readonly halfLife: string;
  readonly top: number;
}

interface Sighting {
  readonly value: string;
  readonly type: string;
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

function reader(of: string): (at: StateEvent) => Sighting | undefined {
  const read = textField(of);
  return (at) => {
    const value = read(at);
    return value === undefined ? undefined : { value, type: at.event.type.toWellFormed() };
  };
}

/** Scores in millionths, before rounding. */
function scores(window: Panes<Day>, now: number, decay: (age: number) => number, context: KindContext) {
  const totals = new Map<string, number>();
  window.cells.forEach((day, place) => {
    const factor = decay(Math.max(0, now - (window.indexes[place]! + 1) * dayMs));
    for (const { value, type, events } of day.tallies)
      totals.set(value, (totals.get(value) ?? 0) + events * context.weightOf(type) * factor);
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

export const interest: FeatureKind<InterestDefinition, Panes<Day>> = {
  version: 1,
  compile({ of, halfLife, top }, context) {
    const halfLifeMs = durationMs(halfLife);
    const decay = (age: number): number => 0.5 ** (age / halfLifeMs);
    return panedKind<Day, Sighting>({
      shape: dayShape(context.name, halfLife),
      read: reader(of),
      add: (day, { value, type }) => addToDay(day, value, type, context.overflow),
      merge: mergeDays,
      value: (window, now) => ranked(scores(window, now, decay, context), top),
      encode: encodeDay,
      decode: decodeDay,
    });
  },
};
