/** The manifest of an artifact: what was learned, from which events, how well, and the SHA-256 of each file. */
import { z } from 'zod';
import { classifierKinds } from './classify/classifier-kinds.ts';
import { modelKinds } from './recommender.ts';

/** Raised when the same events would give another model: an artifact says which code made it. */
export const codeVersion = 'learning/1';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hex');

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  kind: z.enum([...modelKinds, ...classifierKinds]),
  /** Name of the model in the spec. */
  model: z.string().min(1),
  /** `{kind}-{yyyymmddThhmmss}-{first 8 digits of the hash over all files}`. */
  version: z.string().min(1),
  runId: z.string().min(1),
  /** `{namespace}/{name}` of the pipeline whose events it learned from. */
  pipeline: z.string().min(1).optional(),
  /**
   * The model by which this one is judged: fitted in the same way by the same run, to the events before a moment alone. An
   * artifact of its own in the same store, which never serves.
   */
  twin: z.strictObject({ digest: sha256Hex, before: z.iso.datetime() }).optional(),
  trainedAt: z.iso.datetime(),
  codeVersion: z.string().min(1),
  /** Hash of the definitions that decide what a history is: see feature-schema.ts. */
  featureSchema: sha256Hex,
  /** Offsets of `events-clean` that were read: `from` ≤ offset < `to`. */
  offsets: z.array(z.strictObject({ partition: z.int().min(0), from: z.int().min(0), to: z.int().min(0) })),
  /** Of these the events ingested since then were learned from: what came before a drift was left out. Absent: all were. */
  since: z.iso.datetime().optional(),
  events: z.int().min(0),
  profiles: z.int().min(0),
  /** 0: it classifies, and knows no items. */
  items: z.int().min(0),
  /** On the time-split hold-out, such as `ndcg@10`; the model that is served had seen none of it. */
  metrics: z.record(z.string(), z.number()),
  /** How it was fitted: weights, decays, the size of EASE's block, the entries kept. */
  report: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  files: z.array(z.strictObject({ name: z.string().min(1), bytes: z.int().min(0), sha256: sha256Hex })).min(1),
});

export type Manifest = z.output<typeof manifestSchema>;

/** What the trainer knows of a model; sealing adds the version and the hashes. */
export type ManifestDetails = Omit<Manifest, 'format' | 'version' | 'files'>;
