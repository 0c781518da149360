/** The cleaning part of a model, the file `cleaning.json` of its artifact: what was learned for each step of the spec. */
import { z } from 'zod';
import type { ImputeStep, OutlierStep, ScaleStep } from '../../../../crds/learned-cleaning.ts';
import { canonicalJson } from '../../canonical-json.ts';
import { jsonBytes, parseFile } from '../model.ts';
import { pointsSchema, scalarSchema } from './summaries.ts';

export const cleaningFile = 'cleaning.json';

const learned = {
  name: z.string().min(1),
  /** The part of the step by which it was learned: a step that says something else now has learned nothing. */
  definition: z.string().min(1),
  /** Values, or rows, that it was learned from. */
  values: z.int().min(0),
};

const fillerSchema = z.union([scalarSchema, pointsSchema]);

const imputeSchema = z.strictObject({
  ...learned,
  /** Of all groups; absent before the first value. */
  overall: fillerSchema.optional(),
  groups: z.array(z.tuple([z.string(), fillerSchema])),
});

const linearScale = z.strictObject({
  method: z.enum(['Standard', 'MinMax', 'Robust']),
  offset: z.number(),
  factor: z.number().positive(),
});
const scaleSchema = z.strictObject({
  ...learned,
  scale: z.union([linearScale, z.strictObject({ method: z.literal('Log') })]),
});

const spreadSchema = z.strictObject({
  method: z.enum(['ZScore', 'MAD']),
  center: z.number(),
  spread: z.number().min(0),
  threshold: z.number().positive(),
});
const treeSchema = z
  .strictObject({
    fields: z.array(z.int().min(-1)).min(1),
    cuts: z.array(z.number()),
    left: z.array(z.int().min(-1)),
    right: z.array(z.int().min(-1)),
    rows: z.array(z.int().min(0)),
  })
  .refine(isTree, 'a tree whose nodes lead down, each to two of it that no other leads to');

/** Else whoever unfolds the tree might never end. */
function isTree({ fields, ...tree }: Record<'fields' | 'cuts' | 'left' | 'right' | 'rows', number[]>): boolean {
  const below = fields.flatMap((field, node) =>
    field < 0
      ? []
      : [
          [node, tree.left[node]!],
          [node, tree.right[node]!],
        ],
  );
  return (
    Object.values(tree).every(({ length }) => length === fields.length) &&
    below.every(([from, node]) => node! > from! && node! < fields.length) &&
    new Set(below.map(([, node]) => node)).size === fields.length - 1
  );
}

const strangenessSchema = z.discriminatedUnion('kind', [
  /** One for each field; null where a field has too few values. */
  z.strictObject({ kind: z.literal('Spread'), fields: z.array(spreadSchema.nullable()) }),
  z.strictObject({
    kind: z.literal('Forest'),
    forest: z.strictObject({ sample: z.int().min(1), trees: z.array(treeSchema).min(1) }),
  }),
  z.strictObject({
    kind: z.literal('Density'),
    /** Brings each field to the unit of the radius. */
    scales: z.array(linearScale),
    model: z.strictObject({ radius: z.number().positive(), cores: z.array(z.array(z.number())) }),
  }),
]);
const outliersSchema = z.strictObject({ ...learned, strangeness: strangenessSchema });

const cleaningSchema = z.strictObject({
  format: z.literal(1),
  impute: z.array(imputeSchema),
  scale: z.array(scaleSchema),
  outliers: z.array(outliersSchema),
});

export type CleaningModel = z.output<typeof cleaningSchema>;
export type LearnedImpute = CleaningModel['impute'][number];
export type LearnedScale = CleaningModel['scale'][number];
export type LearnedOutliers = CleaningModel['outliers'][number];
export type Strangeness = LearnedOutliers['strangeness'];
export type Filler = z.output<typeof fillerSchema>;

export function encodeCleaning(model: CleaningModel): Uint8Array {
  return jsonBytes(model);
}

/** undefined: the artifact has none. Throws `ModelInvalid`, naming what is wrong in the file. */
export function decodeCleaning(files: ReadonlyMap<string, Uint8Array>): CleaningModel | undefined {
  return files.has(cleaningFile) ? parseFile(files, cleaningFile, cleaningSchema) : undefined;
}

export const imputeDefinition = ({ field, with: method, by, events }: ImputeStep): string =>
  canonicalJson({ field, with: method, by, events });

export const scaleDefinition = ({ field, method, events }: ScaleStep): string =>
  canonicalJson({ field, method, events });

/** Only DBSCAN learns by its threshold; the others compare with it. */
export const outlierDefinition = ({ fields, method, threshold, events }: OutlierStep): string =>
  canonicalJson({ fields, method, events, ...(method === 'DBSCAN' && { threshold }) });
