/** Messages of the compacted stream `models`: `candidate/<runId>` by the trainer, `active` by the operator alone. */

export interface CandidateMessage {
  readonly kind: 'candidate';
  readonly runId: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly trainedAt: string;
  /** Events that the model learned from. */
  readonly events: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ActiveMessage {
  readonly kind: 'active';
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Rises with every change; a reader ignores a lower one. */
  readonly generation: number;
  readonly canaryPercent: number;
  readonly activatedAt: string;
}

export const candidateKey = (runId: string): string => `candidate/${runId}`;
export const activeKey = (model: string): string => `active/${model}`;
