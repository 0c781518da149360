#!/usr/bin/env node
/** The `likeness` command. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { exitCodeOf, LikenessError } from '../services/shared/errors.ts';
import { runProfile, runRecommend } from './ask.ts';
import { replayFile } from './replay.ts';
import { runStart } from './start.ts';
import { createTerminal } from './terminal.ts';
import { runUp } from './up.ts';
import { runValidate } from './validate.ts';

const terminal = createTerminal();
const program = new Command('likeness').description('Live profiles of users.').showHelpAfterError('(--help says more)');
const localUrl = 'http://127.0.0.1:8080';

/** Runs a command and ends with its exit code; an error is said in one line, a bug with its stack. */
function run(command: Promise<number>): Promise<void> {
  return command.then(
    (code) => void (process.exitCode = code),
    (error: unknown) => {
      const known = error instanceof LikenessError;
      terminal.note(known ? `${error.code}: ${error.message}` : String(error instanceof Error ? error.stack : error));
      process.exitCode = exitCodeOf(error);
      // Whatever a failed start has left open must not keep the process.
      setTimeout(() => process.exit(), 500).unref();
    },
  );
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number of 0 or more');
  return value;
}

program
  .command('start')
  .description('run the example shop and replay its events (what `npm start` does)')
  .option('--once', 'end after the replay, with a summary')
  .option('--data <dir>', 'where the log, the profiles and the models are kept', '.likeness/shop')
  .option('--port <n>', 'port of the API; 0 takes a free one', count, 8080)
  .option('--rate <n>', 'events a second; 0: as fast as they are accepted', count, 5000)
  .option('--json', 'the summary as one JSON object')
  .action((options) => run(runStart(options, terminal)));

program
  .command('up <spec>')
  .description('run a pipeline on this machine')
  .option('--data <dir>', 'where the log, the profiles and the models are kept', '.likeness/data')
  .option('--kafka <address>', 'Kafka bootstrap servers instead of the embedded log')
  .option('--redis <url>', 'Redis instead of the embedded store')
  .option('--port <n>', 'port of the API; 0 takes a free one', count, 8080)
  .option('--processes', 'each service in a process of its own (needs Kafka and Redis)')
  .action((spec, options) => run(runUp({ ...options, spec }, terminal)));

program
  .command('replay <file>')
  .description('send a file of events (JSON Lines, .gz too) to an ingest')
  .option('--to <url>', 'base URL of the ingest', localUrl)
  .option('--rate <n>', 'events a second; 0: as fast as they are accepted', count, 0)
  .option('--key <file>', 'file that holds the write key')
  .option('--cursor <file>', 'remember the line reached, and go on there')
  .option('--json', 'the result as one JSON object')
  .action((file, options) => run(runReplay(file, options)));

async function runReplay(
  file: string,
  options: { to: string; rate: number; key?: string; cursor?: string; json?: boolean },
): Promise<number> {
  const result = await replayFile({
    file,
    to: options.to,
    rate: options.rate,
    ...(options.key && { key: readFileSync(options.key, 'utf8').trim() }),
    ...(options.cursor && { cursorFile: options.cursor }),
    onProgress: ({ accepted, refused }) => terminal.status(`${accepted} accepted  ${refused} refused`),
  });
  for (const problem of result.problems) terminal.note(`refused  ${problem}`);
  terminal.print(options.json ? JSON.stringify(result) : `${result.accepted} accepted, ${result.refused} refused`);
  return result.refused > 0 ? 65 : 0;
}

for (const [name, what, action] of [
  ['profile', 'the live profile of a user', runProfile],
  ['recommend', 'what to offer a user next', runRecommend],
] as const)
  program
    .command(`${name} <id>`)
    .description(what)
    .option('--url <url>', 'base URL of the serving API', localUrl)
    .option('--token <jwt>', 'bearer token')
    .option('--as-of <time>', 'the moment to look at, RFC 3339')
    .option('-n <n>', 'how many', '10')
    .option('--json', 'the answer as one JSON object')
    .action((id, options) => run(action(id, options, terminal)));

program
  .command('validate <file>')
  .description('every error of a pipeline, with its line and what is allowed')
  .option('--effective', 'print the pipeline as services see it, preset merged in')
  .option('--json', 'the result as one JSON object')
  .action((file, options) => run(runValidate(file, options, terminal)));

program
  .command('version')
  .description('the version')
  .option('--json', 'as one JSON object')
  .action((options: { json?: boolean }) => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    terminal.print(options.json ? JSON.stringify({ version, node: process.version }) : version);
  });

await program.parseAsync();
