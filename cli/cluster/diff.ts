/** `likeness diff`: what applying a spec would change in a cluster, to the last field, without changing anything. */
import { parse } from 'yaml';
import { formatErrors } from '../../crds/format-errors.ts';
import { loadPipeline } from '../../crds/load.ts';
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { describeError, LikenessError } from '../../services/shared/errors.ts';
import { readSpecFile } from '../read-spec-file.ts';
import type { Terminal } from '../terminal.ts';
import { compareObjects } from './compare.ts';
import { type ClusterOptions, withCluster } from './connect.ts';
import { dryRun, type DryRun } from './dry-run.ts';
import { operatorSettings, type GivenSettings } from './operator-settings.ts';

export interface DiffOptions extends ClusterOptions, GivenSettings {}

/** As of `kubectl diff`. */
const outcomes = { same: 0, different: 1, failed: 2 } as const;

/**
 * Exit code 1 where there are differences, 2 where an object could not be compared. Rejects with LikenessError `BadSpec`
 * with every error of the spec, `Usage` if there is no such file, and see `withCluster`.
 */
export async function runDiff(file: string, options: DiffOptions, terminal: Terminal): Promise<number> {
  const text = await readSpecFile(file);
  const loaded = loadPipeline(text);
  if (!loaded.ok) throw new LikenessError('BadSpec', formatErrors(file, loaded.errors).join('\n'));
  const document = parse(text) as PipelineObject;
  return withCluster(options, async (cluster) => {
    const namespace = options.namespace ?? document.metadata.namespace ?? cluster.namespace;
    const wanted = { ...document, metadata: { ...document.metadata, namespace } };
    const { settings, found } = await operatorSettings(cluster.api, namespace, options);
    if (!found) terminal.note(`No operator of ${namespace} can be asked: compared with the image ${settings.image}.`);
    return report(await dryRun(cluster.api, wanted, settings), terminal);
  });
}

function report({ changes, failures, plan }: DryRun, terminal: Terminal): number {
  const diffs = changes.map(({ before, after }) => compareObjects(before, after)).filter((lines) => lines.length > 0);
  for (const line of diffs.flat()) terminal.print(line);
  for (const { wanted, error } of failures)
    terminal.note(`${wanted.kind} ${wanted.metadata.name} cannot be compared: ${describeError(error)}`);
  if (changes[0]!.before === undefined) for (const note of firstTime(plan)) terminal.note(note);
  if (failures.length > 0) return outcomes.failed;
  return diffs.length > 0 ? outcomes.different : outcomes.same;
}

/** What a new pipeline gets beside objects that can be shown. */
function firstTime({ ownSecrets, topicMode, topics }: DryRun['plan']): string[] {
  const secrets = Object.values(ownSecrets);
  return [
    ...(secrets.length > 0 ? [`The operator would make keys: Secret ${secrets.join(', ')}.`] : []),
    ...(topicMode === 'Managed'
      ? [`The operator would make topics: ${topics.map(({ name }) => name).join(', ')}.`]
      : []),
  ];
}
