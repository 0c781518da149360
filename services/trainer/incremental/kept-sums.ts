/** Sums between two runs: one signed file a model beside the models, which says of what it is and how far it has read. */
import { createHash, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { StoredSums, SumsHeader } from '../../shared/learning/incremental/sums-file.ts';
import { pack, unpack } from '../../shared/learning/packed.ts';
import { publicKeyOf } from '../../shared/learning/signing.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';

const headSchema = z.strictObject({
  /** Of which events: the topic has the pipeline, the stream and the epoch in its name. */
  topic: z.string(),
  model: z.string(),
  /** Of all that decides what a sum is: the model's inputs and which links are made. */
  schema: z.string(),
  codeVersion: z.string(),
  /** `from` ≤ offset < `to` of each partition are in the sums. */
  offsets: z.array(z.strictObject({ partition: z.int(), from: z.int(), to: z.int() })).readonly(),
  /** When everything was read last, milliseconds since 1970. */
  fullAt: z.number(),
  /** Events ingested since then alone were taken in; null: all. */
  since: z.number().nullable(),
  /** Time of the newest event, milliseconds since 1970; null: there is none. */
  newest: z.number().nullable(),
  /** As they were chosen last. */
  weights: z.strictObject({ srWeight: z.number(), decay: z.number() }),
});

export type SumsHead = Readonly<z.output<typeof headSchema>>;

export interface KeptSums {
  readonly head: SumsHead;
  readonly sums: StoredSums;
}

/** All but the head are as they are under a signature that fits. */
const signedSchema = z.strictObject({
  head: headSchema,
  sums: z.unknown(),
  /** Ed25519 over the SHA-256 of head, sums and arrays, in base64. */
  signature: z.string(),
});

const name = 'sums';

export async function keepSums(parts: ReplaceableParts, { head, sums }: KeptSums, key: KeyObject): Promise<void> {
  const { header, arrays } = sums;
  const signature = sign(null, hashOf(head, header, arrays), key).toString('base64');
  await parts.replace(name, pack({ head, sums: header, signature }, arrays));
}

/** undefined: there are none. Rejects with `ModelInvalid` where this key has not signed them, or they are damaged. */
export async function readSums(parts: ReplaceableParts, key: KeyObject): Promise<KeptSums | undefined> {
  const bytes = await parts.get(name);
  if (bytes === undefined) return undefined;
  const { header, arrays } = unpackSums(bytes);
  const parsed = signedSchema.safeParse(header);
  if (!parsed.success) throw invalid(parsed.error);
  const { head, sums, signature } = parsed.data;
  const hash = hashOf(head, sums, arrays);
  if (!verify(null, hash, publicKeyOf(key), Buffer.from(signature, 'base64'))) throw invalid();
  return { head, sums: { header: sums as SumsHeader, arrays } };
}

function unpackSums(bytes: Uint8Array) {
  try {
    return unpack<unknown>(bytes);
  } catch (cause) {
    throw invalid(cause);
  }
}

function hashOf(head: SumsHead, header: unknown, arrays: StoredSums['arrays']): Buffer {
  const hash = createHash('sha256').update(canonicalJson(head)).update(JSON.stringify(header));
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest();
}

function invalid(cause?: unknown): LikenessError {
  return new LikenessError(
    'ModelInvalid',
    'The kept sums of the model are damaged, or another key has signed them. The next training with ' +
      'training.refresh.mode Incremental reads everything and keeps new ones; to keep the key of the old ones, train ' +
      'with the signing key that made them.',
    { cause },
  );
}
