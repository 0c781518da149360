/** What examples are made of and how many. */
import type { CompiledFeatures } from '../../profile/compile.ts';
import type { LabelDefinition, Moment } from './example.ts';

export interface PointInTimeSettings {
  readonly compiled: CompiledFeatures;
  /** Names of the features whose values the examples hold. */
  readonly features: readonly string[];
  readonly label: LabelDefinition;
  readonly moment: Moment;
  /** Types of the events that are moments; absent: every type but identify and alias. */
  readonly decideAt?: readonly string[];
  /** Moments before it make no examples, milliseconds since 1970. Absent: all do. */
  readonly from?: number;
  /** `cleaning.dedupe.window`, milliseconds: what of a repeat the feature service knows, the replay knows. */
  readonly dedupeWindowMs: number;
  /** So late an event may be and still count for a label, milliseconds (`cleaning.late.grace`). */
  readonly graceMs: number;
  /** Examples held at most, settled or not. */
  readonly capacity: number;
  /** Which of them: the same seed draws the same moments of the same events. */
  readonly seed: number;
}
