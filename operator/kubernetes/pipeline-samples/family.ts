/** One metric of pipelines: its name, and how its samples follow from a pipeline's status. */
import type { PipelineObject } from '../read-pipeline.ts';
import type { TrainingJob } from '../training/observe-job.ts';

/** Value and labels; `namespace` and `pipeline` are added. */
export type Samples = readonly (readonly [value: number, labels?: Readonly<Record<string, string>>])[];

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly read: (pipeline: PipelineObject, jobs: () => readonly TrainingJob[]) => Samples;
}

/** A sample where there is a value. */
export function sampleOf(value: number | undefined, labels: Readonly<Record<string, string>> = {}): Samples {
  return value === undefined ? [] : [[value, labels]];
}

/** A time of a status, in seconds since 1970. */
export function secondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}
