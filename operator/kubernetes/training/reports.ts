/** What pods report of their work, in a ConfigMap for each kind: how far a training is, verdicts of drift, ingest's logs. */
import type { Logger } from 'pino';
import type { BackfillStatus } from '../../../crds/status.ts';
import { readReport, type DriftReport } from '../../../services/shared/learning/drift/verdict.ts';
import { backfillIn } from '../../backfill-status.ts';
import { pipelineOf } from '../children.ts';
import { reportLabel } from '../render/access.ts';
import type { Api } from '../runtime/api.ts';
import { informerSource, type Source } from '../runtime/controller.ts';
import { Informer } from '../runtime/informer.ts';
import { kinds } from '../runtime/kinds.ts';
import type { RuntimeMetrics } from '../runtime/metrics.ts';
import type { KubeObject } from '../runtime/resource.ts';
import type { Timing } from '../runtime/timing.ts';
import type { TrialFigures } from '../../../services/shared/trial-figures.ts';
import { trialFiguresIn } from './trial-report.ts';

export interface ReportsOptions {
  readonly api: Api;
  /** Absent or empty: all. */
  readonly namespaces: readonly string[];
  /** Runs on each before it is cached. */
  readonly transform: <T extends KubeObject>(object: T) => T;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: RuntimeMetrics;
}

export interface Report extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface Progress {
  readonly percentage: number;
  /** In the trainer's own words. */
  readonly phase: string;
}

export interface DriftVerdict {
  readonly id: string;
  readonly detector: string;
  readonly feature: string;
  readonly score: number;
  /** When the change came, milliseconds since 1970; absent: not known. */
  readonly changedAt?: number;
}

export class Reports {
  readonly #api: Pick<Api, 'mergePatch'>;
  readonly #informer: Informer<Report>;

  constructor(options: ReportsOptions) {
    this.#api = options.api;
    this.#informer = new Informer<Report>({
      ...options,
      resource: kinds.ConfigMap,
      name: 'reports',
      labelSelector: reportLabel,
      indexBy: pipelineOf,
    });
  }

  start(): void {
    this.#informer.start();
  }

  stop(): Promise<void> {
    return this.#informer.stop();
  }

  isSynced(): boolean {
    return this.#informer.isSynced();
  }

  source(): Source {
    return informerSource(this.#informer, (object) => {
      const key = pipelineOf(object);
      return key === undefined ? [] : [key];
    });
  }

  /** Of this run; undefined while it has not reported. */
  progressOf(pipeline: string, runId: string): Progress | undefined {
    return progressIn(this.#of(pipeline, 'trainer'), runId);
  }

  verdictOf(pipeline: string): DriftVerdict | undefined {
    return verdictIn(this.#of(pipeline, 'drift'));
  }

  /** All that is told of drift. */
  driftOf(pipeline: string): DriftReport | undefined {
    return readReport(this.#of(pipeline, 'drift')?.data?.['report'] ?? '');
  }

  backfillOf(pipeline: string): BackfillStatus | undefined {
    return backfillIn(this.#of(pipeline, 'drift')?.data?.['backfill']);
  }

  /** What serving has counted since the trial of this generation began. */
  trialOf(pipeline: string, model: string, generation: number): TrialFigures | undefined {
    return trialFiguresIn(this.#of(pipeline, 'trial')?.data, model, generation);
  }

  /** When there is no trial: each pod that has counted one leaves an entry, and a ConfigMap holds 1 MiB. */
  async forgetTrials(pipeline: string): Promise<void> {
    const report = this.#of(pipeline, 'trial');
    const data = clearing(report);
    if (report === undefined || data === undefined) return;
    const { namespace, name } = report.metadata;
    await this.#api.mergePatch(kinds.ConfigMap, { namespace: namespace!, name }, { data });
  }

  /** By pod of ingest: what it says of its log, as it wrote it. */
  logsOf(pipeline: string): Readonly<Record<string, string>> | undefined {
    return this.#of(pipeline, 'ingest')?.data;
  }

  #of(pipeline: string, what: string): Report | undefined {
    return this.#informer.indexed(pipeline).find(({ metadata }) => metadata.labels?.[reportLabel] === what);
  }
}

/** The patch that takes every entry away; undefined where there is none. */
export function clearing(report: Report | undefined): Record<string, null> | undefined {
  const pods = Object.keys(report?.data ?? {});
  return pods.length === 0 ? undefined : Object.fromEntries(pods.map((pod) => [pod, null]));
}

/** What a pod wrote is not to be trusted: anything else than a number of percent is nothing. */
export function progressIn(report: Report | undefined, runId: string): Progress | undefined {
  const { data = {} } = report ?? {};
  const percentage = Number(data['progressPercentage']);
  if (data['runId'] !== runId || !Number.isFinite(percentage)) return undefined;
  return { percentage: Math.min(100, Math.max(0, Math.round(percentage))), phase: (data['phase'] ?? '').slice(0, 200) };
}

/** The newest verdict is in the key `verdict`, as JSON {id, detector, feature, score}. */
export function verdictIn(report: Report | undefined): DriftVerdict | undefined {
  try {
    const read = JSON.parse(report?.data?.['verdict'] ?? '') as Partial<DriftVerdict>;
    const { id, detector, feature, score, changedAt = 0 } = read;
    const texts = isText(id, 64) && isText(detector, 64) && isText(feature, 128);
    return texts && Number.isFinite(score) && isTime(changedAt) ? (read as DriftVerdict) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= most;

/** Milliseconds since 1970, as far as dates go. */
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 8.64e15;
