/** What one look of the gate needs. */
import type { KeyObject } from 'node:crypto';
import type { Broker } from '../../shared/broker.ts';
import type { ModelStore } from '../../shared/model-store.ts';
import type { ActiveMessage, CandidateMessage } from '../../shared/model-stream.ts';
import type { Clock, Telemetry } from '../../shared/service.ts';
import type { GateConfig } from './config.ts';

export interface GateDeps {
  readonly broker: Broker;
  readonly models: ModelStore;
  /** Ed25519, public: one of them must have signed the candidate. */
  readonly trustedKeys: readonly KeyObject[];
  readonly clock: Clock;
  /** A clock of milliseconds, for durations only. */
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

export type RunConfig = Pick<
  GateConfig,
  'runId' | 'digest' | 'pipeline' | 'topics' | 'spec' | 'examples' | 'settings' | 'maxBytes'
>;

/** What the stream says of it, and of the model in service. */
export interface Judging {
  readonly candidate: CandidateMessage;
  readonly active: ActiveMessage | undefined;
}
