/** What is worth an Event in a change of status: a training's begin and end, a model's way into service. Pure. */
import type { ModelStatus, PipelineStatus, TrainingStatus } from '../../../crds/status.ts';
import { cut } from '../runtime/conditions.ts';

/** `ModelTakenBack`: the model before it is in service again, whether a trial failed or a person wanted it. */
export const transitionReasons = [
  'TrainingStarted',
  'TrainingSucceeded',
  'TrainingFailed',
  'ModelAnnounced',
  'ModelTakenBack',
  'ModelRefused',
  'ModelAwaitsApproval',
  'PromotionHeld',
] as const;

export interface Transition {
  readonly type: 'Normal' | 'Warning';
  readonly reason: (typeof transitionReasons)[number];
  readonly note: string;
}

/** The most that an Event takes, with room. */
const longest = 900;

export function transitionsBetween(before: PipelineStatus = {}, after: PipelineStatus): Transition[] {
  const models = modelsIn(after).flatMap((model) =>
    ofModel(modelsIn(before).find(({ name }) => name === model.name) ?? {}, model),
  );
  return [...ofTraining(before.training, after.training), ...models].map(({ note, ...rest }) => ({
    ...rest,
    note: cut(note, longest),
  }));
}

function ofTraining(before: PipelineStatus['training'] = {}, after: PipelineStatus['training'] = {}): Transition[] {
  const { jobName = 'a training', phase, message = '', trigger = 'unknown', runs = 0 } = after;
  const isNew = runs > (before.runs ?? 0);
  const begin: Transition = { type: 'Normal', reason: 'TrainingStarted', note: `${jobName} was made (${trigger}).` };
  const note = `${jobName}: ${message}`;
  const end = phase !== before.phase || isNew ? endOf(phase, note) : undefined;
  return [...(isNew ? [begin] : []), ...(end ? [end] : [])];
}

function endOf(phase: TrainingStatus['phase'], note: string): Transition | undefined {
  if (phase === 'Failed') return { type: 'Warning', reason: 'TrainingFailed', note };
  return phase === 'Succeeded' ? { type: 'Normal', reason: 'TrainingSucceeded', note } : undefined;
}

function ofModel(before: ModelStatus, after: ModelStatus): Transition[] {
  const { name, generation, message = '', phase, refusals = 0 } = after;
  const note = `${name}: ${message}`;
  const found: Transition[] = [];
  if (isTakenBack(before, after)) found.push({ type: 'Warning', reason: 'ModelTakenBack', note });
  else if (generation !== before.generation) found.push({ type: 'Normal', reason: 'ModelAnnounced', note });
  if (refusals > (before.refusals ?? 0)) found.push({ type: 'Warning', reason: 'ModelRefused', note });
  if (phase !== before.phase && phase === 'AwaitingApproval')
    found.push({ type: 'Normal', reason: 'ModelAwaitsApproval', note });
  if (phase !== before.phase && phase === 'Held') found.push({ type: 'Warning', reason: 'PromotionHeld', note });
  return found;
}

function isTakenBack(before: ModelStatus, after: ModelStatus): boolean {
  const { active, lastStable } = before;
  const version = after.active?.version;
  return version !== undefined && version === lastStable?.version && version !== active?.version;
}

export function modelsIn({ model, otherModels = [] }: PipelineStatus): readonly ModelStatus[] {
  return [...(model ? [model] : []), ...otherModels];
}
