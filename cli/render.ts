/** `likeness render`: a pipeline as the Kubernetes objects that the operator would make of it. */
import { stringify } from 'yaml';
import { formatErrors } from '../crds/format-errors.ts';
import { loadPipeline } from '../crds/load.ts';
import { withClusterDefaults } from '../operator/kubernetes/render/cluster-defaults.ts';
import { renderPipeline } from '../operator/kubernetes/render/render.ts';
import { type Plan, planPipeline } from '../operator/plan.ts';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import { readSpecFile } from './read-spec-file.ts';
import type { Terminal } from './terminal.ts';

export interface RenderCommandOptions {
  /** Default: the pipeline's own, or `default`. */
  readonly namespace?: string;
  readonly image: string;
  /** Of this release. */
  readonly version: string;
  /** Bootstrap servers and Redis URL for a spec that names none. */
  readonly kafka?: string;
  readonly redis?: string;
  /** The cluster knows PodMonitors, or ScaledObjects. */
  readonly monitors?: boolean;
  readonly keda?: boolean;
}

/** Exit code 0. Rejects with LikenessError `BadSpec` with every error of the spec, or `Usage` if there is no such file. */
export async function runRender(file: string, options: RenderCommandOptions, terminal: Terminal): Promise<number> {
  const loaded = loadPipeline(await readSpecFile(file));
  if (!loaded.ok) throw new LikenessError('BadSpec', formatErrors(file, loaded.errors).join('\n'));
  const { metadata } = loaded.pipeline;
  const spec = withClusterDefaults(loaded.effective, options);
  const namespace = options.namespace ?? metadata.namespace ?? 'default';
  const plan = planPipeline({ namespace, name: metadata.name, epoch: 1, spec });
  const { image, version, monitors = false, keda = false } = options;
  const objects = renderPipeline(plan, { spec, image, version, capabilities: { monitors, keda } });
  const documents = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  terminal.print(documents.join('---\n').trimEnd());
  for (const note of missingWithoutOperator(plan)) terminal.note(note);
  return exitCodes.ok;
}

/** What the operator would do beside: whoever applies the objects without it has to. */
function missingWithoutOperator({ ownSecrets, topicMode, topics }: Plan): string[] {
  const { writeKeys, signingKey } = ownSecrets;
  return [
    ...(writeKeys ? [`Without the operator, make the Secret ${writeKeys}: write-keys.json, who may send events.`] : []),
    ...(signingKey
      ? [`Without the operator, make the Secret ${signingKey}: signing.pem and signing.pub.pem, an Ed25519 key pair.`]
      : []),
    ...(topicMode === 'Managed' ? [`Without the operator, make ${topics.length} topics: see LIKENESS_TOPICS.`] : []),
  ];
}
