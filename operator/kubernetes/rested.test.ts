import { beforeEach, expect, it } from 'vitest';
import type { PipelineObject } from './read-pipeline.ts';
import { Rested } from './rested.ts';

const pipeline = (generation: number, { uid = 'u', epoch = 1 } = {}): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { namespace: 'n', name: 'shop', uid, generation },
  spec: {},
  status: { epoch },
});

let now: number;
let rested: Rested;

beforeEach(() => {
  now = 0;
  rested = new Rested({ timing: { monotonic: () => now }, wholeMs: 100 });
});

function wholePass(key = 'n/shop'): void {
  rested.begin(key);
  rested.end(key, pipeline(1));
}

it('rests after a whole pass, as long as the pipeline is the same', () => {
  expect(rested.rests('n/shop', pipeline(1))).toBe(false);
  wholePass();
  expect(rested.rests('n/shop', pipeline(1))).toBe(true);
  expect(rested.rests('n/other', pipeline(1))).toBe(false);
  for (const other of [pipeline(2), pipeline(1, { uid: 'w' }), pipeline(1, { epoch: 2 })])
    expect(rested.rests('n/shop', other)).toBe(false);
});

it('does not rest any more once something has changed', () => {
  wholePass();
  rested.disturb('n/shop');
  expect(rested.rests('n/shop', pipeline(1))).toBe(false);
});

it('does not rest after a pass that a change has crossed, but after the next one', () => {
  rested.begin('n/shop');
  rested.disturb('n/shop');
  rested.end('n/shop', pipeline(1));
  expect(rested.rests('n/shop', pipeline(1))).toBe(false);
  wholePass();
  expect(rested.rests('n/shop', pipeline(1))).toBe(true);
});

it('does not rest while a whole pass is under way, nor after one that failed', () => {
  wholePass();
  rested.begin('n/shop');
  expect(rested.rests('n/shop', pipeline(1))).toBe(false);
});

it('is passed over as a whole now and then', () => {
  wholePass();
  now = 99;
  expect(rested.rests('n/shop', pipeline(1))).toBe(true);
  now = 100;
  expect(rested.rests('n/shop', pipeline(1))).toBe(false);
});
