/** `likeness retrain` and `likeness promote`: what a person asks of a pipeline, in a cluster or on this machine. */
import { readDataFolder } from '../operator/local/data-folder.ts';
import { askToPromote, openPromotionMemory } from '../operator/local/promotion-memory.ts';
import { askToTrain } from '../operator/local/training-wish.ts';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import { candidateOf, type PromoteOptions, runPromote, runRetrain, type WishOptions } from './cluster/wishes.ts';
import type { Terminal } from './terminal.ts';

interface Here {
  /** Data folder of a pipeline on this machine, which does what was asked once it runs. Absent: it is in a cluster. */
  readonly data?: string;
}

/** Exit code 0. Rejects with `NotFound` if there is no such pipeline, `Usage` if the folder is another one's. */
export async function retrain(name: string, options: WishOptions & Here, terminal: Terminal): Promise<number> {
  const { data, now } = options;
  if (data === undefined) return runRetrain(name, options, terminal);
  checkName(name, data);
  askToTrain(data, now);
  terminal.print(`A training of ${name} is asked for. See how it goes: ${data}/logs/likeness.log`);
  return exitCodes.ok;
}

/** As `retrain`; `Usage` too where no version is named and there is not exactly one candidate. */
export async function promote(name: string, options: PromoteOptions & Here, terminal: Terminal): Promise<number> {
  const { data, now, modelVersion } = options;
  if (data === undefined) return runPromote(name, options, terminal);
  checkName(name, data);
  const version = modelVersion ?? candidateOf({ name, status: openPromotionMemory(data).load() });
  askToPromote(data, version, now);
  terminal.print(`${version} is to go into service. See how it goes: ${data}/promotion.json`);
  return exitCodes.ok;
}

function checkName(name: string, data: string): void {
  const { pipeline } = readDataFolder(data);
  if (pipeline.name === name) return;
  throw new LikenessError('Usage', `${data} is the data folder of ${pipeline.name}, not of ${name}`);
}
