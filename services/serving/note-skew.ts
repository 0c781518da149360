/** The skew that the newest training of a model has found, as its candidate tells it: a gauge that an alert can watch. */
import type { Gauge } from 'prom-client';
import { candidateKey, type CandidateMessage } from '../shared/model-stream.ts';

/** Of one record of the stream `models`; what is no candidate, or has no skew, changes nothing. */
export function noteSkew(
  { key, value }: { readonly key: string | null; readonly value: Uint8Array | null },
  gauge: Gauge<'model'>,
  models: ReadonlySet<string>,
): void {
  if (!key?.startsWith(candidateKey('')) || value === null) return;
  const { model, metrics } = parse(value) ?? {};
  const skew = metrics?.['skew'];
  if (model !== undefined && models.has(model) && typeof skew === 'number') gauge.set({ model }, skew);
}

function parse(value: Uint8Array): Partial<CandidateMessage> | undefined {
  try {
    return (JSON.parse(Buffer.from(value).toString('utf8')) as Partial<CandidateMessage> | null) ?? undefined;
  } catch {
    // Whoever decides on candidates counts and names what cannot be read.
    return undefined;
  }
}
