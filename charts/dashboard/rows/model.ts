/** The models: what answers, what is to follow, what was taken back. */
import { max, own, sum } from '../queries.ts';
import type { Row } from './row.ts';

const steps = 'reason=~"Model.+|PromotionHeld"';

export const model: Row = {
  title: 'Model',
  panels: [
    {
      kind: 'listing',
      title: 'Versions',
      description:
        'active answers (or is on trial), lastStable is what answered before and what `likeness promote NAME VERSION` ' +
        'goes back to, candidate is the newest that is not in service: refused, or waiting for the gate or a person.',
      unit: 'none',
      queries: [{ expr: sum(own('likeness_model_info'), 'model', 'role', 'version'), legend: '{{role}} {{version}}' }],
    },
    {
      kind: 'states',
      title: 'Phase of promotion',
      description:
        'AwaitingApproval waits for `likeness promote`. Canary: a trial runs. Held: three candidates in a row were ' +
        'refused and nothing more is judged, until a person promotes one; the status says why each was refused.',
      unit: 'none',
      queries: [{ expr: max(own('likeness_model_phase'), 'model', 'phase'), legend: '{{model}} {{phase}}' }],
      texts: { '1': { text: 'yes', color: 'blue' } },
    },
    {
      kind: 'lines',
      title: 'Generation, announced and answering',
      description:
        'Each change of the model in service raises it. A pod below the announced one for more than a minute: it cannot ' +
        'load the model (Model loads by result), and answers with the one before.',
      unit: 'none',
      queries: [
        { expr: max(own('likeness_model_announced_generation'), 'model'), legend: '{{model}} announced' },
        { expr: max(own('likeness_model_generation'), 'model', 'pod'), legend: '{{model}} {{pod}}' },
      ],
    },
    {
      kind: 'lines',
      title: 'Share of the newest model',
      description:
        'Profiles that the newest announced model answers. Below 100 it is on trial, for `promotion.bakeTime`; it falls ' +
        'back to the one before if serving is not ready meanwhile.',
      unit: 'percent',
      queries: [{ expr: max(own('likeness_model_canary_percent'), 'model'), legend: '{{model}}' }],
    },
    {
      kind: 'stacked',
      title: 'Promotions and goings back in an hour',
      description:
        'ModelAnnounced: a trial began, or a model went into service for all. ModelTakenBack: a trial failed, or a ' +
        'person went back. ModelRefused: the gate said no, or a trial failed; its reason is in the status.',
      unit: 'short',
      queries: [
        { expr: sum(`increase(${own('likeness_transitions_total', steps)}[1h])`, 'reason'), legend: '{{reason}}' },
      ],
    },
    {
      kind: 'number',
      title: 'Refusals in a row',
      description:
        'Candidates that were refused or taken back, one after the other. At 3 promotion is held: compare their metrics ' +
        'with those of the active one, then `likeness promote NAME VERSION`.',
      unit: 'short',
      queries: [{ expr: max(own('likeness_model_refusals'), 'model'), legend: '{{model}}' }],
      limits: { warn: 1, bad: 3 },
      width: 12,
    },
    {
      kind: 'number',
      title: 'Since the last change',
      description:
        'Since the announced model went into service, or on trial. Short and again short: candidates take turns.',
      unit: 's',
      queries: [
        { expr: `time() - ${max(own('likeness_model_promoted_timestamp_seconds'), 'model')}`, legend: '{{model}}' },
      ],
      width: 12,
    },
  ],
};
