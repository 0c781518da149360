/** What an incremental training starts from: the sums of the last one, or none where they do not fit. Pure but for reading. */
import { createHash, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { LikenessError } from '../../shared/errors.ts';
import { defaultWeights, type BlendWeights } from '../../shared/learning/fit.ts';
import { restoreSums, sumsLayout } from '../../shared/learning/incremental/sums-file.ts';
import { Sums } from '../../shared/learning/incremental/sums.ts';
import { codeVersion } from '../../shared/learning/manifest.ts';
import type { ModelInputs } from '../../shared/learning/model-inputs.ts';
import type { LinkEvent } from '../../shared/profile/compile.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';
import type { ReadRange } from '../replay.ts';
import { readSums, type SumsHead } from './kept-sums.ts';

export interface Wanted {
  readonly inputs: ModelInputs;
  readonly mergeOn: readonly LinkEvent[];
  readonly topic: string;
  /** What can be read now. */
  readonly ranges: readonly ReadRange[];
  readonly since: number | undefined;
  readonly refitAfterMs: number;
  readonly now: number;
}

export interface Begun {
  readonly sums: Sums;
  /** Why everything is read; undefined: only what is new is. */
  readonly refit: string | undefined;
  /** Offsets that the sums have. */
  readonly read: readonly ReadRange[];
  readonly fullAt: number;
  readonly since: number | undefined;
  readonly newest: number;
  readonly weights: BlendWeights;
}

export async function begin(parts: ReplaceableParts, key: KeyObject, wanted: Wanted): Promise<Begun> {
  const kept = await readSums(parts, key).catch(unlessInvalid);
  if (kept === undefined) return anew(wanted, 'no sums are kept yet');
  if (kept === 'invalid') return anew(wanted, 'the kept sums are damaged, or another key has signed them');
  const { head, sums } = kept;
  const refit = reasonToRefit(head, wanted);
  if (refit !== undefined) return anew(wanted, refit);
  const { offsets: read, fullAt, since, newest, weights } = head;
  return {
    sums: restoreSums(sums, wanted.inputs, wanted.mergeOn),
    refit: undefined,
    read,
    fullAt,
    since: since ?? undefined,
    newest: newest ?? -Infinity,
    weights,
  };
}

/** Of all that decides what is summed up, and how. */
export function sumsSchema(
  { schema, targets, history, length, window }: ModelInputs,
  mergeOn: readonly LinkEvent[],
): string {
  const text = canonicalJson([
    sumsLayout,
    schema,
    [...targets].toSorted(),
    history ? [...history].toSorted() : null,
    length,
    window,
  ]);
  return createHash('sha256').update(text).update(canonicalJson(mergeOn.toSorted())).digest('hex');
}

function anew({ inputs, mergeOn, now, since }: Wanted, refit: string): Begun {
  const sums = new Sums(inputs, mergeOn);
  return { sums, refit, read: [], fullAt: now, since, newest: -Infinity, weights: defaultWeights };
}

function unlessInvalid(error: unknown): 'invalid' {
  if (error instanceof LikenessError && error.code === 'ModelInvalid') return 'invalid';
  throw error;
}

function reasonToRefit(head: SumsHead, wanted: Wanted): string | undefined {
  if (!isOfSame(head, wanted)) return 'the kept sums are of another model, spec, code or epoch';
  if (wanted.since !== undefined) return 'what came before a drift is left out';
  if (wanted.now - head.fullAt >= wanted.refitAfterMs) return 'everything was last read long enough ago';
  return isHeld(head, wanted.ranges) ? undefined : 'the log does not go on where the kept sums end';
}

function isOfSame(head: SumsHead, { inputs, mergeOn, topic }: Wanted): boolean {
  return (
    head.topic === topic &&
    head.model === inputs.name &&
    head.codeVersion === codeVersion &&
    head.schema === sumsSchema(inputs, mergeOn)
  );
}

/** Whether every partition can be read on from where the sums end. */
function isHeld({ offsets }: SumsHead, ranges: readonly ReadRange[]): boolean {
  if (offsets.length !== ranges.length) return false;
  return offsets.every(({ partition, to }) => {
    const held = ranges.find((range) => range.partition === partition);
    return held !== undefined && held.from <= to && to <= held.to;
  });
}
