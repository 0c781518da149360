/** Feature definitions: a name and exactly one kind. */
import { z } from 'zod';
import { durationSchema, fieldPath, name } from './scalars.ts';

const events = z.array(name).min(1).max(32).optional();
const window = durationSchema.optional();
const windowed = { events, window, pane: durationSchema.optional() };

export const featureKinds = {
  count: z.strictObject({ ...windowed }),
  sum: z.strictObject({ ...windowed, field: fieldPath }),
  mean: z.strictObject({ ...windowed, field: fieldPath }),
  min: z.strictObject({ ...windowed, field: fieldPath }),
  max: z.strictObject({ ...windowed, field: fieldPath }),
  last: z.strictObject({ events, field: fieldPath }),
  first: z.strictObject({ events, field: fieldPath }),
  sinceLast: z.strictObject({ events }),
  distinct: z.strictObject({ ...windowed, of: fieldPath }),
  sequence: z.strictObject({ events, length: z.int().min(1).max(200).default(50) }),
  interest: z.strictObject({
    events,
    of: fieldPath,
    halfLife: durationSchema,
    top: z.int().min(1).max(256).default(20),
  }),
  ratio: z.strictObject({ of: name, to: name }),
};

export const featureSchema = z.strictObject({
  name,
  count: featureKinds.count.optional(),
  sum: featureKinds.sum.optional(),
  mean: featureKinds.mean.optional(),
  min: featureKinds.min.optional(),
  max: featureKinds.max.optional(),
  last: featureKinds.last.optional(),
  first: featureKinds.first.optional(),
  sinceLast: featureKinds.sinceLast.optional(),
  distinct: featureKinds.distinct.optional(),
  sequence: featureKinds.sequence.optional(),
  interest: featureKinds.interest.optional(),
  ratio: featureKinds.ratio.optional(),
});

export const featuresSchema = z.array(featureSchema).max(64).default([]);

export type FeatureKind = keyof typeof featureKinds;
export type FeatureDefinition = z.output<typeof featureSchema>;
