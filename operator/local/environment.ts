/** What a laptop adds to a plan's environment: addresses, folders, keys, ports. Pure. */
import { join } from 'node:path';
import type { Plan, ServiceName, StageName, Workload } from '../plan.ts';
import type { LocalKeys } from './keys.ts';

export interface LocalSettings {
  /** Everything that must survive a restart lies here. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes free ports. */
  readonly port: number;
  readonly logLevel: string;
  /** Rebuild: forget profiles that do not fit the log or the spec, and begin at the start of the log. */
  readonly fromLogStart?: boolean;
}

/** One process or in-process instance of a stage. */
export interface Instance {
  readonly name: string;
  readonly stage: ServiceName;
  readonly env: Readonly<Record<string, string>>;
}

export function workloadOf(plan: Plan, stage: StageName): Workload {
  const workload = plan.workloads.find(({ name }) => name === stage);
  if (workload === undefined) throw new Error(`the plan has no ${stage}`);
  return workload;
}

export function instanceEnv(workload: Workload, settings: LocalSettings, keys: LocalKeys): Record<string, string> {
  return {
    ...workload.env,
    LIKENESS_DATA: settings.dataDir,
    LIKENESS_MODELS: join(settings.dataDir, 'models'),
    LIKENESS_DRIFT_FILE: driftFile(settings.dataDir),
    LIKENESS_HOST: settings.host,
    LIKENESS_LOG_LEVEL: settings.logLevel,
    LIKENESS_WRITE_KEYS: keys.writeKeysFile,
    // Loopback: any SDK on this machine may write, only history needs the key. Ingest refuses other sites' pages.
    LIKENESS_OPEN: 'true',
    LIKENESS_FROM_LOG_START: String(settings.fromLogStart ?? false),
    LIKENESS_SIGNING_KEY: keys.signingKeyFile,
    LIKENESS_TRUSTED_KEYS: trustedKeyFiles(keys).join(','),
  };
}

/** In which feature says what it has found of drift; the training loop reads it. */
export const driftFile = (dataDir: string): string => join(dataDir, 'drift.json');

/** The pipeline's own first. */
function trustedKeyFiles({ trustedKeyFile, otherTrustedKeyFiles = [] }: LocalKeys): string[] {
  return [trustedKeyFile, ...otherTrustedKeyFiles];
}

/** Serving first (the address that people open), then ingest, then the rest: consecutive ports from `settings.port`. */
const portOrder: readonly ServiceName[] = ['serving', 'ingest', 'cleaner', 'feature', 'archive'];

/** One instance a replica, for child processes; each ingest has a write-ahead log folder of its own. */
export function processInstances(plan: Plan, settings: LocalSettings, keys: LocalKeys): Instance[] {
  const instances: Instance[] = [];
  for (const stage of portOrder) {
    const workload = plan.workloads.find(({ name }) => name === stage);
    if (workload === undefined) continue;
    for (let replica = 0; replica < workload.replicas; replica++) {
      const env = instanceEnv(workload, settings, keys);
      env['LIKENESS_PORT'] = String(settings.port === 0 ? 0 : settings.port + instances.length);
      env['LIKENESS_DATA'] = join(settings.dataDir, `${stage}-${replica}`);
      instances.push({ name: `${stage}-${replica}`, stage, env });
    }
  }
  return instances;
}
