/** Who lives in the chaos test: users, visitors, one heavy user, and people whose identity is a knot. */
import type { SentEvent } from '../../services/shared/event.ts';
import type { Random } from './random.ts';

/** A link that an event makes; undefined where it names no source. */
type LinkFields = Pick<SentEvent, 'type' | 'userId' | 'anonymousId' | 'previousId'>;

export interface Population {
  /** Whose ordinary events are made, the first the most often. */
  readonly people: readonly Pick<SentEvent, 'userId' | 'anonymousId'>[];
  readonly links: readonly LinkFields[];
}

const identify = (anonymousId: string, userId: string): LinkFields => ({ type: 'identify', anonymousId, userId });
const alias = (previousId: string, userId: string): LinkFields => ({ type: 'alias', previousId, userId });
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** `links` of about this length; beyond the bound of 64 sources one account has many devices. */
export function createPopulation(size: number, linkCount: number, random: Random): Population {
  const users = times(size, (i) => ({ userId: `u-${i}` }));
  const visitors = times(Math.ceil(size / 2), (i) => ({ anonymousId: `a-${i}` }));
  const knots = createKnots(linkCount, random);
  const tied = knots.flatMap(({ userId, anonymousId, previousId }) => [
    { userId: userId ?? previousId ?? '' },
    anonymousId ? { anonymousId } : { userId: previousId ?? userId ?? '' },
  ]);
  const both = users.slice(0, size / 5).map(({ userId }, i) => ({ userId, anonymousId: `a-${i}` }));
  return { people: shuffle([...users, ...visitors, ...tied, ...both], random), links: shuffle(knots, random) };
}

function createKnots(count: number, random: Random): LinkFields[] {
  const part = (share: number): number => Math.ceil(count * share);
  const hub = times(Math.min(80, part(0.1)), (i) => identify(`hub-device-${i}`, 'hub'));
  const plain = times(part(0.3), (i) => identify(`a-${i}`, `u-${random.between(0, i)}`));
  const alone = times(part(0.05), (i): LinkFields => ({ type: 'identify', userId: `u-${i}`, anonymousId: null }));
  const shared = times(part(0.2), (i) => identify(`shared-${Math.floor(i / 3)}`, `u-${random.between(0, count)}`));
  const again = times(part(0.05), (i) => identify(`a-${i}`, `u-${random.between(0, i)}`));
  const chains = times(part(0.2), (i) => chainLink(i, random.between(2, 5)));
  const cycles = times(part(0.1), (i) => {
    const [knot, place] = [Math.floor(i / 3), i % 3];
    return alias(`cycle-${knot}-${place}`, `cycle-${knot}-${(place + 1) % 3}`);
  });
  return [...hub, ...plain, ...alone, ...shared, ...again, ...chains, ...cycles];
}

/** Chains of four links; the first of each starts at a device. `branch` hangs a second tail onto some of them. */
function chainLink(index: number, branch: number): LinkFields {
  const [chain, place] = [Math.floor(index / 5), index % 5];
  if (place === 0) return identify(`chain-${chain}-device`, `chain-${chain}-0`);
  if (place === 4) return alias(`chain-${chain}-tail`, `chain-${chain}-${branch - 2}`);
  return alias(`chain-${chain}-${place - 1}`, `chain-${chain}-${place}`);
}

export function shuffle<T>(list: readonly T[], random: Random): T[] {
  const shuffled = [...list];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
