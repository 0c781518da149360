/** The drift detectors by name: start one, go on with a stored one. */
import { z } from 'zod';
import { adwin } from './adwin.ts';
import { ddm } from './ddm.ts';
import { runDetector, type Detector, type DetectorKind } from './detector.ts';
import { eddm } from './eddm.ts';
import { hddmA } from './hddm-a.ts';
import { kswin } from './kswin.ts';
import { pageHinkley } from './page-hinkley.ts';
import { readOptions, readStored } from './read-settings.ts';

export const detectorNames = ['ADWIN', 'PageHinkley', 'KSWIN', 'DDM', 'EDDM', 'HDDM_A'] as const;
export type DetectorName = (typeof detectorNames)[number];

/** The two things done with a kind whose types differ from detector to detector. */
interface Registered {
  start(options: unknown, of: string): Detector;
  resume(options: unknown, state: unknown): Detector;
}

const anyDetector = 'a drift detector';

const registry: Record<DetectorName, Registered> = {
  ADWIN: register(adwin),
  PageHinkley: register(pageHinkley),
  KSWIN: register(kswin),
  DDM: register(ddm),
  EDDM: register(eddm),
  HDDM_A: register(hddmA),
};

function register<Options, State>(kind: DetectorKind<Options, State>): Registered {
  return {
    start: (options, of) => runDetector(kind, readOptions(kind.options, options, of)),
    resume: (options, state) =>
      runDetector(kind, readStored(kind.options, options, anyDetector), readStored(kind.state, state, anyDetector)),
  };
}

/** Options that are left out have the defaults of the design. Throws `BadConfig` on options that are wrong. */
export function startDetector(name: DetectorName, options: Readonly<Record<string, unknown>> = {}): Detector {
  return registry[name].start(options, `the detector ${name}`);
}

const storedSchema = z.strictObject({ kind: z.enum(detectorNames), options: z.unknown(), state: z.unknown() });

/** Goes on where `Detector.store` left off. Throws `BadData` if `stored` is not what `store` gives. */
export function resumeDetector(stored: unknown): Detector {
  const { kind, options, state } = readStored(storedSchema, stored, anyDetector);
  return registry[kind].resume(options, state);
}
