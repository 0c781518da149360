/** `npm run demo:drift`: a shop whose customers change taste, and a pipeline that notices and follows. Synthetic. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { describeError, exitCodeOf, LikenessError } from '../../services/shared/errors.ts';
import { runDemo } from './demo.ts';
import { createScreen } from './screen.ts';

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}

interface Options {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  readonly data: string;
  readonly json?: boolean;
}

/** Of the run before nothing is kept; what is no run's is left alone. */
function emptied(data: string): string {
  const [run, report] = [join(data, 'pipeline'), join(data, 'report.html')];
  if (existsSync(run) && !existsSync(join(run, 'pipeline.json')))
    throw new LikenessError('Usage', `${run} is not of a run of this demonstration: choose another folder with --data`);
  for (const each of [run, report]) rmSync(each, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  return resolve(report);
}

async function demonstrate({ seed, before, after, data, json }: Options): Promise<void> {
  const reportFile = emptied(data);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say('A simulated shop: all of it is synthetic. Halfway its customers change taste; nobody tells the pipeline.');
  const screen = createScreen(process.stderr, () => Date.now());
  const times = { secondsBefore: before, secondsAfter: after };
  const summary = await runDemo({ dataDir: join(data, 'pipeline'), reportFile, seed, ...times }, screen);
  if (json) process.stdout.write(`${JSON.stringify({ ...summary, report: reportFile })}\n`);
  const percent = (share: number): string => `${Math.round(100 * share)}%`;
  say(
    `Foreseen before the change ${percent(summary.before)}, after it ${percent(summary.fallen)}, at the end ` +
      `${percent(summary.live)}: ${percent(summary.recoveredFraction)} of what a model of the new taste alone foresees ` +
      `(without any training it would be ${percent(summary.staticFraction)}).`,
  );
  say(`Report: ${reportFile}`);
}

await new Command('demo:drift')
  .description('a simulated shop changes, and a pipeline on this machine follows')
  .option('--seed <n>', 'another shop', positive, 1)
  .option('--before <seconds>', 'before the change', positive, 50)
  .option('--after <seconds>', 'after the change', positive, 75)
  .option('--data <dir>', 'folder of the run; of an earlier one nothing is kept', '.likeness/drift-demo')
  .option('--json', 'the outcome as one JSON object')
  .action((options: Options) =>
    demonstrate(options).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${describeError(error)}\n`);
        process.exit(exitCodeOf(error));
      },
    ),
  )
  .parseAsync();
