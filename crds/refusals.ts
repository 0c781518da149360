/** Bad pipelines as data, each a change of a good one: held against `likeness validate` and a real API server. */
import { refusedByCel } from './refusals/by-cel.ts';
import { refusedBySchema } from './refusals/by-schema.ts';
import { refusedByValidate } from './refusals/by-validate.ts';
import type { Refusal } from './refusals/refusal.ts';

export const refusals: readonly Refusal[] = [...refusedBySchema, ...refusedByCel, ...refusedByValidate];
