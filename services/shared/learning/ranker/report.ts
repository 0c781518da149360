/** How a ranker came about: numbers for the manifest, and what was tried, for a file of the artifact. */
import { jsonBytes } from '../model.ts';
import type { ChosenRanker } from './stage.ts';

/** What was tried, and the loss and the NDCG of each epoch of what was chosen. */
export const trialsFile = 'ranker-trials.json';

export function encodeTrials({ trials, curve, settings, epochs, kind, weight }: ChosenRanker): Uint8Array {
  const { learningRate, dropout, l2, negatives } = settings;
  return jsonBytes({ chosen: { kind, weight, epochs, learningRate, dropout, l2, negatives }, curve, trials });
}

export function rankerReport({ backend, kind, weight, epochs, settings, trials, startedFrom }: ChosenRanker) {
  const { dimension, length, negatives, learningRate, dropout, l1, l2, adversarial } = settings;
  return {
    rankerBackend: backend,
    rankerChosen: kind,
    rankerWeight: weight,
    rankerEpochs: epochs,
    rankerTrainings: trials.length,
    rankerStart: startedFrom,
    rankerDimension: dimension,
    rankerLength: length,
    rankerNegatives: negatives,
    rankerLearningRate: learningRate,
    rankerDropout: dropout,
    rankerL1: l1,
    rankerL2: l2,
    rankerAdversarial: adversarial,
  };
}
