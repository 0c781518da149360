/** Sums as bytes and back, so that what is restored goes on exactly as what was stored would have. */
import { LikenessError } from '../../errors.ts';
import type { LinkEvent } from '../../profile/compile.ts';
import type { ToldAttributes } from '../event-table.ts';
import type { Coordinates } from '../item-matrix.ts';
import type { ModelInputs } from '../model-inputs.ts';
import { pack, unpack } from '../packed.ts';
import type { StoredPersons } from './persons.ts';
import { Sums, type Inexact } from './sums.ts';
import type { Step } from './tails.ts';

interface Head {
  /** Steps that are kept of each person. */
  readonly kept: number;
  readonly ids: StoredPersons['ids'];
  readonly links: StoredPersons['links'];
  readonly items: readonly string[];
  readonly attributes: readonly (ToldAttributes | null)[];
  readonly events: number;
  readonly inexact: Inexact;
}

export function encodeSums(sums: Sums): Uint8Array {
  const { ids, links, standsFor } = sums.persons.store();
  const attributes = sums.items.names.map((_, item) => sums.attributes[item] ?? null);
  const { events, inexact } = sums;
  const head: Head = { kept: sums.tails.capacity, ids, links, items: sums.items.names, attributes, events, inexact };
  const { rows, columns, values } = sums.pairs.counts.coordinates();
  return pack(head, [
    standsFor,
    Float64Array.from(sums.targets),
    Float64Array.from(sums.steps),
    rows,
    columns,
    values,
    ...rowColumns(sums),
    ...tailColumns(sums),
  ]);
}

/** Throws `ModelInvalid` for what `encodeSums` has not written. */
export function decodeSums(bytes: Uint8Array, inputs: ModelInputs, mergeOn: readonly LinkEvent[]): Sums {
  const { header, arrays } = unpack<Head>(bytes);
  if (arrays.length !== 14) throw new LikenessError('ModelInvalid', 'The sums are not of this version');
  const [standsFor, targets, steps, rows, columns, values] = arrays;
  const sums = new Sums(inputs, mergeOn, header.kept);
  sums.pairs.counts.addAll({ rows, columns, values } as Coordinates);
  sums.persons.restore({ ids: header.ids, links: header.links, standsFor: standsFor as Uint32Array });
  header.items.forEach((id, at) => {
    const item = sums.items.of(id);
    sums.targets[item] = targets![at]!;
    sums.steps[item] = steps![at]!;
    sums.attributes[item] = header.attributes[at] ?? undefined;
  });
  restoreRows(sums, arrays[6] as Uint32Array, arrays[7] as Uint32Array);
  restoreTails(sums, arrays.slice(8) as TailColumns);
  sums.restored(header.events, header.inexact);
  return sums;
}

function rowColumns({ rows, persons }: Sums): [lengths: Uint32Array, items: Uint32Array] {
  const all = [...persons.persons()].map((person) => rows.of(person));
  const lengths = Uint32Array.from(all, ({ length }) => length);
  const items = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const row of all) {
    items.set(row, at);
    at += row.length;
  }
  return [lengths, items];
}

function restoreRows({ rows, persons }: Sums, lengths: Uint32Array, items: Uint32Array): void {
  let [index, at] = [0, 0];
  for (const person of persons.persons()) {
    const end = at + lengths[index++]!;
    for (; at < end; at++) rows.add(person, items[at]!);
  }
}

/** Lengths, with the highest bit where older steps were dropped; then item and target, member, hi, lo, time of each step. */
type TailColumns = [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Float64Array];
const highBit = 2 ** 31;

function tailColumns({ tails, persons }: Sums): TailColumns {
  const all = [...persons.persons()];
  const lengths = Uint32Array.from(all, (person) => tails.lengthOf(person) + (tails.isCut(person) ? highBit : 0));
  const count = all.reduce((sum, person) => sum + tails.lengthOf(person), 0);
  const [items, members, his, los] = Array.from({ length: 4 }, () => new Uint32Array(count));
  const times = new Float64Array(count);
  let at = 0;
  for (const person of all)
    for (const step of tails.all(person)) {
      items![at] = step.item + (step.target ? highBit : 0);
      members![at] = step.member;
      his![at] = step.hi;
      los![at] = step.lo;
      times[at++] = step.time;
    }
  return [lengths, items!, members!, his!, los!, times];
}

function restoreTails({ tails, persons }: Sums, [lengths, items, members, his, los, times]: TailColumns): void {
  let [index, at] = [0, 0];
  for (const person of persons.persons()) {
    const length = lengths[index++]!;
    const steps = Array.from({ length: length % highBit }, (): Step => {
      const item = items[at]!;
      const [member, hi, lo, time] = [members[at]!, his[at]!, los[at]!, times[at++]!];
      return { item: item % highBit, target: item >= highBit, member, hi, lo, time };
    });
    tails.replace(person, steps, length >= highBit);
  }
}
