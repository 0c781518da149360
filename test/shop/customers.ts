/** Five customers that differ, chosen by what the rows say, so that any stretch of the data has them. */
import type { Row } from './rows.ts';

export interface Customer {
  readonly why: 'heavy' | 'light' | 'returns' | 'anonymous' | 'oneDay';
  readonly profile: string;
  readonly rows: readonly Row[];
}

type Profile = readonly [profile: string, rows: readonly Row[]];

const dayOf = ({ time }: Row): number => Math.floor(time / 86_400_000);
const isNamed = ([profile]: Profile): boolean => !profile.startsWith('invoice-');
const returnsOf = ([, rows]: Profile): number => rows.filter(({ kind }) => kind === 'return').length;
const daysOf = ([, rows]: Profile): number => new Set(rows.map(dayOf)).size;

/** Throws if the data has no customer of some sort. */
export function chooseCustomers(byProfile: ReadonlyMap<string, readonly Row[]>): Customer[] {
  const all: Profile[] = [...byProfile].filter(([, rows]) => rows.some(({ kind }) => kind === 'purchase'));
  const named = all.filter(isNamed);
  const heavy = most(named, ([, rows]) => rows.length);
  const rest = named.filter((each) => each !== heavy);
  const chosen: Record<Customer['why'], Profile> = {
    heavy,
    light: most(
      rest.filter((each) => daysOf(each) === 1),
      ([, rows]) => -rows.length,
    ),
    returns: most(rest, returnsOf),
    anonymous: most(
      all.filter((each) => !isNamed(each)),
      ([, rows]) => rows.length,
    ),
    oneDay: most(
      rest.filter((each) => daysOf(each) === 1),
      ([, rows]) => rows.length,
    ),
  };
  return Object.entries(chosen).map(([why, [profile, rows]]) => ({ why: why as Customer['why'], profile, rows }));
}

/** The one with the greatest figure, the first among equals. */
function most(profiles: readonly Profile[], figure: (profile: Profile) => number): Profile {
  if (profiles.length === 0) throw new Error('the data has no such customer');
  return profiles.reduce((best, each) => (figure(each) > figure(best) ? each : best));
}
