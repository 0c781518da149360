/** Small, real, signed models for the tests of serving. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { ItemAttributes } from '../../services/shared/event.ts';
import { openArtifact, sealArtifact, sha256, type SealedArtifact } from '../../services/shared/learning/artifact.ts';
import { Blend } from '../../services/shared/learning/blend.ts';
import { baselineFile, encodeBaseline, type Baseline } from '../../services/shared/learning/drift/baseline.ts';
import { ItemIndex } from '../../services/shared/learning/item-index.ts';
import { compressRows } from '../../services/shared/learning/item-matrix.ts';
import { encodeModel } from '../../services/shared/learning/model.ts';
import { Popularity } from '../../services/shared/learning/popularity.ts';
import { RankerBlend } from '../../services/shared/learning/ranker/ranker-blend.ts';
import { Ranker } from '../../services/shared/learning/ranker/ranker.ts';
import { sizeOf, variableShapes, type RankerShape } from '../../services/shared/learning/ranker/shape.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import type { ServedModel } from '../../services/serving/recommend.ts';

export const signingKey = generateSigningKey();
export const trustedKeys = [createPublicKey(signingKey.publicPem)];

export interface SmallModel {
  /** The most popular first. */
  readonly items: readonly string[];
  /** After `from` comes `to`, with this score. */
  readonly rules?: readonly (readonly [from: string, to: string, score: number])[];
  readonly attributes?: Readonly<Record<string, ItemAttributes>>;
  readonly name?: string;
  readonly runId?: string;
  readonly trainedAt?: string;
  readonly privatePem?: string;
  /** With a ranker beside the rules, whose weights are arbitrary, and these heads. */
  readonly heads?: Pick<RankerShape, 'labels' | 'categories' | 'timeToNext'>;
  /** What it is compared with while it serves. */
  readonly baseline?: Baseline;
}

/** Item k (from 0) has as many target events as there are items behind it, plus one. */
export function sealModel(model: SmallModel): SealedArtifact {
  const items = new ItemIndex([...model.items]);
  const rules = model.rules ?? [];
  const matrix = compressRows(items.size, {
    rows: Uint32Array.from(rules, ([from]) => items.indexOf(from)),
    columns: Uint32Array.from(rules, ([, to]) => items.indexOf(to)),
    values: Float64Array.from(rules, ([, , score]) => score),
  });
  const popularity = new Popularity(
    items,
    Float64Array.from(model.items, (_, index) => items.size - index),
  );
  const blend = new Blend(items, [{ name: 'sr', matrix, weight: 1, decay: 0.5 }]);
  const plain = rules.length > 0 ? blend : popularity;
  const recommender = model.heads ? new RankerBlend(blend, arbitraryRanker(items, model.heads), 0.5) : plain;
  const itemAttributes = model.items.map((id) => model.attributes?.[id]);
  const files = encodeModel({ recommender, popularity, itemAttributes });
  if (model.baseline) files.set(baselineFile, encodeBaseline(model.baseline));
  return sealArtifact(
    files,
    {
      kind: recommender.kind,
      model: model.name ?? 'next-item',
      runId: model.runId ?? 'run-1',
      trainedAt: model.trainedAt ?? '2026-01-01T00:00:00.000Z',
      codeVersion: 'learning/1',
      featureSchema: sha256(Buffer.from('schema')),
      offsets: [],
      events: 8,
      profiles: 3,
      items: items.size,
      metrics: {},
      report: {},
    },
    createPrivateKey(model.privatePem ?? signingKey.privatePem),
  );
}

function arbitraryRanker(items: ItemIndex, heads: NonNullable<SmallModel['heads']>): Ranker {
  const shape: RankerShape = { items: items.size, dimension: 8, length: 5, ...heads };
  const random = seededUniform(1);
  const weights = Object.entries(variableShapes(shape)).map(([name, dimensions]) => {
    return [name, Float32Array.from({ length: sizeOf(dimensions) }, () => random() - 0.5)] as const;
  });
  return new Ranker(items, shape, new Map(weights));
}

export function serveModel(model: SmallModel, generation = 1): ServedModel {
  const { files, manifest } = sealModel(model);
  return {
    name: manifest.model,
    generation,
    loaded: openArtifact(files, trustedKeys),
    trainedAt: Date.parse(manifest.trainedAt),
    scores: new Float64Array(manifest.items),
  };
}
