/** Trainings and gates in the loop: the services' own runs, on the log in memory. They take no time of the injected clock. */
import { stageSpec } from '../../../operator/plan-env.ts';
import type { GateRequest } from '../../../operator/gate.ts';
import { LikenessError } from '../../../services/shared/errors.ts';
import { invertHere } from '../../../services/shared/learning/ease.ts';
import type { CandidateMessage } from '../../../services/shared/model-stream.ts';
import { parseConfig as parseGateConfig } from '../../../services/trainer/gate/config.ts';
import { run as runGate } from '../../../services/trainer/gate/service.ts';
import { parseConfig as parseTrainerConfig } from '../../../services/trainer/config.ts';
import { run as runTrainer } from '../../../services/trainer/service.ts';
import { topics, type LoopPipeline } from './pipeline.ts';

interface Training {
  readonly runId: string;
  /** Milliseconds since 1970, of the change after which is learned; undefined: from all. */
  readonly since: number | undefined;
  /** Topic in which the candidate is announced. Default: the pipeline's own. */
  readonly announceIn?: string;
}

/** Undefined: there were too few events. */
export async function train(
  pipeline: LoopPipeline,
  { runId, since, announceIn = topics.models }: Training,
): Promise<CandidateMessage | undefined> {
  const { log, models, signingKey, clock, telemetry } = pipeline;
  const config = parseTrainerConfig({
    ...environmentOf('trainer', pipeline, announceIn),
    LIKENESS_RUN_ID: runId,
    LIKENESS_SIGNING_KEY: 'in memory',
    ...(since !== undefined && { LIKENESS_SINCE: String(since) }),
  });
  try {
    const deps = { broker: log.broker, models, signingKey, inverter: invertHere, clock, telemetry };
    return (await runTrainer(config, deps))[0];
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'BadData') return undefined;
    throw error;
  }
}

/** Says in the stream what the gate makes of a candidate. */
export async function judge(pipeline: LoopPipeline, { runId, digest }: GateRequest): Promise<void> {
  const { log, models, trustedKeys, clock, telemetry } = pipeline;
  const config = parseGateConfig({
    ...environmentOf('gate', pipeline, topics.models),
    LIKENESS_GATE_RUN: runId,
    LIKENESS_GATE_DIGEST: digest,
    LIKENESS_TRUSTED_KEYS: 'in memory',
  });
  // By this clock nothing takes any time: what else the machine does must not decide.
  await runGate(config, { broker: log.broker, models, trustedKeys, clock, now: () => 0, telemetry });
}

function environmentOf(stage: 'trainer' | 'gate', { spec }: LoopPipeline, announceIn: string): Record<string, string> {
  return {
    LIKENESS_NAMESPACE: 'simulated',
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: '1',
    LIKENESS_TOPICS: JSON.stringify({ ...topics, models: announceIn }),
    LIKENESS_SPEC: stageSpec(stage, spec),
  };
}
