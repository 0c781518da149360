/** Writes what a batch asks: targets, sampled negatives, and what the further heads are to foresee. */
import type { TwisterState } from '../statistics/mersenne-twister.ts';
import type { Batch } from '../tensor/tensor-backend.ts';
import type { RankerData } from './fit-ranker.ts';
import { propensityAfter } from './head-labels.ts';
import type { Sampler } from './sampler.ts';
import type { RankerSettings } from './settings.ts';
import type { RankerShape } from './shape.ts';

/** After the `place`-th row of the batch, which is the step at `at` of a profile that ends at `end`, comes `target`. */
export interface Asked {
  readonly place: number;
  readonly at: number;
  readonly end: number;
  /** -1: no item is foreseen here, only labels. */
  readonly target: number;
}

interface WriterOptions {
  readonly settings: RankerSettings;
  readonly shape: RankerShape;
  readonly sampler: Sampler;
}

export function createWriter({ train, attributes }: RankerData, { settings, shape, sampler }: WriterOptions) {
  const { items, times } = train;
  const until = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  const categoryAt = new Map(shape.categories.map((category, place) => [category, place]));
  const categoryOf = (item: number): number => categoryAt.get(attributes[item]?.category ?? '') ?? -1;

  function write(asked: readonly Asked[], room: number, random: TwisterState): Batch {
    const negatives = sampler.draw(random);
    const drawn = new Map<number, number>();
    for (const item of negatives) drawn.set(item, (drawn.get(item) ?? 0) + 1);
    const own = { places: new Int32Array(room), targets: new Int32Array(room), targetOffsets: new Float32Array(room) };
    const [weights, hits] = [new Float32Array(room), new Float32Array(room)];
    const share = shareOf(asked);
    asked.forEach(({ place, target }, answer) => {
      own.places[answer] = place;
      if (target < 0) return;
      const item = items[target]!;
      own.targets[answer] = item;
      own.targetOffsets[answer] = sampler.offsetOf(item);
      weights[answer] = share;
      hits[answer] = drawn.get(item) ?? 0;
    });
    const negativeOffsets = Float32Array.from(negatives, (item) => sampler.offsetOf(item));
    return { ...own, weights, hits, negatives, negativeOffsets, ...writeHeads(asked, room) };
  }

  function writeHeads(asked: readonly Asked[], room: number): Batch {
    return {
      ...(shape.labels.length > 0 ? writeLabels(asked, room) : {}),
      ...(shape.categories.length > 0 ? writeCategories(asked, room) : {}),
      ...(shape.timeToNext ? writeTimes(asked, room) : {}),
    };
  }

  function writeLabels(asked: readonly Asked[], room: number): Batch {
    const { propensity } = settings.heads;
    const width = propensity.length;
    const [labels, labelWeights] = [new Float32Array(room * width), new Float32Array(room * width)];
    propensity.forEach(({ within }, label) => {
      const known = asked.map(({ at, end }) => propensityAfter(train, { at, end, until }, label, within));
      const count = known.filter((value) => value !== undefined).length;
      known.forEach((value, answer) => {
        if (value === undefined) return;
        labels[answer * width + label] = value ? 1 : 0;
        labelWeights[answer * width + label] = 1 / (count * width);
      });
    });
    return { labels, labelWeights };
  }

  function writeCategories(asked: readonly Asked[], room: number): Batch {
    const [category, categoryWeights] = [new Int32Array(room), new Float32Array(room)];
    const known = asked.map(({ target }) => (target < 0 ? -1 : categoryOf(items[target]!)));
    const count = known.filter((place) => place >= 0).length;
    known.forEach((place, answer) => {
      if (place < 0) return;
      category[answer] = place;
      categoryWeights[answer] = 1 / count;
    });
    return { category, categoryWeights };
  }

  function writeTimes(asked: readonly Asked[], room: number): Batch {
    const [time, timeWeights] = [new Float32Array(room), new Float32Array(room)];
    const share = shareOf(asked);
    asked.forEach(({ at, target }, answer) => {
      if (target < 0) return;
      time[answer] = Math.log1p((times[target]! - times[at]!) / 1000);
      timeWeights[answer] = share;
    });
    return { time, timeWeights };
  }

  return { write };
}

/** Of an answer that foresees an item. */
function shareOf(asked: readonly Asked[]): number {
  return 1 / Math.max(1, asked.filter(({ target }) => target >= 0).length);
}
