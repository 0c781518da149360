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

export function describeDataFolder(dataDir: string, plan: Plan): void {
  const kafka = workloadOf(plan, 'ingest').env['LIKENESS_KAFKA'];
  const folder: DataFolder = { pipeline: plan.pipeline, ...(kafka && { kafka }) };
  writeFileSync(fileOf(dataDir), JSON.stringify(folder, null, 2));
}

/** Throws `NotFound` if no pipeline has run there. */
export function readDataFolder(dataDir: string): DataFolder {
  const file = fileOf(dataDir);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as DataFolder;
  const advice = 'name its folder with --data, or run one: likeness up SPEC --data DIR';
  throw new LikenessError('NotFound', `No pipeline has run in ${dataDir}: ${advice}`);
}
