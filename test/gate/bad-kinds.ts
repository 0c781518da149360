/** What is wrong with a model whether it recommends or classifies: what was done to it, and why it is refused. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { removeFile, type Recipe } from './spoil.ts';
import type { Look } from './world.ts';

export interface Bad extends Recipe {
  readonly look?: Look;
}

/** Turns one bit of a stored file round. */
export const flip = (name: string) => (folder: string) => {
  const bytes = readFileSync(join(folder, name));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(join(folder, name), bytes);
};

export const badOfAnySort: Readonly<Record<string, [Bad, RegExp]>> = {
  unsigned: [{ stored: removeFile('manifest.sig') }, /manifest.sig: is missing/],
  'signed by a stranger': [{ key: createPrivateKey(generateSigningKey().privatePem) }, /no trusted key has signed/],
  'other definitions of what it learns from': [
    { details: { featureSchema: 'a'.repeat(64) } },
    /featureSchema is of other/,
  ],
  'another code': [{ details: { codeVersion: 'learning/0' } }, /code learning\/0 made it/],
  'another pipeline': [{ details: { pipeline: 'default/other' } }, /its pipeline is default\/other/],
  'offsets that the log does not have': [
    { details: { offsets: [{ partition: 0, from: 0, to: 1e9 }] } },
    /which the log does not have/,
  ],
  'older than what is in service': [
    { details: { trainedAt: '2026-01-01T00:00:00.000Z' } },
    /not after the model in service/,
  ],
  'skewed features': [{ details: { metrics: { skew: 0.02 } } }, /skew 0.02/],
  'too great': [{ look: { env: { LIKENESS_MODEL_MAX_BYTES: '100' } } }, /bytes, and 100 are allowed/],
  'without a twin': [{ details: { twin: undefined } }, /it names no twin/],
  'the twin of another run': [{ twinDetails: { runId: 'other' } }, /its twin .* is another model: its runId is other/],
  'a twin of another time': [{ twinDetails: { report: { before: 'x' } } }, /its twin was fitted to the time before x/],
};
