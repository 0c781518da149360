/**
 * Follows which models are in service: gets hold of what the stream `models` names, and asks again for what is away. What
 * a model is good for, and what it means to take it over, knows whoever follows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LikenessError } from './errors.ts';
import { readActive, type ActiveMessage, type ModelRef } from './model-stream.ts';

export interface FollowedModels {
  /** One record of the stream `models`. */
  apply(record: { readonly key: string | null; readonly value: Uint8Array | null }): void;
  /** True while a first model is on its way, or is away: until it is taken over or refused. */
  isStarting(): boolean;
  /** Why what is in service is not taken over, in words for a person. */
  notes(): string[];
  /** Resolves once what was announced so far is taken over or refused. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** What keeps a model from being taken over. `unavailable` may pass; what is `refused` never becomes good. */
export interface Obstacle {
  readonly ref: ModelRef;
  readonly result: 'refused' | 'unavailable';
  readonly error: unknown;
}

/** `isNew`: it was not in memory. */
export type Found<L> = { readonly loaded: L; readonly isNew: boolean } | Obstacle;

/** An artifact that was opened. */
interface Loaded {
  readonly manifest: { readonly model: string; readonly version: string };
}

export interface FollowModelsOptions<L extends Loaded> {
  /** The models of the spec; messages about others are passed over. */
  readonly names: readonly string[];
  readonly fetch: (digest: string) => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Verifies and decodes; throws `ModelInvalid`. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>, digest: string) => L;
  /**
   * Takes over what a message says, with what `find` gives of those that it names, one message of a model after another.
   * Gives what stood in the way, so that it is told, and tried again if it may pass; what it throws is refused.
   */
  readonly take: (message: ActiveMessage, find: (ref: ModelRef) => Promise<Found<L>>) => Promise<Obstacle | undefined>;
  readonly logger: Logger;
  /** A record that says it is ours cannot be read. */
  readonly onMalformed?: () => void;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

interface Slot<L> {
  /** The newest message; what is taken over next or is being taken over. */
  wanted?: ActiveMessage;
  problem?: string | undefined;
  work?: Promise<void> | undefined;
  /** Something was taken over or refused. */
  isDecided?: boolean;
  /** By digest, what was used last at the end. */
  readonly held: Map<string, L>;
}

/** The one in service, and the one beside or before it: going back to that one needs no loading. */
const heldAtMost = 2;

export function followModels<L extends Loaded>(options: FollowModelsOptions<L>): FollowedModels {
  const { logger, retryMs = 2000 } = options;
  const slots = new Map<string, Slot<L>>(options.names.map((name) => [name, { held: new Map() }]));
  const closing = new AbortController();

  async function catchUp(slot: Slot<L>): Promise<void> {
    for (let done: ActiveMessage | undefined; slot.wanted !== done && !closing.signal.aborted;) {
      const message = slot.wanted!;
      const obstacle = await take(slot, message);
      note(slot, message, obstacle);
      if (obstacle?.result === 'unavailable')
        await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
      else {
        done = message;
        slot.isDecided = true;
      }
    }
    slot.work = undefined;
  }

  async function take(slot: Slot<L>, message: ActiveMessage): Promise<Obstacle | undefined> {
    try {
      return await options.take(message, (ref) => find(slot, message.model, ref));
    } catch (error) {
      return { ref: message, result: 'refused', error };
    }
  }

  async function find({ held }: Slot<L>, model: string, ref: ModelRef): Promise<Found<L>> {
    const known = held.get(ref.digest);
    let files;
    try {
      files = known ? undefined : await options.fetch(ref.digest);
    } catch (error) {
      return { ref, result: 'unavailable', error };
    }
    try {
      const loaded = known ?? options.open(files!, ref.digest);
      checkName(loaded, model, ref);
      keep(held, ref.digest, loaded);
      return { loaded, isNew: known === undefined };
    } catch (error) {
      return { ref, result: 'refused', error };
    }
  }

  function note(slot: Slot<L>, { model, generation }: ActiveMessage, obstacle: Obstacle | undefined): void {
    if (obstacle === undefined) return void (slot.problem = undefined);
    const { ref, result, error } = obstacle;
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `model ${model} ${ref.version}, generation ${generation}, is ${result}: ${reason}`;
    const code = error instanceof LikenessError ? error.code : 'ModelInvalid';
    const { version, digest } = ref;
    if (problem !== slot.problem)
      logger.error({ code, error, model, version, digest, generation }, 'the model is not taken over');
    slot.problem = problem;
  }

  const all = (): Slot<L>[] => [...slots.values()];
  const settled = async (): Promise<void> =>
    void (await Promise.all(all().map(({ work = Promise.resolve() }) => work)));
  return {
    apply(record) {
      const message = readActive(record);
      if (message === undefined) return;
      if (message === 'malformed') {
        logger.error({ code: 'MalformedRecord', key: record.key }, 'a record of the stream models cannot be read');
        return options.onMalformed?.();
      }
      const slot = slots.get(message.model);
      if (slot === undefined || message.generation <= (slot.wanted?.generation ?? -1)) return;
      slot.wanted = message;
      slot.work ??= catchUp(slot);
    },
    isStarting: () => all().some(({ work, isDecided }) => work !== undefined && !isDecided),
    notes: () => all().flatMap(({ problem }) => problem ?? []),
    settled,
    close: () => {
      closing.abort();
      return settled();
    },
  };
}

function checkName({ manifest }: Loaded, model: string, { version }: ModelRef): void {
  if (manifest.model === model && manifest.version === version) return;
  const text = `the artifact is ${manifest.model} ${manifest.version}, made active was ${model} ${version}`;
  throw new LikenessError('ModelInvalid', text);
}

function keep<L>(held: Map<string, L>, digest: string, loaded: L): void {
  held.delete(digest);
  held.set(digest, loaded);
  const [oldest] = held.keys();
  if (held.size > heldAtMost) held.delete(oldest!);
}
