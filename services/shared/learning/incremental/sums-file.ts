/** Sums as a header and typed arrays, and back, so that what is restored goes on exactly as what was stored would have. */
import type { LinkEvent } from '../../profile/compile.ts';
import type { ToldAttributes } from '../event-table.ts';
import type { Coordinates } from '../item-matrix.ts';
import type { ModelInputs } from '../model-inputs.ts';
import type { Packable } from '../packed.ts';
import type { StoredChunks } from './chunks.ts';
import type { StoredPersons } from './persons.ts';
import { Sums, type Inexact } from './sums.ts';

/** Raised when sums are stored in another way. */
export const sumsLayout = 2;

export interface SumsHeader {
  /** Steps that are kept of each person. */
  readonly kept: number;
  readonly ids: StoredPersons['ids'];
  readonly links: StoredPersons['links'];
  readonly items: readonly string[];
  readonly attributes: readonly (ToldAttributes | null)[];
  readonly events: number;
  readonly inexact: Inexact;
  readonly chunks: Pick<StoredChunks, 'taken' | 'free' | 'freeCount'>;
}

export interface StoredSums {
  readonly header: SumsHeader;
  /** Some are views of the sums: valid until an event is taken in. */
  readonly arrays: readonly Packable[];
}

export function storeSums(sums: Sums): StoredSums {
  const { persons, items, histories, events, inexact } = sums;
  const { ids, links, standsFor } = persons.store();
  const { first, lengths, pages, ...chunks } = histories.store(persons.known);
  const { rows, columns, values } = sums.pairs.counts.coordinates();
  const header: SumsHeader = {
    kept: histories.capacity,
    ids,
    links,
    items: items.names,
    attributes: items.names.map((_, item) => sums.attributes[item] ?? null),
    events,
    inexact,
    chunks,
  };
  const counts = [Float64Array.from(sums.targets), Float64Array.from(sums.steps)];
  return { header, arrays: [standsFor, ...counts, rows, columns, values, first, lengths, ...pages] };
}

/** Of what `storeSums` has given: nothing is checked here, a signature tells whether it is as it was. */
export function restoreSums({ header, arrays }: StoredSums, inputs: ModelInputs, mergeOn: readonly LinkEvent[]): Sums {
  const [standsFor, targets, steps, rows, columns, values, first, lengths, ...pages] = arrays;
  const sums = new Sums(inputs, mergeOn, header.kept);
  sums.pairs.counts.addAll({ rows, columns, values } as Coordinates);
  sums.persons.restore({ ids: header.ids, links: header.links, standsFor: standsFor as Uint32Array });
  header.items.forEach((id, at) => {
    const item = sums.items.of(id);
    sums.targets[item] = targets![at]!;
    sums.steps[item] = steps![at]!;
    sums.attributes[item] = header.attributes[at] ?? undefined;
  });
  sums.histories.restore({ ...header.chunks, first, lengths, pages } as StoredChunks);
  sums.restored(header.events, header.inexact);
  return sums;
}
