/** Where the detectors fire, against where the reference implementation does. */
import { startDetector, type DetectorName } from '../../services/shared/learning/drift/detectors.ts';
import reference from '../../services/shared/learning/drift/fixtures/reference.json' with { type: 'json' };
import streams from '../../services/shared/learning/drift/fixtures/streams.json' with { type: 'json' };

export interface DetectorParity {
  readonly fires: Readonly<Record<string, (number | string)[]>>;
  readonly exact: boolean;
}

interface Case {
  readonly label: string;
  readonly name: DetectorName;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly values: readonly number[];
  readonly expected: readonly (number | string)[];
}

const { streamA, streamB, expected } = streams;
const marked = (firings: readonly (string | number)[][]) => firings.map(([kind, index]) => `${kind}${index}`);

const golden: readonly Case[] = [
  { label: 'A', name: 'ADWIN', values: streamA, expected: expected.streamA.adwin_d002 },
  { label: 'A', name: 'PageHinkley', values: streamA, expected: expected.streamA.page_hinkley },
  { label: 'A', name: 'KSWIN', values: streamA, expected: expected.streamA.kswin_a1e4_seed42 },
  { label: 'B', name: 'DDM', values: streamB, expected: marked(expected.streamB.ddm) },
  {
    label: 'B',
    name: 'EDDM',
    options: { warning: 0.8, drift: 0.75 },
    values: streamB,
    expected: marked(expected.streamB.eddm_a08_b075),
  },
  { label: 'B', name: 'HDDM_A', values: streamB, expected: marked(expected.streamB.hddm_a) },
];

/** The streams A and B, and 8,000 errors and 3,200 numbers on which every drift must be where river has it. */
export function detectorParity(): DetectorParity {
  const found = golden.map((each) => ({ ...each, fired: firings(each) }));
  const errors = Array.from(reference.errors, Number);
  const long = [
    ...Object.entries(reference.onErrors).map(([name, { drifts }]) => ({ name, values: errors, drifts })),
    ...Object.entries(reference.onValues).map(([name, { drifts }]) => ({ name, values: reference.values, drifts })),
  ].every(({ name, values, drifts }) => String(driftsOf(name as DetectorName, values)) === String(drifts));
  return {
    fires: Object.fromEntries(found.map(({ name, label, fired }) => [`${name}@${label}`, fired])),
    exact: long && found.every(({ fired, expected: at }) => String(fired) === String(at)),
  };
}

/** Drifts as indices; where the reference tells warnings too, W and D with the index, of warnings the first. */
function firings({ name, options = {}, values, expected: at }: Case): (number | string)[] {
  const detector = startDetector(name, options);
  const isMarked = typeof at[0] === 'string';
  let isQuiet = true;
  return values.flatMap((value, index): (number | string)[] => {
    const verdict = detector.update(value);
    if (verdict === 'none' || (verdict === 'warning' && !isQuiet)) return [];
    isQuiet = verdict === 'drift';
    if (isMarked) return [`${verdict === 'drift' ? 'D' : 'W'}${index}`];
    return verdict === 'drift' ? [index] : [];
  });
}

function driftsOf(name: DetectorName, values: readonly number[]): number[] {
  const detector = startDetector(name);
  return values.flatMap((value, index) => (detector.update(value) === 'drift' ? [index] : []));
}
