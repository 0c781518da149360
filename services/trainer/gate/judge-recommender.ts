/** Opens a candidate that recommends, its twin and the model in service, asks both the same questions, and judges. */
import type { KeyObject } from 'node:crypto';
import { openArtifact, type LoadedModel } from '../../shared/learning/artifact.ts';
import { checkGolden } from '../../shared/learning/gate/golden.ts';
import { judge, refusal, type Judgement } from '../../shared/learning/gate/judge.ts';
import { modelInputs } from '../../shared/learning/model-inputs.ts';
import type { GateDeps, Judging, RunConfig } from './deps.ts';
import { openBoth } from './open-models.ts';
import { readHoldOut } from './read-hold-out.ts';

/** Rejects with what trying again may mend. */
export async function judgeRecommender(judging: Judging, config: RunConfig, deps: GateDeps): Promise<Judgement> {
  const { spec, settings, topics } = config;
  const inputs = modelInputs(spec, judging.candidate.model);
  const opening = { ...deps, ...config, schema: inputs.schema, open };
  const opened = await openBoth(judging, opening);
  if ('problem' in opened) return refusal(opened.problem);
  const { self, twin, active, from, seed } = opened;
  const held = await readHoldOut({
    broker: deps.broker,
    topic: topics['events-clean'],
    inputs,
    mergeOn: spec.identity.mergeOn,
    offsets: self.manifest.offsets,
    since: self.manifest.since === undefined ? undefined : Date.parse(self.manifest.since),
    from,
    seed,
  });
  if ('problem' in held) return refusal(held.problem);
  const judgement = judge({
    candidate: { self, twin, seenUntil: held.seenUntil },
    active,
    questions: held.questions,
    items: held.items,
    settings,
    now: deps.now,
    seed,
  });
  return { ...judgement, reasons: [...judgement.reasons, ...opened.unseen] };
}

function open(files: ReadonlyMap<string, Uint8Array>, trustedKeys: readonly KeyObject[], digest: string): LoadedModel {
  const loaded = openArtifact(files, trustedKeys, digest);
  checkGolden(loaded);
  return loaded;
}
