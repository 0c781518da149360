/** The learning code's own statistics against reference implementations: every deviation, and where detectors fire. */
import { detectorParity } from './parity/detectors.ts';
import { distanceParity } from './parity/distances.ts';
import { cleaningParity, ownForestAuc, samplesEqual, selectionParity } from './parity/preparation.ts';
import { retrievalParity } from './parity/retrieval.ts';

export async function run(): Promise<object> {
  const detectors = detectorParity();
  const { raw, sketch } = distanceParity();
  const deviations = { ...raw, ...selectionParity(), ...cleaningParity() };
  return {
    indicesExact: detectors.exact,
    maxDeviation: Math.max(...Object.values(deviations)),
    fires: detectors.fires,
    deviations,
    equal: samplesEqual(),
    sketchDeviations: sketch,
    isolationForestAuc: ownForestAuc(),
    retrieval: await retrievalParity(),
  };
}
