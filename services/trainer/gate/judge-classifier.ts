/** Opens a candidate that classifies, its twin and the model in service, asks both the same examples, and judges. */
import { openClassifier } from '../../shared/learning/artifact.ts';
import { classifierInputs } from '../../shared/learning/classify/classifier-inputs.ts';
import { judgeClassifier as judge } from '../../shared/learning/gate/judge-classifier.ts';
import { refusal, type Judgement } from '../../shared/learning/gate/judge.ts';
import type { GateDeps, Judging, RunConfig } from './deps.ts';
import { openBoth } from './open-models.ts';
import { readExamples } from './read-examples.ts';

/** Rejects with what trying again may mend. */
export async function judgeClassifier(judging: Judging, config: RunConfig, deps: GateDeps): Promise<Judgement> {
  const { spec, settings, topics, examples: source } = config;
  const inputs = classifierInputs(spec, judging.candidate.model);
  const opening = { ...deps, ...config, schema: inputs.schema, open: openClassifier };
  const opened = await openBoth(judging, opening);
  if ('problem' in opened) return refusal(opened.problem);
  const { self, twin, active, from, seed } = opened;
  const held = await readExamples({
    broker: deps.broker,
    topic: topics['events-clean'],
    inputs,
    source,
    offsets: self.manifest.offsets,
    from,
    seed,
  });
  if ('problem' in held) return refusal(held.problem);
  const judgement = judge({
    candidate: { self, twin, seenUntil: held.seenUntil },
    active,
    examples: held.examples,
    fields: inputs.fields,
    settings,
    now: deps.now,
    seed,
  });
  return { ...judgement, reasons: [...judgement.reasons, ...opened.unseen] };
}
