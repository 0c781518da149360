/**
 * A profile's attributes at a moment: each feature's value with its provenance. Pure. Members are made in the order of
 * canonical JSON, so that JSON.stringify of the attributes is their canonical JSON.
 */
import { LikenessError } from '../errors.ts';
import type { CompiledFeatures, CompiledRatio } from './compile.ts';
import { isoTime } from './iso-time.ts';
import type { SequenceEntry } from './kinds/sequence-entry.ts';
import { Sequence } from './kinds/sequence-state.ts';
import { newer, type EventOrder } from './order.ts';
import type { ProfileState } from './profile.ts';
import { featureAt } from './segments.ts';

export interface AttributeValue {
  readonly approximate?: true;
  readonly provenance: {
    /** Definition hash of the feature. */
    readonly definition: string;
    /** Events counted, whatever the window. */
    readonly events: number;
    readonly newest: { readonly id: string; readonly time: string } | null;
  };
  /** Time of the newest event counted; null if none. */
  readonly time: string | null;
  readonly value: unknown;
}

/** Milliseconds of the newest event that any feature counted: the first moment the state can speak of. */
export function earliestAsOf({ newest }: ProfileState): number | undefined {
  let latest: number | undefined;
  for (const order of newest) if (order !== undefined && !(order.time <= latest!)) latest = order.time;
  return latest;
}

function checkMoment(state: ProfileState, now: number): void {
  const earliest = earliestAsOf(state);
  if (earliest === undefined || now >= earliest) return;
  throw new LikenessError(
    'AsOfBeforeState',
    `asOf ${new Date(now).toISOString()} is before the profile's newest event; the earliest allowed is ${new Date(earliest).toISOString()}`,
  );
}

/** What an attribute is made of, before it is put into a shape. */
interface Computed {
  readonly name: string;
  readonly definition: string;
  readonly events: number;
  readonly newest: EventOrder | undefined;
  readonly approximate: boolean;
  readonly value: unknown;
}

/** The quotient of two attributes that are numbers; null where either is none or the divisor is 0. */
function quotient(of: unknown, to: unknown): number | null {
  return typeof of === 'number' && typeof to === 'number' && to !== 0 ? of / to : null;
}

function ratio({ name, definition, of, to }: CompiledRatio, computed: ReadonlyMap<string, Computed>): Computed {
  const dividend = computed.get(of)!;
  const divisor = computed.get(to)!;
  return {
    name,
    definition,
    events: dividend.events + divisor.events,
    newest: newer(dividend.newest, divisor.newest),
    approximate: dividend.approximate || divisor.approximate,
    value: quotient(dividend.value, divisor.value),
  };
}

/** Every attribute, ascending by name. */
function computeAttributes(compiled: CompiledFeatures, state: ProfileState, now: number): Computed[] {
  const computed = new Map<string, Computed>();
  compiled.features.forEach(({ name, definition, kind }, place) => {
    const own = featureAt(compiled, state, place);
    const newest = state.newest[place];
    const events = state.counted[place]!;
    const value = kind.value(own, now, { events, newestTime: newest?.time });
    computed.set(name, { name, definition, events, newest, approximate: kind.approximate?.(own, now) ?? false, value });
  });
  for (const each of compiled.ratios) computed.set(each.name, ratio(each, computed));
  return compiled.names.map((name) => computed.get(name)!);
}

function attribute({ definition, events, newest, approximate, value }: Computed): AttributeValue {
  const time = newest === undefined ? null : isoTime(newest.time);
  const provenance = { definition, events, newest: newest && time !== null ? { id: newest.id, time } : null };
  return approximate ? { approximate, provenance, time, value } : { provenance, time, value };
}

/**
 * All attributes at `now` (milliseconds since 1970). Throws `AsOfBeforeState` if `now` is before the newest event
 * counted; a caller that means the present passes the later of its clock and `earliestAsOf(state)`, because a sender's
 * clock may be ahead. A ratio's provenance is that of its two operands together.
 */
export function attributesAt(
  compiled: CompiledFeatures,
  state: ProfileState,
  now: number,
): Record<string, AttributeValue> {
  checkMoment(state, now);
  return Object.fromEntries(computeAttributes(compiled, state, now).map((each) => [each.name, attribute(each)]));
}

/** One entry of a profile's history. `time` is in milliseconds since 1970. */
export type HistoryEntry = Pick<SequenceEntry, 'itemId' | 'type' | 'time'>;

/** As `sequenceOf`; undefined if there is no such feature: it may still be computed from the history. */
export function sequenceIfAny(
  compiled: CompiledFeatures,
  state: ProfileState,
  name: string,
): readonly HistoryEntry[] | undefined {
  const place = compiled.features.findIndex((feature) => feature.name === name);
  const own = place < 0 ? undefined : featureAt(compiled, state, place);
  return own instanceof Sequence ? own.entries : undefined;
}

/** The entries of the sequence feature `name`, oldest first. Throws `NotFound` if there is no such feature. */
export function sequenceOf(compiled: CompiledFeatures, state: ProfileState, name: string): readonly HistoryEntry[] {
  const entries = sequenceIfAny(compiled, state, name);
  if (entries !== undefined) return entries;
  throw new LikenessError('NotFound', `There is no sequence feature named ${name}; models name one as their history`);
}
