/** The two models that the live one is measured by: the one that served when the change came, and one of the new taste. */
import { join } from 'node:path';
import { createPipeline } from '../../bench/drift/loop/pipeline.ts';
import { train } from '../../bench/drift/loop/learn.ts';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { connectModelStore } from '../../services/shared/adapters/connect-model-store.ts';
import { readTrustedKeys } from '../../services/shared/adapters/trusted-keys.ts';
import { watchModel, type WatchedModel } from '../../services/feature/monitor/watched-model.ts';
import type { SentEvent } from '../../services/shared/event.ts';
import { openArtifact } from '../../services/shared/learning/artifact.ts';
import { packLines } from '../../services/shared/record.ts';
import { asClean, createProfiles, type Asked } from './questions.ts';

export interface Comparison {
  /** Answers of the model that served when the change came, from then on. */
  readonly static: readonly Asked[];
  /** Of a model that has learned from the new taste up to `freshFrom`, from there on. */
  readonly fresh: readonly Asked[];
  /** Milliseconds since 1970. */
  readonly freshFrom: number;
}

export interface CompareInput {
  readonly spec: PipelineSpec;
  /** All that were sent, in order. */
  readonly events: readonly SentEvent[];
  /** When each of them was sent, milliseconds since 1970. */
  readonly sentAt: Float64Array;
  /** Place of the first event of the new taste, and of the first one that the fresh model is asked about. */
  readonly change: number;
  readonly freshFrom: number;
  readonly dataDir: string;
  /** Of the model that served when the change came. */
  readonly version: string;
}

export async function compare(input: CompareInput): Promise<Comparison> {
  const { spec, events, sentAt, change, freshFrom } = input;
  const pipeline = createPipeline(Date, spec);
  const { compiled, history } = pipeline;
  const models = { static: await servedModel(input, pipeline), fresh: await freshModel(input, pipeline) };
  const answers: Record<keyof typeof models, Asked[]> = { static: [], fresh: [] };
  const profiles = createProfiles(compiled, history);
  events.forEach((event, at) => {
    for (const [name, from] of [
      ['static', change],
      ['fresh', freshFrom],
    ] as const) {
      const asked = at >= from ? profiles.answer(event, models[name]) : undefined;
      if (asked !== undefined) answers[name].push({ time: sentAt[at]!, hit: asked });
    }
    profiles.take(event);
  });
  return { ...answers, freshFrom: sentAt[freshFrom]! };
}

type Pipeline = ReturnType<typeof createPipeline>;

/** As it lies in the store of the pipeline that ran, signature and all. */
async function servedModel({ dataDir, version }: CompareInput, pipeline: Pipeline): Promise<WatchedModel> {
  const store = connectModelStore({ LIKENESS_MODELS: join(dataDir, 'models') });
  const trusted = readTrustedKeys([join(dataDir, 'keys', 'signing.pub.pem')]);
  for (const digest of await store.list()) {
    const loaded = openArtifact(await store.get(digest), trusted, digest);
    if (loaded.manifest.version === version) return watchModel({ ...pipeline, loaded, generation: 0 });
  }
  throw new Error(`the store has no model ${version}`);
}

async function freshModel({ events, change, freshFrom }: CompareInput, pipeline: Pipeline): Promise<WatchedModel> {
  const learned = events.slice(change, freshFrom).map((event) => JSON.stringify(asClean(event)));
  pipeline.log.append(
    'events-clean',
    packLines(learned).map((value) => ({ value })),
  );
  const candidate = await train(pipeline, { runId: 'fresh', since: undefined });
  if (candidate === undefined) throw new Error('there are too few events of the new taste to learn from');
  return watchModel({ ...pipeline, loaded: await pipeline.open(candidate.digest), generation: 0 });
}
