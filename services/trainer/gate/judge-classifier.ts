/** Whether a classifier may go into service: its artifact, and what its run has measured on the newest examples. */
import type { KeyObject } from 'node:crypto';
import { describeError, LikenessError } from '../../shared/errors.ts';
import { openClassifier, type LoadedClassifier } from '../../shared/learning/artifact.ts';
import { classifierInputs } from '../../shared/learning/classify/classifier-inputs.ts';
import type { Judgement } from '../../shared/learning/gate/judge.ts';
import { codeVersion, type Manifest } from '../../shared/learning/manifest.ts';
import type { ModelStore } from '../../shared/model-store.ts';
import type { ActiveMessage, CandidateMessage } from '../../shared/model-stream.ts';
import type { GateConfig } from './config.ts';

type JudgingConfig = Pick<GateConfig, 'pipeline' | 'spec' | 'settings' | 'maxBytes'>;

interface Judging {
  readonly models: ModelStore;
  /** Ed25519, public. */
  readonly trustedKeys: readonly KeyObject[];
}

/** Probabilities that are further off on average are no probabilities. */
const mostCalibrationError = 0.15;
/** As for models of the same kind that recommend. */
const usualMinDelta = -0.01;
const measured = ['rocAuc', 'rocAucLower', 'averagePrecision', 'logLoss', 'expectedCalibrationError'] as const;

/** Rejects with what trying again may mend. */
export async function judgeClassifier(
  candidate: CandidateMessage,
  active: ActiveMessage | undefined,
  config: JudgingConfig,
  judging: Judging,
): Promise<Judgement> {
  const own = await open(candidate.digest, config, judging);
  if ('problem' in own) return { verdict: 'Refused', reasons: [own.problem], figures: {} };
  const { manifest } = own.loaded;
  const other = active && (await open(active.digest, config, judging));
  const rival = other && 'loaded' in other ? other.loaded.manifest : undefined;
  const { minDelta = usualMinDelta } = config.settings;
  const reasons = [
    ...wrongFacts(manifest, candidate, config),
    ...badMeasures(manifest.metrics),
    ...(rival ? worseThan(rival, manifest, minDelta) : []),
  ];
  const figures = Object.fromEntries(measured.map((name) => [name, manifest.metrics[name] ?? 0]));
  const verdict = reasons.length > 0 ? 'Refused' : 'Passed';
  const unseen = other && 'problem' in other ? [`the model in service cannot be asked: ${other.problem}`] : [];
  return { verdict, reasons: [...reasons, ...unseen], figures };
}

type Opened = { readonly loaded: LoadedClassifier } | { readonly problem: string };

async function open(digest: string, { maxBytes }: JudgingConfig, { models, trustedKeys }: Judging): Promise<Opened> {
  const files = await models.get(digest);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  if (bytes > maxBytes) return { problem: `the artifact has ${bytes} bytes, and ${maxBytes} are allowed` };
  try {
    return { loaded: openClassifier(files, trustedKeys, digest) };
  } catch (error) {
    if (error instanceof LikenessError && error.retryable) throw error;
    return { problem: describeError(error) };
  }
}

function wrongFacts(manifest: Manifest, candidate: CandidateMessage, { spec, pipeline }: JudgingConfig): string[] {
  const { model, runId, version } = candidate;
  const { schema: featureSchema } = classifierInputs(spec, model);
  const wanted = { model, runId, version, pipeline, codeVersion, featureSchema };
  return Object.entries(wanted).flatMap(([field, expected]) => {
    const found = manifest[field as keyof typeof wanted];
    return found === expected ? [] : [`manifest.json: its ${field} is ${found}, and it is to be ${expected}`];
  });
}

function badMeasures(metrics: Manifest['metrics']): string[] {
  const missing = measured.filter((name) => metrics[name] === undefined);
  if (missing.length > 0) return [`manifest.json: it does not say ${missing.join(', ')}`];
  const { rocAucLower, expectedCalibrationError } = metrics as Record<(typeof measured)[number], number>;
  return [
    ...(rocAucLower > 0.5 ? [] : [`it may rank no better than chance: the lower bound of ROC-AUC is ${rocAucLower}`]),
    ...(expectedCalibrationError <= mostCalibrationError
      ? []
      : [
          `its probabilities are off by ${expectedCalibrationError} on average, and ${mostCalibrationError} is allowed`,
        ]),
  ];
}

/** Two runs are judged by different hold-outs: below what the other one surely reaches is worse. */
function worseThan(rival: Manifest, { metrics, trainedAt }: Manifest, minDelta: number): string[] {
  const least = (rival.metrics['rocAucLower'] ?? 0) * (1 + minDelta);
  const isOlder = Date.parse(trainedAt) <= Date.parse(rival.trainedAt);
  return [
    ...(isOlder ? [`it was trained at ${trainedAt}, not after the model in service (${rival.trainedAt})`] : []),
    ...((metrics['rocAuc'] ?? 0) >= least
      ? []
      : [`its ROC-AUC ${metrics['rocAuc']} lies below ${least}, what the model in service surely reaches`]),
  ];
}
