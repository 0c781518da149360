/**
 * Training sequences over the workers of a run: each has read its partitions, but a visitor and the user who they turned
 * out to be may lie in two. Links go to everyone, steps to the worker of the partition of the one that they lead to, and
 * then what each knows of the items.
 */
import { partitionOf } from '../partition.ts';
import { Numbering } from './columns.ts';
import type { Link } from '../profile/identity.ts';
import type { Catalogue, EventTable, Steps, ToldAttributes, TrainingSet } from './event-table.ts';
import type { Told } from './fit-together.ts';
import { pack, unpack } from './packed.ts';

/** `partitions` of the stream; partition p is that of worker p mod `team.size`. */
export async function buildTogether(table: EventTable, partitions: number, told: Told): Promise<TrainingSet> {
  const { team, step } = told;
  await team.share(
    `${step}.links`,
    () => pack(table.links(), []),
    (bytes) => {
      for (const [source, link] of unpack<[string, Link][]>(bytes).header) table.addLink(source, link);
    },
  );
  const leaving = table.takeSteps((owner) => {
    const worker = partitionOf(owner, partitions) % team.size;
    return worker === team.index ? -1 : worker;
  });
  await team.exchange(
    `${step}.steps`,
    (worker) => encodeSteps(leaving.get(worker) ?? noSteps),
    (bytes) => table.addSteps(decodeSteps(bytes)),
  );
  return table.buildWith((own) => mergeCatalogues(own, told));
}

const noSteps: Steps = {
  owners: [],
  items: [],
  owner: new Uint32Array(),
  item: new Uint32Array(),
  time: new Float64Array(),
  tieHigh: new Uint32Array(),
  tieLow: new Uint32Array(),
  target: new Uint8Array(),
  labels: new Uint8Array(),
};

function encodeSteps({ owners, items, owner, item, time, tieHigh, tieLow, target, labels }: Steps): Uint8Array {
  return pack({ owners, items }, [owner, item, time, tieHigh, tieLow, target, labels]);
}

function decodeSteps(bytes: Uint8Array): Steps {
  const { header, arrays } = unpack<Pick<Steps, 'owners' | 'items'>>(bytes);
  const [owner, item, time, tieHigh, tieLow, target, labels] = arrays as [
    Uint32Array,
    Uint32Array,
    Float64Array,
    Uint32Array,
    Uint32Array,
    Uint8Array,
    Uint8Array,
  ];
  return { ...header, owner, item, time, tieHigh, tieLow, target, labels };
}

async function mergeCatalogues(own: Catalogue, { team, step }: Told): Promise<Catalogue> {
  const all = [own];
  await team.share(
    `${step}.catalogue`,
    () => encodeCatalogue(own),
    (bytes) => all.push(decodeCatalogue(bytes)),
  );
  return all.length === 1 ? own : merged(all);
}

type Head = Pick<Catalogue, 'names' | 'profiles'> & { readonly attributes: readonly (ToldAttributes | null)[] };

function encodeCatalogue({ names, profiles, attributes, targets, steps }: Catalogue): Uint8Array {
  const head: Head = { names, profiles, attributes: attributes.map((told) => told ?? null) };
  return pack(head, [targets, steps]);
}

function decodeCatalogue(bytes: Uint8Array): Catalogue {
  const { header, arrays } = unpack<Head>(bytes);
  const [targets, steps] = arrays as [Float64Array, Float64Array];
  return { ...header, attributes: header.attributes.map((told) => told ?? undefined), targets, steps };
}

function merged(all: readonly Catalogue[]): Catalogue {
  const items = new Numbering();
  const places = all.map(({ names }) => names.map((name) => items.of(name)));
  const count = items.names.length;
  const [targets, steps] = [new Float64Array(count), new Float64Array(count)];
  const attributes: (ToldAttributes | undefined)[] = Array.from({ length: count });
  all.forEach((one, worker) =>
    places[worker]!.forEach((place, item) => {
      targets[place]! += one.targets[item]!;
      steps[place]! += one.steps[item]!;
      attributes[place] = newest(attributes[place], one.attributes[item]);
    }),
  );
  const profiles = all.reduce((sum, one) => sum + one.profiles, 0);
  return { names: items.names, targets, steps, attributes, profiles };
}

function newest(a: ToldAttributes | undefined, b: ToldAttributes | undefined): ToldAttributes | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (b.time - a.time || b.tie[0] - a.tie[0] || b.tie[1] - a.tie[1]) > 0 ? b : a;
}
