/** Feature definitions → features ready to run, each with the hash that says what its state and values mean. Pure. */
import { createHash } from 'node:crypto';
import type { FeatureDefinition } from '../../../crds/features.ts';
import type { EventDefinition, PipelineSpec } from '../../../crds/pipeline.ts';
import { canonicalJson } from '../canonical-json.ts';
import { LikenessError } from '../errors.ts';
import type { CompiledKind, FeatureKind } from './kinds/kind.ts';
import { registry, type KindName } from './kinds/registry.ts';
import { StateWriter } from './state-writer.ts';

export type LinkEvent = PipelineSpec['identity']['mergeOn'][number];

interface CompiledFeature {
  readonly name: string;
  /** Definition hash: 16 hexadecimal digits of SHA-256 over canonical JSON of the definition and its code version. */
  readonly definition: string;
  readonly kind: CompiledKind<unknown>;
}

/** `of` and `to` name features that have a state. */
export interface CompiledRatio {
  readonly name: string;
  readonly definition: string;
  readonly of: string;
  readonly to: string;
}

export interface CompiledFeatures {
  /** Over all that stored states depend on: the watermark's `definition`. Neither order nor ratios change it. */
  readonly hash: string;
  /** 32 bits over the features alone; every stored state begins with it. */
  readonly stamp: number;
  /** In ascending order of name, whatever the order in the spec; a profile's states are in this order. */
  readonly features: readonly CompiledFeature[];
  readonly ratios: readonly CompiledRatio[];
  /** Of all attributes, ascending. */
  readonly names: readonly string[];
  /** Which of identify and alias make links. */
  readonly mergeOn: readonly LinkEvent[];
  /** Places of the features that count events of a type. */
  countedBy(type: string): readonly number[];
  /** Reused for every state that is encoded. */
  readonly writer: StateWriter;
}

export interface CompileOptions {
  /** Default: both. */
  readonly mergeOn?: readonly LinkEvent[];
  /** Called with a feature's name whenever a bound cuts off exact knowledge. For a metric. */
  readonly onOverflow?: (feature: string) => void;
}

/** Raised when the layout of a whole state changes. */
const layoutVersion = 2;
const linkTypes: readonly string[] = ['identify', 'alias'];

const sha256 = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);

function badFeature(name: string, problem: string): LikenessError {
  return new LikenessError('BadSpec', `features.${name}: ${problem}`);
}

function kindOf(definition: FeatureDefinition): KindName {
  const { name, ...kinds } = definition;
  const named = Object.entries(kinds).filter(([, parameters]) => parameters !== undefined);
  if (named.length === 1) return named[0]![0] as KindName;
  throw badFeature(name, `has ${named.length} kinds (${named.map(([kind]) => kind).join(', ')}); give exactly one`);
}

function checkNames(definitions: readonly FeatureDefinition[]): void {
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw badFeature(twice, 'is defined twice');
}

type WeightOf = (type: string) => number;

/** A type that the spec does not name weighs 1. */
function weightsOf(events: readonly EventDefinition[]): WeightOf {
  const weights = new Map(events.map(({ name, weight }) => [name, Math.round(Number(weight) * 1e6)]));
  return (type) => weights.get(type) ?? 1e6;
}

function compileFeature(
  definition: FeatureDefinition,
  weightOf: WeightOf,
  onOverflow: (feature: string) => void,
): CompiledFeature {
  const { name } = definition;
  const kindName = kindOf(definition) as keyof typeof registry;
  const kind: FeatureKind<never, unknown> = registry[kindName];
  const overflow = (): void => onOverflow(name);
  return {
    name,
    definition: sha256([kind.version, definition]),
    kind: kind.compile(definition[kindName] as never, { name, weightOf, overflow }),
  };
}

function compileRatio(definition: FeatureDefinition, names: ReadonlySet<string>): CompiledRatio {
  const { name, ratio } = definition;
  const { of, to } = ratio!;
  for (const [member, operand] of [
    ['of', of],
    ['to', to],
  ] as const)
    if (!names.has(operand))
      throw badFeature(name, `ratio.${member} names ${operand}, which is no feature with a state`);
  return { name, definition: sha256([1, definition]), of, to };
}

/** The types that a feature names; undefined: every type but identify and alias. */
function eventsOf(definition: FeatureDefinition): readonly string[] | undefined {
  const parameters: { readonly events?: readonly string[] | undefined; readonly of?: string } | undefined =
    definition[kindOf(definition)];
  return parameters?.events;
}

/**
 * For each type, which features count it. A feature without `events` counts every type except identify and alias, which
 * say who somebody is and not what they did; a feature that names them counts them.
 */
function indexByType(definitions: readonly FeatureDefinition[]): (type: string) => readonly number[] {
  const named = definitions.map(eventsOf);
  const open = [...named.keys()].filter((place) => named[place] === undefined);
  const places = new Map<string, readonly number[]>();
  for (const type of new Set([...linkTypes, ...named.flatMap((types) => types ?? [])])) {
    const counts = (types: readonly string[] | undefined): boolean =>
      types?.includes(type) ?? !linkTypes.includes(type);
    places.set(
      type,
      [...named.keys()].filter((place) => counts(named[place])),
    );
  }
  return (type) => places.get(type) ?? open;
}

/** Throws LikenessError `BadSpec`, naming the feature, what is wrong and what is allowed. */
export function compileFeatures(
  definitions: readonly FeatureDefinition[],
  events: readonly EventDefinition[],
  { mergeOn = ['identify', 'alias'], onOverflow = () => undefined }: CompileOptions = {},
): CompiledFeatures {
  checkNames(definitions);
  const byName = definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const stateful = byName.filter((definition) => kindOf(definition) !== 'ratio');
  const ratios = byName.filter((definition) => kindOf(definition) === 'ratio');
  const weightOf = weightsOf(events);
  const features = stateful.map((definition) => compileFeature(definition, weightOf, onOverflow));
  const names = new Set(features.map(({ name }) => name));
  const layout = sha256([layoutVersion, features.map(({ definition }) => definition)]);
  return {
    hash: sha256([layout, mergeOn.toSorted()]),
    stamp: Number.parseInt(layout.slice(0, 8), 16),
    features,
    ratios: ratios.map((definition) => compileRatio(definition, names)),
    names: byName.map(({ name }) => name),
    mergeOn,
    countedBy: indexByType(stateful),
    writer: new StateWriter(),
  };
}
