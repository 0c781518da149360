/** What is worth an Event in a change of status: a training's begin and end, a model's way into service. Pure. */
import type { ModelStatus, PipelineStatus } from '../../../crds/status.ts';
import { cut } from '../runtime/conditions.ts';

export interface Transition {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
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
  const { jobName = 'a training', phase, message = '', trigger } = after;
  const isNew = (after.runs ?? 0) > (before.runs ?? 0);
  const begins: Transition[] = isNew
    ? [{ type: 'Normal', reason: 'TrainingStarted', note: `${jobName} was made (${trigger ?? 'unknown'}).` }]
    : [];
  if (phase === before.phase && !isNew) return begins;
  if (phase === 'Failed') begins.push({ type: 'Warning', reason: 'TrainingFailed', note: `${jobName}: ${message}` });
  if (phase === 'Succeeded')
    begins.push({ type: 'Normal', reason: 'TrainingSucceeded', note: `${jobName}: ${message}` });
  return begins;
}

function ofModel(before: ModelStatus, after: ModelStatus): Transition[] {
  const { name, generation, message = '', phase, refusals = 0 } = after;
  const note = `${name}: ${message}`;
  const found: Transition[] = [];
  if (generation !== before.generation) found.push({ type: 'Normal', reason: 'ModelAnnounced', note });
  if (refusals > (before.refusals ?? 0)) found.push({ type: 'Warning', reason: 'ModelRefused', note });
  if (phase !== before.phase && phase === 'AwaitingApproval')
    found.push({ type: 'Normal', reason: 'ModelAwaitsApproval', note });
  if (phase !== before.phase && phase === 'Held') found.push({ type: 'Warning', reason: 'PromotionHeld', note });
  return found;
}

function modelsIn({ model, otherModels = [] }: PipelineStatus): readonly ModelStatus[] {
  return [...(model ? [model] : []), ...otherModels];
}
