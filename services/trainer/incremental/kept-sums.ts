/** Sums between two runs: one signed file a model beside the models, which says of what it is and how far it has read. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { LikenessError } from '../../shared/errors.ts';
import { sha256 } from '../../shared/learning/artifact.ts';
import type { BlendWeights } from '../../shared/learning/fit.ts';
import { pack, unpack } from '../../shared/learning/packed.ts';
import { publicKeyOf } from '../../shared/learning/signing.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';
import type { ReadRange } from '../replay.ts';

export interface SumsHead {
  /** Of which events: the topic has the pipeline, the stream and the epoch in its name. */
  readonly topic: string;
  readonly model: string;
  /** Of all that decides what a sum is: the model's inputs and which links are made. */
  readonly schema: string;
  readonly codeVersion: string;
  /** `from` ≤ offset < `to` of each partition are in the sums. */
  readonly offsets: readonly ReadRange[];
  /** When everything was read last, milliseconds since 1970. */
  readonly fullAt: number;
  /** Events ingested since then alone were taken in; null: all. */
  readonly since: number | null;
  /** Time of the newest event, milliseconds since 1970; null: there is none. */
  readonly newest: number | null;
  /** As they were chosen last. */
  readonly weights: BlendWeights;
}

export interface KeptSums {
  readonly head: SumsHead;
  readonly body: Uint8Array;
}

interface Signed {
  readonly head: SumsHead;
  /** Of the body. */
  readonly sha256: string;
  /** Ed25519 over canonical JSON of head and sha256, in base64. */
  readonly signature: string;
}

const name = 'sums';
const signedBytes = (head: SumsHead, hash: string): Buffer => Buffer.from(canonicalJson([head, hash]));

export async function keepSums(parts: ReplaceableParts, { head, body }: KeptSums, key: KeyObject): Promise<void> {
  const hash = sha256(body);
  const signature = sign(null, signedBytes(head, hash), key).toString('base64');
  await parts.replace(name, pack({ head, sha256: hash, signature } satisfies Signed, [body]));
}

/** undefined: there are none. Throws `ModelInvalid` where this key has not signed them, or they are damaged. */
export async function readSums(parts: ReplaceableParts, key: KeyObject): Promise<KeptSums | undefined> {
  const bytes = await parts.get(name);
  if (bytes === undefined) return undefined;
  const { header, arrays } = unpack<Signed>(bytes);
  const body = arrays[0] as Uint8Array;
  const isSigned = verify(
    null,
    signedBytes(header.head, header.sha256),
    publicKeyOf(key),
    Buffer.from(header.signature, 'base64'),
  );
  if (!isSigned || sha256(body) !== header.sha256)
    throw new LikenessError('ModelInvalid', 'The kept sums are damaged, or another key has signed them');
  return { head: header.head, body };
}
