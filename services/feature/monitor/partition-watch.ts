/**
 * What is seen of a partition's current block: counts of sampled events. It lies in the note of the partition, committed
 * with the watermark, so that a restart or a move to another replica neither loses nor doubles any.
 */
import type { Logger } from 'pino';
import type { ReadyEvent } from '../../shared/clean-line.ts';
import {
  blockSize,
  decodeSummary,
  encodeSummary,
  noQuality,
  toPairs,
  addPairs,
  type BlockSummary,
  type ModelSummary,
} from '../../shared/learning/drift/block-summary.ts';
import { addPaired } from '../../shared/learning/drift/paired-counts.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';
import type { PartitionNote } from '../../shared/profile-store.ts';
import type { Chunk } from '../chunks.ts';
import type { Look, WatchedModel } from './watched-model.ts';

interface Seen extends Look {
  readonly model: WatchedModel;
  /** The model on trial was asked the same. */
  readonly paired?: { readonly model: WatchedModel; readonly hit: boolean };
}

/** One sampled event, before it was applied: what each model was asked, and would have answered. */
export interface Sample {
  readonly offset: number;
  readonly seen: readonly Seen[];
  /** The same with what models see of the profile that the event has left; absent: none is asked then. */
  after?(state: ProfileState): Sample;
}

interface Folded {
  /** Records of `signals`, to be durable before the watermark moves. */
  readonly summaries: readonly Uint8Array[];
  /** To be committed with the watermark; undefined: nothing is watched, and nothing was. */
  readonly note: Uint8Array | undefined;
}

export interface PartitionWatch {
  /** Of an event and the profile before it; undefined: it is not in the sample. Changes nothing. */
  readonly observe: (offset: number, event: ReadyEvent, state: ProfileState) => Sample | undefined;
  /** Takes the chunk, and what was sampled of it, into the block. If the commit fails, `restore` what is stored. */
  fold(chunk: Pick<Chunk, 'records'>, samples: readonly Sample[]): Folded;
  restore(stored: PartitionNote): void;
}

export interface PartitionWatchOptions {
  readonly partition: number;
  /** Share of the events, 0 to 1, chosen by the hash of their id. */
  readonly share: number;
  /** The models in service now, with all that is needed to look at an event. */
  readonly models: () => readonly WatchedModel[];
  /** The features that the partition's profiles are of; default: those that the models were given. */
  readonly live?: CompiledFeatures;
  readonly logger: Logger;
}

/** Counts of one model, while a block is filled. */
interface Part {
  readonly model: WatchedModel;
  summary: Omit<ModelSummary, 'inputs'>;
  readonly inputs: Map<string, { readonly counts: number[]; missing: number }>;
}

interface Block {
  from: number;
  to: number;
  timestamp: number;
  events: number;
  /** Of a replica before this one, until its model is at hand here. */
  stored: readonly ModelSummary[];
  readonly parts: Map<string, Part>;
}

const nothing: Folded = { summaries: [], note: undefined };
/** In place of a block that has just ended. */
const noBlock = new Uint8Array(0);

export function createPartitionWatch(options: PartitionWatchOptions): PartitionWatch {
  const { partition, models, live, logger } = options;
  const threshold = options.share * 2 ** 32;
  let block: Block | undefined;

  const close = (ended: Block, summaries: Uint8Array[]): void => {
    const summary = summaryOf(partition, ended);
    if (summary.models.some(({ sampled }) => sampled > 0)) summaries.push(encodeSummary(summary));
    block = undefined;
  };

  return {
    observe(offset, event, state) {
      if (event.hash[1] >= threshold) return undefined;
      const seen = models().flatMap((model): Seen[] => {
        const ask = (asked: Pick<WatchedModel, 'look'>) => asked.look(event, state, live);
        const look = ask(model);
        return look === undefined ? [] : [{ model, ...look, ...askOnTrial(model, look, event, ask) }];
      });
      const later = models().filter((model) => model.lookAfter !== undefined);
      if (later.length === 0) return seen.length === 0 ? undefined : { offset, seen };
      const lookAfter = (left: ProfileState) =>
        later.flatMap((model): Seen[] => {
          const look = model.lookAfter?.(event, left, live);
          return look === undefined ? [] : [{ model, ...look }];
        });
      return { offset, seen, after: (left) => ({ offset, seen: [...seen, ...lookAfter(left)] }) };
    },
    fold({ records }, samples) {
      if (samples.length === 0 && block === undefined && models().length === 0) return nothing;
      const summaries: Uint8Array[] = [];
      let next = 0;
      for (const { offset, timestamp, lines } of records) {
        if (block !== undefined && blockOf(offset) !== blockOf(block.to)) close(block, summaries);
        block ??= { from: offset, to: offset, timestamp, events: 0, stored: [], parts: new Map() };
        for (; samples[next]?.offset === offset; next++) count(block, samples[next]!, timestamp);
        block.to = offset;
        block.timestamp = timestamp;
        block.events += lines;
        if (isFull(block)) close(block, summaries);
      }
      return { summaries, note: block === undefined ? noBlock : encodeSummary(summaryOf(partition, block)) };
    },
    restore({ watermark, note }) {
      block = undefined;
      if (note === undefined || note.length === 0) return;
      try {
        const { models: stored, partition: _partition, format: _format, ...rest } = decodeSummary(note);
        // A commit without a note came after it, by a replica that watched nothing: this block cannot be completed.
        if (rest.to === watermark?.offset) block = { ...rest, stored, parts: new Map() };
      } catch (error) {
        logger.error({ code: 'BadData', error, partition }, 'what was watched of this block is lost');
      }
    },
  };
}

/** What came before the trial is nothing to foresee: the model may have learned from it. */
function askOnTrial(
  { onTrial }: WatchedModel,
  { asked }: Look,
  event: ReadyEvent,
  ask: (model: Pick<WatchedModel, 'look'>) => Look | undefined,
): Pick<Seen, 'paired'> {
  if (onTrial === undefined || asked === undefined || event.clean.ingestedAt < onTrial.since) return {};
  const own = ask(onTrial.model)?.asked;
  return own === undefined ? {} : { paired: { model: onTrial.model, hit: own.hit } };
}

const blockOf = (offset: number): number => Math.floor(offset / blockSize);

const isFull = ({ to, events }: Block): boolean => events >= blockSize || blockOf(to + 1) !== blockOf(to);

function count(block: Block, { seen }: Sample, timestamp: number): void {
  for (const { model, asked, values, paired } of seen) {
    const part = partOf(block, model);
    part.summary.began ??= timestamp;
    part.summary.sampled++;
    if (asked !== undefined) {
      const { questions, hits, popularityHits } = part.summary.quality;
      part.summary.quality = {
        questions: questions + 1,
        hits: hits + Number(asked.hit),
        popularityHits: popularityHits + Number(asked.popularityHit),
      };
    }
    if (asked !== undefined && paired !== undefined) countPaired(part, asked.hit, paired);
    for (const [name, value] of values) countValue(part, name, value);
  }
}

function countPaired({ summary }: Part, stableHit: boolean, { model, hit }: NonNullable<Seen['paired']>): void {
  const { version, digest, generation } = model;
  const one = { version, digest, generation, questions: 1, hits: Number(hit), stableHits: Number(stableHit) };
  summary.trial = addPaired(summary.trial, one);
}

function countValue({ model, inputs }: Part, name: string, value: unknown): void {
  const sketch = model.sketches.get(name);
  if (sketch === undefined) return;
  let input = inputs.get(name);
  if (input === undefined)
    inputs.set(name, (input = { counts: Array.from<number>({ length: sketch.bins }).fill(0), missing: 0 }));
  const bin = sketch.locate(value);
  if (bin < 0) input.missing++;
  else input.counts[bin]!++;
}

/** What was counted of the model before is given up when another one takes its place. */
function partOf(block: Block, model: WatchedModel): Part {
  const known = block.parts.get(model.name);
  if (known?.model.digest === model.digest) {
    known.summary.generation = model.generation;
    return known;
  }
  const stored = block.stored.find(({ model: name, digest }) => name === model.name && digest === model.digest);
  block.stored = block.stored.filter(({ model: name }) => name !== model.name);
  const { name, version, digest, generation } = model;
  const counted: Pick<ModelSummary, 'sampled' | 'quality' | 'trial' | 'began'> = stored ?? {
    sampled: 0,
    quality: noQuality,
  };
  const { sampled, quality, trial, began } = counted;
  const part: Part = {
    model,
    summary: {
      model: name,
      version,
      digest,
      generation,
      sampled,
      quality,
      ...(trial && { trial }),
      ...(began !== undefined && { began }),
    },
    inputs: new Map(),
  };
  for (const [input, { bins, missing }] of Object.entries(stored?.inputs ?? {})) {
    const counts = Array.from<number>({ length: model.sketches.get(input)?.bins ?? 0 }).fill(0);
    if (counts.length === 0) continue;
    addPairs(counts, bins);
    part.inputs.set(input, { counts, missing });
  }
  block.parts.set(model.name, part);
  return part;
}

function summaryOf(partition: number, { from, to, timestamp, events, stored, parts }: Block): BlockSummary {
  const counted = [...parts.values()].map(({ summary, inputs }): ModelSummary => ({
    ...summary,
    inputs: Object.fromEntries(
      [...inputs].map(([name, { counts, missing }]) => [name, { bins: toPairs(counts), missing }]),
    ),
  }));
  return { format: 1, partition, from, to, timestamp, events, models: [...stored, ...counted] };
}
