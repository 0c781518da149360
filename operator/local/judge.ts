/** The gate of a plan on this machine: a process of its own for each candidate, without the key that signs. */
import { join } from 'node:path';
import type { Plan } from '../plan.ts';
import type { LocalOptions } from './backend.ts';
import { runToEnd } from './children.ts';
import { instanceEnv } from './environment.ts';
import type { GateRunsOptions } from './gate-runs.ts';
import type { LocalKeys } from './keys.ts';

export function judgeIn(plan: Plan, options: LocalOptions, keys: LocalKeys): GateRunsOptions['judge'] {
  const logFile = join(options.dataDir, 'logs', 'gate.log');
  return ({ runId, digest }, signal) => {
    const workload = plan.workloads.find(({ name }) => name === 'gate');
    if (workload === undefined) throw new Error('the plan has no gate, and nothing to judge');
    const { LIKENESS_SIGNING_KEY: _notIts, ...env } = instanceEnv(workload, options, keys);
    const own = { ...env, LIKENESS_GATE_RUN: runId, LIKENESS_GATE_DIGEST: digest };
    return runToEnd(
      { name: `gate ${runId}`, service: 'gate', env: own, logFile, logger: options.deps.telemetry.logger },
      signal,
    );
  };
}
