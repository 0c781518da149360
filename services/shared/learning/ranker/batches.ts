/** Batches of a ranker's training: each is a function of the seed, the epoch and its number, and nothing else. */
import { nextUpTo, nextWord, type TwisterState } from '../statistics/mersenne-twister.ts';
import { countTargets } from '../sequences.ts';
import type { Batch } from '../tensor/tensor-backend.ts';
import { createAnswers } from './answers.ts';
import { createWriter, type Asked } from './batch-writer.ts';
import type { RankerData } from './fit-ranker.ts';
import { randomAt } from './random.ts';
import { createSampler } from './sampler.ts';
import { batchSize, type RankerSettings } from './settings.ts';
import type { RankerShape } from './shape.ts';
import { longestHistory, windowsOf, type Windows } from './windows.ts';

export interface Batches {
  /** Histories a batch. */
  readonly size: number;
  /** Steps of a history. */
  readonly length: number;
  readonly answers: number;
  readonly negatives: number;
  /** Batches of an epoch. */
  countOf(epoch: number): number;
  batchOf(epoch: number, number: number): Batch;
}

export interface BatchesOptions {
  readonly settings: RankerSettings;
  readonly shape: RankerShape;
  readonly seed: number;
}

/** Epochs take different windows of long histories; this one stands for all where sizes are settled. */
const sizingEpoch = 0;

export function createBatches(data: RankerData, { settings, shape, seed }: BatchesOptions): Batches {
  const { train } = data;
  const length = longestHistory(train, settings.length);
  const sizing = windowsOf(train, length, seed, sizingEpoch);
  const size = sizeFor(sizing.from.length);
  const counts = countTargets(train, shape.items);
  const sampler = createSampler(counts, settings.negatives);
  const writer = createWriter(data, { settings, shape, sampler });
  const answers = createAnswers(train);
  let held: { readonly epoch: number; readonly windows: Windows } = { epoch: sizingEpoch, windows: sizing };
  const windowsAt = (epoch: number): Windows => {
    if (held.epoch !== epoch) held = { epoch, windows: windowsOf(train, length, seed, epoch) };
    return held.windows;
  };

  function ask(windows: Windows, first: number, random: TwisterState): Asked[] {
    const asked: Asked[] = [];
    for (let row = 0; row < size && first + row < windows.from.length; row++) {
      const [from, to, end] = [windows.from[first + row]!, windows.to[first + row]!, windows.end[first + row]!];
      for (let at = from; at < to; at++) {
        const target = answers.targetAfter(at, end, random);
        if (target >= 0 || shape.labels.length > 0) asked.push({ place: row * length + at - from, at, end, target });
      }
    }
    return asked;
  }

  // With room for batches that ask more than the first ones do.
  const some = Array.from({ length: 4 }, (_, number) => ask(sizing, number * size, randomAt(seed, 0, number)).length);
  const room = Math.min(size * length, Math.max(16, Math.ceil(Math.max(...some) * 1.2)));

  return {
    size,
    length,
    answers: room,
    negatives: sampler.size,
    countOf: (epoch) => Math.ceil(windowsAt(epoch).from.length / size),
    batchOf(epoch, number) {
      const windows = windowsAt(epoch);
      const random = randomAt(seed, epoch, number);
      const asked = atMost(ask(windows, number * size, random), room, random);
      const history = historyOf(windows, number * size, { size, length, items: train.items });
      return {
        history,
        ...writer.write(asked, room, random),
        ...masksOf(random, { size, settings }),
        future: future(length),
      };
    },
  };
}

/** A power of two that leaves some eight batches, from 16 to the usual size. */
function sizeFor(windows: number): number {
  return Math.min(batchSize, Math.max(16, 2 ** Math.floor(Math.log2(Math.max(1, windows / 8)))));
}

/** A sample of them where there are more. */
function atMost(asked: Asked[], room: number, random: TwisterState): Asked[] {
  for (let at = 0; at < room && asked.length > room; at++) {
    const other = at + nextUpTo(random, asked.length - 1 - at);
    [asked[at], asked[other]] = [asked[other]!, asked[at]!];
  }
  return asked.slice(0, room);
}

interface Layout {
  readonly size: number;
  readonly length: number;
  readonly items: Uint32Array;
}

/** Rows are filled from the left; what stays 0 on the right is after every step, where nothing looks. */
function historyOf({ from, to }: Windows, first: number, { size, length, items }: Layout): Int32Array {
  const history = new Int32Array(size * length);
  for (let row = 0; row < size && first + row < from.length; row++)
    history.set(items.subarray(from[first + row], to[first + row]), row * length);
  return history;
}

const never = -1e9;

/** [length, length], added to the attention: a step sees itself and those before it. */
function future(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, at) => (at % length > Math.floor(at / length) ? never : 0));
}

interface Masked {
  readonly size: number;
  readonly settings: RankerSettings;
}

/** One mask a history for all its steps (Gal and Ghahramani, 2016): what stays is made greater by as much as is lost. */
function masksOf(random: TwisterState, { size, settings }: Masked): Batch {
  const { dropout, dimension } = settings;
  if (dropout === 0) return {};
  const lost = dropout * 2 ** 32;
  const mask = (): Float32Array =>
    Float32Array.from({ length: size * dimension }, () => (nextWord(random) < lost ? 0 : 1 / (1 - dropout)));
  return { dropEmbedding: mask(), dropAttention: mask(), dropOutput: mask() };
}
