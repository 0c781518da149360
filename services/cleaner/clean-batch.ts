/** A batch of raw records → what is to be produced for it, and what was decided about each event. Pure. */
import type { CleanerSlice } from '../../crds/slices.ts';
import type { Batch, OutgoingRecord } from '../shared/broker.ts';
import { encodeItem, type Catalogue } from '../shared/catalogue.ts';
import { encodeDeadLetter } from '../shared/dead-letter.ts';
import { partitionOf } from '../shared/partition.ts';
import { packLines, unpackLines } from '../shared/record.ts';
import type { CatalogueFeed } from './catalogue-feed.ts';
import { encodeClean } from './clean-line.ts';
import type { ActiveCleaning } from './active-cleaning.ts';
import { createPipeline } from './pipeline.ts';
import { createProfilesOf } from './profiles.ts';
import type { AppliedKind, Draft, StepContext } from './step.ts';

export interface CleanBatch {
  readonly clean: OutgoingRecord[];
  readonly dead: OutgoingRecord[];
  readonly items: OutgoingRecord[];
  /** To be called once all records are durable. */
  readonly settle: () => void;
  /** How many events came to each end; `reason` is empty for ok. */
  readonly counts: ReadonlyMap<string, { readonly result: string; readonly reason: string; readonly events: number }>;
  /** What the steps did that learn. */
  readonly applied: ReadonlyMap<string, { readonly kind: AppliedKind; readonly step: string; readonly events: number }>;
}

export interface BatchCleanerDeps {
  readonly catalogue: Pick<Catalogue, 'get'>;
  readonly feed: CatalogueFeed;
  /** Of events-clean. */
  readonly partitions: number;
  /** What is learned by now; asked once a batch. */
  readonly cleaning?: () => ActiveCleaning | undefined;
}

export type RawBatch = Pick<Batch, 'topic' | 'partition' | 'records'>;

/** Collects what one batch becomes. */
interface Output {
  readonly lines: Map<number, string[]>;
  readonly dead: OutgoingRecord[];
  /** By item: one message of an item is enough for a batch. */
  readonly items: Map<string, OutgoingRecord>;
  readonly counts: Map<string, { result: string; reason: string; events: number }>;
  readonly applied: Map<string, { kind: AppliedKind; step: string; events: number }>;
}

/** Where a line lies, when it is cleaned, and by what. */
interface At {
  readonly source: string;
  readonly partition: number;
  readonly now: number;
  readonly context: StepContext;
}

/** Throws LikenessError `BadSpec` for a rule that does not compile. */
export function createBatchCleaner(spec: CleanerSlice, deps: BatchCleanerDeps) {
  const pipeline = createPipeline(spec);
  const profilesOf = createProfilesOf(spec);

  const accept = (line: string, { sent, value }: { sent: Draft; value: Draft }, output: Output): void => {
    const encode = encodeClean(line, sent, value);
    for (const profile of profilesOf(value)) {
      const partition = partitionOf(profile, deps.partitions);
      const lines = output.lines.get(partition);
      if (lines === undefined) output.lines.set(partition, [encode(profile)]);
      else lines.push(encode(profile));
    }
  };

  const feed = (event: Draft, now: number, { items }: Output): void => {
    if (!event.itemId || items.has(event.itemId)) return;
    const item = deps.feed.next(event, now);
    if (item !== undefined) items.set(item.itemId, { partition: 0, ...encodeItem(item) });
  };

  const cleanLine = (line: string, at: At, output: Output): void => {
    const { sent, result } = pipeline(line, at.context);
    count(output, result.kind, result.kind === 'ok' ? '' : result.reason);
    if (result.kind === 'drop') return;
    if (result.kind === 'ok') {
      accept(line, { sent: sent!, value: result.value }, output);
      feed(result.value, at.now, output);
      return;
    }
    const { reason, detail } = result;
    const refusedAt = new Date(at.now).toISOString();
    const letter = encodeDeadLetter({ reason, detail, source: at.source, stage: 'cleaner', refusedAt }, line);
    output.dead.push({ partition: at.partition, key: at.source, value: Buffer.from(letter) });
  };

  /** `now` in milliseconds stamps dead letters and paces the catalogue; no decision about an event depends on it. */
  return (batch: RawBatch, now: number): CleanBatch => {
    const output: Output = { lines: new Map(), dead: [], items: new Map(), counts: new Map(), applied: new Map() };
    const context = contextOf(deps, output);
    for (const { offset, value } of batch.records) {
      // Nobody writes tombstones here; one would be kept aside as "null", like anything that is no event.
      const lines = value === null ? ['null'] : unpackLines(value);
      const source = `${batch.topic}-${batch.partition}-${offset}`;
      for (let index = 0; index < lines.length; index++)
        cleanLine(lines[index]!, { source: `${source}-${index}`, partition: batch.partition, now, context }, output);
    }
    const clean: OutgoingRecord[] = [];
    for (const [partition, lines] of output.lines)
      for (const value of packLines(lines)) clean.push({ partition, value });
    const { dead, items, counts, applied } = output;
    const settle = () => deps.feed.published(items.keys());
    return { clean, dead, items: [...items.values()], settle, counts, applied };
  };
}

/** A model that comes in while a batch is cleaned is for the next one. */
function contextOf({ catalogue, cleaning }: BatchCleanerDeps, { applied }: Output): StepContext {
  return {
    catalogue,
    cleaning: cleaning?.(),
    applied: (kind, step) => {
      const key = `${kind} ${step}`;
      const known = applied.get(key);
      if (known === undefined) applied.set(key, { kind, step, events: 1 });
      else known.events++;
    },
  };
}

function count(output: Output, result: string, reason: string): void {
  const known = output.counts.get(result + reason);
  if (known === undefined) output.counts.set(result + reason, { result, reason, events: 1 });
  else known.events++;
}
