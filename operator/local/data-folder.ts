/** What a data folder says of the pipeline that lives in it, for tools that come later. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LikenessError } from '../../services/shared/errors.ts';
import { type Plan } from '../plan.ts';
import type { PipelineId } from '../topics.ts';
import { workloadOf } from './environment.ts';

export interface DataFolder {
  readonly pipeline: PipelineId;
  /** Bootstrap servers; absent: the embedded log. */
  readonly kafka?: string;
}

const fileOf = (dataDir: string): string => join(dataDir, 'pipeline.json');

/** Throws `BadConfig` if the folder is another pipeline's: its positions, profiles and models would be mixed up. */
export function checkDataFolder(dataDir: string, plan: Plan): void {
  if (!existsSync(fileOf(dataDir))) return;
  const kept = readDataFolder(dataDir);
  const wanted = folderOf(plan);
  const [has, wants] = [describeFolder(kept), describeFolder(wanted)];
  if (has === wants) return;
  const moved = kept.kafka && wanted.kafka ? ` (or, if that Kafka has a new address, mend ${fileOf(dataDir)})` : '';
  const advice = `choose another folder with --data${moved}`;
  throw new LikenessError('BadConfig', `${dataDir} belongs to ${has}, this is ${wants}: ${advice}`);
}

export function describeDataFolder(dataDir: string, plan: Plan): void {
  writeFileSync(fileOf(dataDir), JSON.stringify(folderOf(plan), null, 2));
}

function folderOf(plan: Plan): DataFolder {
  const kafka = workloadOf(plan, 'ingest').env['LIKENESS_KAFKA'];
  return { pipeline: plan.pipeline, ...(kafka && { kafka }) };
}

function describeFolder({ pipeline: { namespace, name, epoch }, kafka }: DataFolder): string {
  return `pipeline ${namespace}/${name}, epoch ${epoch}, on ${kafka ? `Kafka at ${kafka}` : 'the embedded log'}`;
}

/** Throws `NotFound` if no pipeline has run there. */
export function readDataFolder(dataDir: string): DataFolder {
  const file = fileOf(dataDir);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as DataFolder;
  const advice = 'name its folder with --data, or run one: likeness up SPEC --data DIR';
  throw new LikenessError('NotFound', `No pipeline has run in ${dataDir}: ${advice}`);
}
