/** The drift detectors by name: start one, go on with a stored one. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { adwin } from './adwin.ts';
import { ddm } from './ddm.ts';
import { runDetector, type Detector, type DetectorKind } from './detector.ts';
import { eddm } from './eddm.ts';
import { hddmA } from './hddm-a.ts';
import { kswin } from './kswin.ts';
import { pageHinkley } from './page-hinkley.ts';

export const detectorNames = ['ADWIN', 'PageHinkley', 'KSWIN', 'DDM', 'EDDM', 'HDDM_A'] as const;
export type DetectorName = (typeof detectorNames)[number];

/** The two things done with a kind whose types differ from detector to detector. */
interface Registered {
  start(options: unknown): Detector;
  resume(options: unknown, state: unknown): Detector;
}

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
    start: (options) => runDetector(kind, kind.options.parse(options)),
    resume: (options, state) => runDetector(kind, kind.options.parse(options), kind.state.parse(state)),
  };
}

/** Options that are left out have the defaults of the design. Throws `BadConfig` on options that are wrong. */
export function startDetector(name: DetectorName, options: Readonly<Record<string, unknown>> = {}): Detector {
  try {
    return registry[name].start(options);
  } catch (error) {
    throw explained('BadConfig', `The options of the detector ${name} are wrong`, error);
  }
}

const storedSchema = z.strictObject({ kind: z.enum(detectorNames), options: z.unknown(), state: z.unknown() });

/** Goes on where `Detector.store` left off. Throws `BadData` if `stored` is not what `store` gives. */
export function resumeDetector(stored: unknown): Detector {
  try {
    const { kind, options, state } = storedSchema.parse(stored);
    return registry[kind].resume(options, state);
  } catch (error) {
    throw explained(
      'BadData',
      'The stored state of a drift detector is damaged; without it the detector starts anew',
      error,
    );
  }
}

function explained(code: 'BadConfig' | 'BadData', message: string, error: unknown): unknown {
  if (!(error instanceof z.ZodError)) return error;
  return new LikenessError(code, `${message}: ${z.prettifyError(error)}`, { cause: error });
}
