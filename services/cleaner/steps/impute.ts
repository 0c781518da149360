/** Fills in fields that an event lacks, marks them as filled in, and remembers the newest values where they are needed. */
import { numericConstant, type ImputeStep, type LearnedSteps } from '../../../crds/learned-cleaning.ts';
import { canonicalTime } from '../../shared/canonical-time.ts';
import { createField } from '../../shared/event-field.ts';
import { groupOf } from '../../shared/learning/cleaning/impute-sums.ts';
import { typeFilter } from '../../shared/learning/cleaning/observed.ts';
import { interpolateAt, lastAt } from '../../shared/learning/cleaning/recent-points.ts';
import { fits } from '../../shared/learning/cleaning/summaries.ts';
import type { Scalar } from '../../shared/profile/fields.ts';
import { maxAbsolute } from '../../shared/profile/micro.ts';
import { ok } from '../../shared/result.ts';
import { everything, KnownPoints } from '../known-points.ts';
import type { Draft, Step, StepContext } from '../step.ts';

/** What an event is filled in with; undefined: nothing is known yet. */
type Find = (event: Draft, context: StepContext) => Scalar | undefined;

interface Source {
  readonly find: Find;
  /** Told of each event that has the field. */
  readonly see?: (event: Draft, value: unknown, context: StepContext) => void;
  /** Whether a model has a part in it. */
  readonly isLearned: boolean;
}

/** Missing are absence and null. What was filled in is no known value. */
export function createImputeStep({ impute }: Pick<LearnedSteps, 'impute'>): Step {
  const fillers = impute.map(createFiller);
  if (fillers.length === 0) return ok;
  return (event, context) => ok(fillers.reduce((clean, fill) => fill(clean, context), event));
}

function createFiller(step: ImputeStep): (event: Draft, context: StepContext) => Draft {
  const { name, field: path } = step;
  const field = createField(path);
  const isFor = typeFilter(step.events);
  const hasRoom = roomFor(path);
  const source = sourceOf(step);
  const see = (event: Draft, value: unknown, context: StepContext): Draft => {
    if (!event.imputed?.includes(path)) source.see?.(event, value, context);
    return event;
  };
  const fill = (event: Draft, context: StepContext): Draft => {
    const found = hasRoom(event) ? source.find(event, context) : undefined;
    context.applied?.(found === undefined ? 'unlearned' : 'imputed', name);
    if (found === undefined) return event;
    return marked(field.set(event, found), path, source.isLearned ? context.cleaning?.version : undefined);
  };
  return (event, context) => {
    if (!isFor(event.type)) return event;
    const value = field.get(event) ?? undefined;
    return value === undefined ? fill(event, context) : see(event, value, context);
  };
}

function marked(event: Draft, path: string, version: string | undefined): Draft {
  return { ...event, imputed: [...(event.imputed ?? []), path], ...(version !== undefined && { cleanedBy: version }) };
}

/** False where the path leads through something that is no object, and is the sender's. */
function roomFor(path: string): (event: Draft) => boolean {
  const keys = path.split('.');
  const above = keys.slice(1).map((_, at) => createField(keys.slice(0, at + 1).join('.')));
  return (event) => above.every((field) => isObjectOrMissing(field.get(event)));
}

const isObjectOrMissing = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && !Array.isArray(value));

function sourceOf(step: ImputeStep): Source {
  if (step.with === 'Constant') {
    const constant = constantOf(step.constant!);
    return { find: () => constant, isLearned: false };
  }
  if (step.with === 'Last' || step.with === 'Interpolate') return pointSource(step, step.with);
  return { find: learnedSource(step), isLearned: true };
}

const constantOf = (text: string): Scalar => (numericConstant.test(text) ? Number(text) : text);

/** A group that is not known is filled in as all of them. */
function learnedSource({ name, by }: ImputeStep): Find {
  const group = by === undefined ? () => undefined : groupOf(by);
  return (event, { cleaning }) => {
    const learned = cleaning?.impute.get(name);
    if (learned === undefined) return undefined;
    const key = group(event);
    const filler = (key === undefined ? undefined : learned.groups.get(key)) ?? learned.overall;
    return typeof filler === 'object' ? undefined : settled(filler);
  };
}

/** The newest value of another group says nothing, so only its own fills a group in. */
function pointSource({ name, by }: ImputeStep, method: 'Last' | 'Interpolate'): Source {
  const group = by === undefined ? () => everything : groupOf(by);
  const known = new KnownPoints();
  const at = method === 'Last' ? lastAt : interpolateAt;
  return {
    isLearned: true,
    see: (event, value, { cleaning }) => {
      known.learn(cleaning?.impute.get(name));
      const key = group(event);
      if (key === undefined || !fits(method, value)) return;
      if (typeof value === 'number' && !(Math.abs(value) <= maxAbsolute)) return;
      known.add(key, canonicalTime(event.time), value);
    },
    find: (event, { cleaning }) => {
      known.learn(cleaning?.impute.get(name));
      const key = group(event);
      return key === undefined ? undefined : settled(at(known.of(key), canonicalTime(event.time)));
    },
  };
}

/** Sums count millionths; finer digits of a mean are noise. */
const settled = (value: Scalar | undefined): Scalar | undefined =>
  typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value;
