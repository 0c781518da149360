/** Opens a candidate that classifies, its twin and the model in service, asks both the same examples, and judges. */
import { openClassifier } from '../../shared/learning/artifact.ts';
import { classifierInputs } from '../../shared/learning/classify/classifier-inputs.ts';
import { judgeClassifier as judge } from '../../shared/learning/gate/judge-classifier.ts';
import { refusal, type Judgement } from '../../shared/learning/gate/judge.ts';
import type { GateDeps, Judging, RunConfig } from './deps.ts';
import { cutOf, openCandidate, openOther, seedOf, unseen } from './open-models.ts';
import { readExamples } from './read-examples.ts';

/** Rejects with what trying again may mend. */
export async function judgeClassifier(
  { candidate, active }: Judging,
  config: RunConfig,
  deps: GateDeps,
): Promise<Judgement> {
  const { spec, settings, topics, examples: source } = config;
  const inputs = classifierInputs(spec, candidate.model);
  const opening = { ...deps, ...config, schema: inputs.schema, open: openClassifier };
  const inService = active && (await openOther(active, opening));
  const opened = await openCandidate(candidate, inService?.opened, opening);
  if ('problem' in opened) return refusal(opened.problem);
  const { self, twin } = opened;
  const held = await readExamples({
    broker: deps.broker,
    topic: topics['events-clean'],
    inputs,
    source,
    offsets: self.manifest.offsets,
    from: cutOf(self.manifest, inService?.opened?.self.manifest),
    seed: seedOf(self.digest),
  });
  if ('problem' in held) return refusal(held.problem);
  const judgement = judge({
    candidate: { self, twin, seenUntil: held.seenUntil },
    active: inService?.opened,
    examples: held.examples,
    fields: inputs.fields,
    settings,
    now: deps.now,
    seed: seedOf(self.digest),
  });
  return { ...judgement, reasons: [...judgement.reasons, ...unseen(inService)] };
}
