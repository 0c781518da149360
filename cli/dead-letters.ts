/** `likeness dead-letters list|replay`: what was refused and why, and a way back through ingest once that is mended. */
import { durationMs, durationSchema } from '../crds/scalars.ts';
import type { Broker, BrokerRecord } from '../services/shared/broker.ts';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import type { CleanEvent, DeadLetter } from '../services/shared/event.ts';
import { postEvent, type PostEventIo } from './post-event.ts';
import { openReplayed } from './replayed.ts';
import type { Terminal } from './terminal.ts';

export interface DeadLetterOptions {
  readonly reason?: string;
  /** Refused at or after: RFC 3339, or a duration back from now such as 2h. */
  readonly since?: string;
  /** At most so many, oldest first within each partition. Default: all. */
  readonly limit?: number;
  readonly json?: boolean;
  /** `replay`: base URL of the ingest, and the write key if it asks for one. */
  readonly to?: string;
  readonly key?: string;
  /** `replay`: the file that remembers what was replayed. Default: nothing is remembered. */
  readonly replayed?: string;
  /** `replay`: also what was replayed before. */
  readonly again?: boolean;
}

export interface DeadLetterIo extends PostEventIo {
  readonly broker: Pick<Broker, 'offsets' | 'read'>;
  /** Topic name of the stream events-dead. */
  readonly topic: string;
  readonly terminal: Pick<Terminal, 'print' | 'note'>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Resolves with the exit code: badData if a replayed event was refused again. Rejects as the broker and ingest do. */
export function runDeadLetters(
  command: 'list' | 'replay',
  options: DeadLetterOptions,
  io: DeadLetterIo,
): Promise<number> {
  return command === 'list' ? runList(options, io) : runReplay(options, io);
}

async function runList(options: DeadLetterOptions, io: DeadLetterIo): Promise<number> {
  const counts = new Map<string, number>();
  for await (const letter of listDeadLetters(options, io)) {
    counts.set(letter.reason, (counts.get(letter.reason) ?? 0) + 1);
    io.terminal.print(options.json ? JSON.stringify(letter) : describeLetter(letter));
  }
  io.terminal.note(describeCounts(counts));
  return exitCodes.ok;
}

/** The most frequent reason first: a list of thousands is read from its end. */
function describeCounts(counts: ReadonlyMap<string, number>): string {
  const reasons = [...counts].sort(([, one], [, other]) => other - one);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const listed = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return `${total} dead letters${listed && `: ${listed}`}`;
}

async function runReplay(options: DeadLetterOptions, io: DeadLetterIo): Promise<number> {
  const counts = { accepted: 0, refused: 0, notReplayable: 0, leftOut: 0 };
  const replayed = openReplayed(options.replayed);
  const leftOut = (source: string): boolean => {
    const known = !options.again && replayed.has(source);
    if (known) counts.leftOut++;
    return known;
  };
  for await (const fate of replayDeadLetters(options, io, leftOut)) {
    counts[fate.outcome]++;
    if (fate.outcome === 'accepted') replayed.add(fate.source);
    io.terminal.print(
      options.json ? JSON.stringify(fate) : `${fate.outcome}  ${fate.source}  ${fate.detail}`.trimEnd(),
    );
  }
  io.terminal.note(`${counts.accepted} accepted, ${counts.refused} refused, ${counts.notReplayable} not replayable`);
  if (counts.leftOut > 0) io.terminal.note(`${counts.leftOut} replayed before and left out; --again sends them too`);
  return counts.refused + counts.notReplayable > 0 ? exitCodes.badData : exitCodes.ok;
}

function describeLetter({ refusedAt, reason, stage, source, detail, event }: DeadLetter): string {
  const { id, type } = (isObject(event) ? event : {}) as Partial<CleanEvent>;
  return `${refusedAt}  ${reason}  ${stage}  ${source}  ${[type, id].filter(Boolean).join(' ')}  ${detail}`;
}

/**
 * Every dead letter that the options ask for, each once, one partition after another; `leftOut` is asked last, about
 * each that would come. Throws `Usage` for a bad `since`.
 */
async function* listDeadLetters(
  options: Pick<DeadLetterOptions, 'reason' | 'since' | 'limit'>,
  { broker, topic, now }: Pick<DeadLetterIo, 'broker' | 'topic' | 'now'>,
  leftOut: (source: string) => boolean = () => false,
): AsyncGenerator<DeadLetter> {
  const since = options.since === undefined ? '' : sinceTime(options.since, now);
  const seen = new Set<string>();
  let left = options.limit ?? Infinity;
  for await (const letter of readLetters(broker, topic)) {
    if (left <= 0) return;
    const { source, reason, refusedAt } = letter;
    // The cleaner is at-least-once: a crash may have written a letter twice.
    if (seen.has(source) || refusedAt < since || (options.reason ?? reason) !== reason) continue;
    seen.add(source);
    if (leftOut(source)) continue;
    left--;
    yield letter;
  }
}

async function* readLetters(broker: DeadLetterIo['broker'], topic: string): AsyncGenerator<DeadLetter> {
  for (const { partition, low, high } of await broker.offsets(topic))
    for await (const records of broker.read({ topic, partition, from: low, to: high }))
      yield* records.flatMap(readLetter);
}

function readLetter({ value }: BrokerRecord): DeadLetter[] {
  return value === null ? [] : [JSON.parse(Buffer.from(value).toString('utf8')) as DeadLetter];
}

function sinceTime(since: string, now: number): string {
  const time = durationSchema.safeParse(since).success ? now - durationMs(since) : Date.parse(since);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new LikenessError('Usage', `--since ${since} is neither a time (2024-05-01T12:00:00Z) nor a duration (2h)`);
}

interface Fate {
  readonly source: string;
  readonly reason: string;
  readonly outcome: 'accepted' | 'refused' | 'notReplayable';
  readonly detail: string;
}

/**
 * Sends each letter's event to ingest again, with its own id: one that did get through is known again for as long as
 * ids are remembered. What ingest accepts is judged by the cleaner anew: it may come back as another dead letter.
 */
async function* replayDeadLetters(
  options: DeadLetterOptions,
  io: DeadLetterIo,
  leftOut: (source: string) => boolean,
): AsyncGenerator<Fate> {
  const { to, key } = options;
  if (to === undefined) throw new LikenessError('Usage', 'replay needs --to URL, the address of the ingest');
  const address = { to, ...(key && { key }) };
  for await (const letter of listDeadLetters(options, io, leftOut)) {
    const { source, reason, event } = letter;
    if (!isObject(event)) yield { source, reason, outcome: 'notReplayable', detail: 'what arrived is no JSON object' };
    else yield { source, reason, ...(await postEvent(sentEvent(event), address, io)) };
  }
}

/** As its sender sent it: a letter of the feature stage holds what the cleaner had added. */
function sentEvent(event: Readonly<Record<string, unknown>>): object {
  const added = new Set(['profile', 'tags', 'itemVersion', ...(event['itemVersion'] === undefined ? [] : ['item'])]);
  return Object.fromEntries(Object.entries(event).filter(([field]) => !added.has(field)));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
