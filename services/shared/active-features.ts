/**
 * Which feature definitions the profiles of a pipeline are computed by, as the profile store has it. Whoever reads or
 * writes profiles goes by this; the spec says what is wanted. States lie in one of two slots: while definitions that are
 * wanted are computed in the idle one, the other serves; then both change places, at one stroke for all partitions.
 */
import { z } from 'zod';
import type { FeatureDefinition } from '../../crds/features.ts';
import type { EventDefinition } from '../../crds/pipeline.ts';
import { LikenessError } from './errors.ts';
import { compileFeatures, type CompiledFeatures, type LinkEvent } from './profile/compile.ts';
import { partitionTag, type PartitionTag, type ProfileStore, type Watermark } from './profile-store.ts';

export type Slot = 0 | 1;
export type PipelineKey = Parameters<typeof partitionTag>[0];

export interface ActiveFeatures {
  /** Hash of the compiled features. */
  readonly hash: string;
  readonly slot: Slot;
  /** 1 at first, one more with each switch. */
  readonly generation: number;
  /** When these features took over, milliseconds since 1970. */
  readonly since: number;
  readonly features: readonly FeatureDefinition[];
  readonly mergeOn: readonly LinkEvent[];
}

/** So long after a switch the slot that is idle now is left as it is: a reader may not know of the switch yet. */
export const slotGraceMs = 60_000;
/** Nobody believes for longer what he knows of the active features. */
export const believedMs = slotGraceMs / 2;

export const otherSlot = (slot: Slot): Slot => (slot === 0 ? 1 : 0);

/** Under which a partition's states lie, with their watermark. */
export function statesTag(pipeline: PipelineKey, partition: number, slot: Slot): PartitionTag {
  const tag = partitionTag(pipeline, partition);
  return slot === 0 ? tag : `${tag}.1`;
}

/** Under which the active features are noted; of its watermark, the offset is the generation. */
function featuresTag({ namespace, name, epoch }: PipelineKey): PartitionTag {
  return `${namespace}/${name}/e${epoch}/features`;
}

/** Everything that a pipeline keeps in the profile store, but for the monitor's note. */
export function featureTags(pipeline: PipelineKey, partitions: number): PartitionTag[] {
  const states = Array.from({ length: partitions }, (_, partition) => [
    statesTag(pipeline, partition, 0),
    statesTag(pipeline, partition, 1),
  ]);
  return [featuresTag(pipeline), ...states.flat()];
}

const noteSchema = z.object({
  slot: z.literal([0, 1]),
  features: z.array(z.looseObject({ name: z.string() })),
  mergeOn: z.array(z.enum(['identify', 'alias'])),
});

/** undefined: no profile has been written yet, or by code that knew of no such note. Rejects with `BadData`, or as the store does. */
export async function readActiveFeatures(
  store: Pick<ProfileStore, 'readNote'>,
  pipeline: PipelineKey,
): Promise<ActiveFeatures | undefined> {
  const { watermark, note } = await store.readNote(featuresTag(pipeline));
  if (watermark === undefined || note === undefined) return undefined;
  const { definition: hash, offset: generation, timestamp: since } = watermark;
  const { slot, features, mergeOn } = readNote(note);
  return { hash, slot, generation, since, features: features as FeatureDefinition[], mergeOn };
}

function readNote(note: Uint8Array): z.output<typeof noteSchema> {
  try {
    return noteSchema.parse(JSON.parse(Buffer.from(note).toString()));
  } catch (cause) {
    throw new LikenessError('BadData', 'What the profile store has noted of its features cannot be read.', { cause });
  }
}

/** In the place of `before`. False: somebody else was first. */
export async function writeActiveFeatures(
  store: Pick<ProfileStore, 'commit'>,
  pipeline: PipelineKey,
  before: ActiveFeatures | undefined,
  next: ActiveFeatures,
): Promise<boolean> {
  const { slot, features, mergeOn } = next;
  const note = Buffer.from(JSON.stringify({ slot, features, mergeOn }));
  const advance = { ...watermarkOf(next), note };
  const outcome = await store.commit(featuresTag(pipeline), before && watermarkOf(before), advance, []);
  return outcome === 'committed';
}

const watermarkOf = ({ hash, generation, since }: ActiveFeatures): Watermark => ({
  offset: generation,
  timestamp: since,
  definition: hash,
});

/**
 * Weights are the spec's: no state depends on them. Throws `DefinitionChanged` where this code does not mean the same by
 * the definitions as the code that wrote the states.
 */
export function compileActive(
  { hash, features, mergeOn }: ActiveFeatures,
  events: readonly EventDefinition[],
  onOverflow?: (feature: string) => void,
): CompiledFeatures {
  const compiled = compiledOrCause(() =>
    compileFeatures(features, events, { mergeOn, ...(onOverflow && { onOverflow }) }),
  );
  if ('hash' in compiled && compiled.hash === hash) return compiled;
  throw new LikenessError(
    'DefinitionChanged',
    `The profiles were computed by features (${hash}) that this version of the code reads otherwise, so that it can ` +
      'neither serve them nor go on with them. Go back to the version before, or compute the profiles anew.',
    'cause' in compiled ? { cause: compiled.cause } : {},
  );
}

function compiledOrCause(compile: () => CompiledFeatures): CompiledFeatures | { readonly cause: unknown } {
  try {
    return compile();
  } catch (cause) {
    return { cause };
  }
}
