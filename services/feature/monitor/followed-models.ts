/** Follows the stream `models`: fetches what is in service and checks it, for the watches. Profiles never wait for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LikenessError } from '../../shared/errors.ts';
import type { LoadedModel } from '../../shared/learning/artifact.ts';
import type { Baseline } from '../../shared/learning/drift/baseline.ts';
import { isTrial, readActive, stableOf, type ActiveMessage, type ModelRef } from '../../shared/model-stream.ts';
import type { WatchedModel } from './watched-model.ts';

export interface FollowedModels {
  /** One record of the stream `models`. */
  apply(record: { readonly key: string | null; readonly value: Uint8Array | null }): void;
  /** Those in service, as far as they are loaded. */
  current(): readonly WatchedModel[];
  /**
   * Of an artifact by its digest, whether it is in service here or not. undefined: it has none, or is no good. Rejects
   * with what the store does while it is away.
   */
  baselineOf(digest: string): Promise<Baseline | undefined>;
  /** Resolves once what was announced so far is taken over or refused. */
  settled(): Promise<void>;
  /** Why what is in service is not watched, in words for a person. */
  notes(): string[];
  close(): Promise<void>;
}

export interface FollowedModelsOptions {
  /** The models of the spec. */
  readonly names: readonly string[];
  readonly fetch: (digest: string) => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Verifies and decodes; throws `ModelInvalid`. */
  readonly open: (files: ReadonlyMap<string, Uint8Array>, digest: string) => LoadedModel;
  readonly watch: (loaded: LoadedModel, generation: number) => WatchedModel;
  readonly logger: Logger;
  /** Pause before an artifact that could not be fetched is asked for again. */
  readonly retryMs?: number;
}

interface Slot {
  wanted?: ActiveMessage;
  watched?: WatchedModel;
  problem?: string | undefined;
  work?: Promise<void> | undefined;
}

interface Wanted {
  /** What need not be fetched. */
  readonly held: readonly (WatchedModel | undefined)[];
  readonly ref: ModelRef;
}

type Missing = 'later' | 'never';

/** Baselines are small; a monitor needs those of the model in service and of the one before. */
const keptBaselines = 16;

export function followedModels(options: FollowedModelsOptions): FollowedModels {
  const { logger, retryMs = 2000 } = options;
  const slots = new Map<string, Slot>(options.names.map((name) => [name, {}]));
  const baselines = new Map<string, Baseline | undefined>();
  const closing = new AbortController();

  async function catchUp(slot: Slot): Promise<void> {
    for (let done: ActiveMessage | undefined; slot.wanted !== done && !closing.signal.aborted;) {
      const message = slot.wanted!;
      if (await attempt(slot, message)) done = message;
      else await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    slot.work = undefined;
  }

  /** False: it may come. */
  async function attempt(slot: Slot, message: ActiveMessage): Promise<boolean> {
    const { generation, activatedAt: since } = message;
    const held = [slot.watched, slot.watched?.onTrial?.model];
    const stable = await load(slot, message, { held, ref: stableOf(message) });
    if (stable === 'later') return false;
    if (stable === 'never') return delete slot.watched;
    const { onTrial: _onTrial, ...own } = stable;
    slot.watched = { ...own, generation };
    if (isTrial(message)) {
      const model = await load(slot, message, { held, ref: message });
      if (typeof model === 'string') return model === 'never';
      slot.watched = { ...slot.watched, onTrial: { model: { ...model, generation }, since } };
    }
    slot.problem = undefined;
    return true;
  }

  /** From memory where it is held. What was fetched and is not good never becomes good. */
  async function load(slot: Slot, message: ActiveMessage, { held, ref }: Wanted): Promise<WatchedModel | Missing> {
    const known = held.find((each) => each?.digest === ref.digest);
    if (known !== undefined) return known;
    const { version, digest } = ref;
    let files;
    try {
      files = await options.fetch(digest);
    } catch (error) {
      fail(slot, { model: message.model, version }, error);
      return 'later';
    }
    try {
      const loaded = options.open(files, digest);
      const { model } = loaded.manifest;
      if (model !== message.model || loaded.manifest.version !== version)
        throw new LikenessError('ModelInvalid', `the artifact is ${model} ${loaded.manifest.version}`);
      keep(digest, loaded.baseline);
      logger.info(
        { model, version, digest, inputs: Object.keys(loaded.baseline?.inputs ?? {}) },
        'the model is watched',
      );
      return options.watch(loaded, message.generation);
    } catch (error) {
      fail(slot, { model: message.model, version }, error);
      return 'never';
    }
  }

  function fail(slot: Slot, { model, version }: { model: string; version: string }, error: unknown): void {
    const code = error instanceof LikenessError ? error.code : 'ModelInvalid';
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `model ${model} ${version} is not watched: ${reason}`;
    if (problem !== slot.problem) logger.error({ code, error, model, version }, 'the model is not watched');
    slot.problem = problem;
  }

  function keep(digest: string, baseline: Baseline | undefined): void {
    baselines.set(digest, baseline);
    const [oldest] = baselines.keys();
    if (baselines.size > keptBaselines && oldest !== undefined) baselines.delete(oldest);
  }

  return {
    apply(record) {
      const message = readActive(record);
      if (message === undefined || message === 'malformed') return;
      const slot = slots.get(message.model);
      if (slot === undefined || message.generation <= (slot.wanted?.generation ?? -1)) return;
      slot.wanted = message;
      slot.work ??= catchUp(slot);
    },
    current: () => [...slots.values()].flatMap(({ watched }) => watched ?? []),
    async baselineOf(digest) {
      if (!baselines.has(digest)) keep(digest, await readBaseline(options, digest));
      return baselines.get(digest);
    },
    settled: async () => void (await Promise.all([...slots.values()].map(({ work = Promise.resolve() }) => work))),
    notes: () => [...slots.values()].flatMap(({ problem }) => problem ?? []),
    async close() {
      closing.abort();
      await this.settled();
    },
  };
}

/** An artifact that is gone, or is no good, is watched by quality alone. */
async function readBaseline(
  { fetch, open, logger }: FollowedModelsOptions,
  digest: string,
): Promise<Baseline | undefined> {
  try {
    return open(await fetch(digest), digest).baseline;
  } catch (error) {
    const isGone = error instanceof LikenessError && !error.retryable;
    if (!isGone) throw error;
    logger.warn({ code: error.code, error, digest }, 'the inputs of this model cannot be watched');
    return undefined;
  }
}
