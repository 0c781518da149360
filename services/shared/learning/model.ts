/** A trained model as files and back: the items with their attributes and popularity, and the matrices of its parts. */
import { z } from 'zod';
import { LikenessError } from '../errors.ts';
import type { ItemAttributes } from '../event.ts';
import { Blend, type Part } from './blend.ts';
import { ItemIndex } from './item-index.ts';
import { decodeMatrix, encodeMatrix } from './matrix-file.ts';
import { Popularity } from './popularity.ts';
import { decodeRanker, describeRanker, encodeRanker, rankerFile, rankerSchema } from './ranker/ranker-file.ts';
import { RankerBlend } from './ranker/ranker-blend.ts';
import { Ranker } from './ranker/ranker.ts';
import type { Recommender } from './recommender.ts';

export interface Model {
  readonly recommender: Recommender;
  /** For a history of which the recommender knows nothing. The same catalogue. */
  readonly popularity: Popularity;
  /** Last known attributes by item index; undefined where no event told any. */
  readonly itemAttributes: readonly (ItemAttributes | undefined)[];
}

const partSchema = z.strictObject({
  name: z.enum(['sr', 'ease']),
  weight: z.number().min(0),
  decay: z.number().min(0).max(1),
});
const partsSchema = z.strictObject({ parts: z.array(partSchema).max(2), ranker: rankerSchema.optional() });
const attributesSchema = z.object({
  category: z.string().nullish(),
  brand: z.string().nullish(),
  title: z.string().nullish(),
  price: z.number().nullish(),
  available: z.boolean().optional(),
});
const itemSchema = z.strictObject({
  id: z.string().min(1),
  popularity: z.number().min(0),
  attributes: attributesSchema.optional(),
});
const itemsSchema = z.array(itemSchema).min(1);

export function encodeModel(model: Model): Map<string, Uint8Array> {
  const { items, counts } = model.popularity;
  const { parts, ranker, weight } = partsOf(model.recommender);
  const described = parts.map(({ name, weight, decay }) => ({ name, weight, decay }));
  const listed = items.ids.map((id, index) => ({
    id,
    popularity: counts[index]!,
    attributes: attributesSchema.safeParse(model.itemAttributes[index]).data,
  }));
  const files = new Map([
    ['model.json', jsonBytes({ parts: described, ...(ranker && { ranker: describeRanker(ranker, weight) }) })],
    ['items.json', jsonBytes(listed)],
  ]);
  for (const part of parts) files.set(`${part.name}.matrix`, encodeMatrix(part.matrix, items.size));
  if (ranker) files.set(rankerFile, encodeRanker(ranker));
  return files;
}

interface Parts {
  readonly parts: readonly Part[];
  readonly ranker?: Ranker;
  readonly weight?: number;
}

function partsOf(recommender: Recommender): Parts {
  if (recommender instanceof RankerBlend) {
    const { blend, ranker, weight } = recommender;
    return { parts: blend.parts, ranker, weight };
  }
  if (recommender instanceof Ranker) return { parts: [], ranker: recommender };
  return { parts: recommender instanceof Blend ? recommender.parts : [] };
}

/** Throws `ModelInvalid`, naming the file and what is wrong in it. */
export function decodeModel(files: ReadonlyMap<string, Uint8Array>): Model {
  const listed = parseFile(files, 'items.json', itemsSchema);
  const items = new ItemIndex(listed.map((item) => item.id));
  if (new Set(items.ids).size !== items.size) throw new LikenessError('ModelInvalid', 'items.json: an id is repeated');
  const popularity = new Popularity(
    items,
    Float64Array.from(listed, (item) => item.popularity),
  );
  const recommender = decodeRecommender(files, popularity);
  return { recommender, popularity, itemAttributes: listed.map((item) => item.attributes) };
}

function decodeRecommender(files: ReadonlyMap<string, Uint8Array>, popularity: Popularity): Recommender {
  const { items } = popularity;
  const described = parseFile(files, 'model.json', partsSchema);
  const parts = described.parts.map((part): Part => {
    const file = `${part.name}.matrix`;
    return { ...part, matrix: decodeMatrix(file, fileOf(files, file), items.size) };
  });
  const linear = parts.length === 0 ? undefined : new Blend(items, parts);
  if (described.ranker === undefined) return linear ?? popularity;
  const { weight } = described.ranker;
  if ((weight === undefined) !== (linear === undefined))
    throw new LikenessError(
      'ModelInvalid',
      'model.json: ranker.weight: is given with parts, and without them it is not',
    );
  const ranker = decodeRanker(rankerFile, fileOf(files, rankerFile), described.ranker, items);
  return linear === undefined ? ranker : new RankerBlend(linear, ranker, weight!);
}

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw new LikenessError('ModelInvalid', `${name}: is missing from the artifact`);
  return bytes;
}

/** Parses a JSON file of an artifact by its schema. Throws `ModelInvalid` with the file and the path in it. */
export function parseFile<T>(files: ReadonlyMap<string, Uint8Array>, name: string, schema: z.ZodType<T>): T {
  const text = Buffer.from(fileOf(files, name)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LikenessError('ModelInvalid', `${name}: is not JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LikenessError('ModelInvalid', `${name}: ${issue.path.join('.')}: ${issue.message}`);
}
