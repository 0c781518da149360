#!/usr/bin/env node
/** The `likeness` command. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { protocols } from '../services/shared/learning/split.ts';
import { exitCodeOf, exitCodes, LikenessError } from '../services/shared/errors.ts';
import { connectBroker } from '../services/shared/adapters/connect-broker.ts';
import { readImportKey } from '../operator/local/keys.ts';
import { readDataFolder } from '../operator/local/data-folder.ts';
import { topicName } from '../operator/topics.ts';
import { runProfile, runRecommend } from './ask.ts';
import { runBacktest } from './backtest.ts';
import { runDiff } from './cluster/diff.ts';
import { runStatus } from './cluster/status.ts';
import { type DeadLetterOptions, runDeadLetters } from './dead-letters.ts';
import { runExplainModel } from './explain-model.ts';
import { readKey } from './read-key.ts';
import { runRender } from './render.ts';
import { replayFile } from './replay.ts';
import { type SimulateOptions, runSimulate } from './simulate/command.ts';
import { presets } from './simulate/shop-spec.ts';
import { runStart } from './start.ts';
import { createTerminal } from './terminal.ts';
import { runUp } from './up.ts';
import { runValidate } from './validate.ts';
import { promote, retrain } from './wishes.ts';

const terminal = createTerminal();
const program = new Command('likeness').description('Live profiles of users.').showHelpAfterError('(--help says more)');
const namespaceOption = new Option('-n, --namespace <name>', "default: the context's");
const contextOption = new Option('--context <name>', 'of the kubeconfig; default: its current one');
const kubeconfigOption = new Option('--kubeconfig <file>', 'default: KUBECONFIG, or ~/.kube/config');
const hereOption = new Option('--data <dir>', 'of a pipeline on this machine: its data folder').conflicts([
  'namespace',
  'context',
  'kubeconfig',
]);
const localUrl = 'http://127.0.0.1:8080';
const defaultData = '.likeness/shop';

/**
 * Runs a command and ends with its exit code; an error is said in one line, a bug with its stack. `least`: no error has
 * a lower code.
 */
function run(command: Promise<number>, least = 0): Promise<void> {
  return command.then(
    (code) => void (process.exitCode = code),
    (error: unknown) => {
      const known = error instanceof LikenessError;
      terminal.note(known ? `${error.code}: ${error.message}` : String(error instanceof Error ? error.stack : error));
      process.exitCode = Math.max(least, exitCodeOf(error));
      // Whatever a failed start has left open must not keep the process.
      setTimeout(() => process.exit(), 500).unref();
    },
  );
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('0 or more');
  return value;
}

function count(text: string): number {
  const value = amount(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number');
  return value;
}

function port(text: string): number {
  const value = count(text);
  if (value > 65_535) throw new InvalidArgumentError('a port, 0 to 65535');
  return value;
}

program
  .command('start')
  .description('run the example shop and replay its events (what `npm start` does)')
  .option('--once', 'end after the replay, with a summary')
  .option('--data <dir>', 'where the log, the profiles and the models are kept', defaultData)
  .option('--port <n>', 'port of the API; 0 takes a free one', port, 8080)
  .option('--rate <n>', 'events a second; 0: as fast as they are accepted', amount, 5000)
  .option('--json', 'the summary as one JSON object')
  .action((options) => run(runStart(options, terminal)));

program
  .command('up <spec>')
  .description('run a pipeline on this machine')
  .option('--data <dir>', 'where the log, the profiles and the models are kept (default: .likeness/<name in the spec>)')
  .option('--kafka <address>', 'Kafka bootstrap servers instead of the embedded log')
  .option('--redis <url>', 'Redis instead of the embedded store')
  .option('--port <n>', 'port of the API; 0 takes a free one', port, 8080)
  .option('--processes', 'each service in a process of its own (needs Kafka and Redis)')
  .option(
    '--from-log-start',
    'rebuild: forget profiles that do not fit the log or the spec, and read the log from its start',
  )
  .option('--json', 'the addresses as one JSON object')
  .action((spec, options) => run(runUp({ ...options, spec }, terminal)));

program
  .command('replay <file>')
  .description('send a file of events (JSON Lines, .gz too) to an ingest')
  .option('--to <url>', 'base URL of the ingest', localUrl)
  .option('--rate <n>', 'events a second; 0: as fast as they are accepted', amount, 0)
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
    ...(options.key !== undefined && { key: readKey(options.key) }),
    ...(options.cursor && { cursorFile: options.cursor }),
    onNote: (note) => terminal.note(note),
    onProgress: ({ accepted, refused }) => terminal.status(`${accepted} accepted  ${refused} refused`),
  });
  for (const problem of result.problems) terminal.note(`refused  ${problem}`);
  terminal.print(options.json ? JSON.stringify(result) : `${result.accepted} accepted, ${result.refused} refused`);
  return result.refused > 0 ? 65 : 0;
}

program
  .command('simulate [spec]')
  .description('synthetic events of a shop that does not exist: to standard output, a file or an ingest')
  .addOption(new Option('--preset <name>', 'a shop instead of a spec of its own').choices(Object.keys(presets)))
  .option('--seed <n>', 'other events of the same shop', count)
  .option('--events <n>', 'how many', count)
  .option('--start <time>', 'time of the first event, RFC 3339 in UTC; now: this moment')
  .option('--out <file>', 'write JSON Lines to a file')
  .option('--to <url>', 'send them to the ingest at this base URL, by the clock of the shop')
  .option('--speed <n>', 'so much faster than by that clock; 0: as fast as they are accepted', amount)
  .option('--key <file>', 'file that holds the write key; of scope import if the events are not of now')
  .option('--json', 'the summary as one JSON object')
  .addHelpText(
    'after',
    `\nPresets:\n${Object.entries(presets)
      .map(([name, { title }]) => `  ${name.padEnd(10)} ${title}`)
      .join('\n')}`,
  )
  .action((spec: string | undefined, options: SimulateOptions) => run(runSimulate(spec, options, terminal)));

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
  .command('backtest')
  .description('how well the models of a spec would have recommended, on a file of events')
  .requiredOption('--events <file>', 'JSON Lines of events; .gz is unpacked')
  .requiredOption('--spec <file>', 'the pipeline whose models are tried')
  .option('--model <name>', "one of the spec's models; default: the first")
  .addOption(new Option('--protocol <name>', 'what is held out').choices([...protocols]).default('time-split'))
  .option('--k <n>', 'length of the ranked list', count, 10)
  .option('--ranker', 'train a ranker too, where the spec has none')
  .option('--json', 'the report as one JSON object on the last line')
  .action((options) => run(runBacktest({ ...options, environment: process.env }, terminal)));

program
  .command('explain-model <which>')
  .description('a trained model: data, protocol, metrics and what they mean, weights, features and their scores')
  .option('--data <dir>', 'data folder of the pipeline; <which> is a name, a digest or a file', defaultData)
  .option('--json', 'the explanation as one JSON object')
  .action((which, options) => run(runExplainModel(which, options, terminal)));

const deadLetters = program.command('dead-letters').description('what was refused, why, and a way back');
for (const [name, what] of [
  ['list', 'the refused events, with reason and detail'],
  ['replay', 'send refused events through ingest again'],
] as const)
  deadLetters
    .command(name)
    .description(what)
    .option('--data <dir>', 'data folder of the pipeline', defaultData)
    .option('--reason <code>', 'only those with this reason')
    .option('--since <time>', 'only those refused since: RFC 3339, or a duration back such as 2h')
    .option('--limit <n>', 'at most so many', count)
    .option('--to <url>', 'replay: base URL of the ingest', localUrl)
    .option('--key <file>', "replay: file that holds the write key; default: the data folder's own")
    .option('--again', 'replay: also those that were replayed before')
    .option('--json', 'one JSON object a line')
    .action((options) => run(openDeadLetters(name, options)));

async function openDeadLetters(
  command: 'list' | 'replay',
  options: DeadLetterOptions & { data: string },
): Promise<number> {
  const { pipeline, kafka } = readDataFolder(options.data);
  const key = options.key === undefined ? readImportKey(options.data) : readKey(options.key);
  const broker = await connectBroker({ ...(kafka && { kafka }), dataDir: options.data, clientId: 'likeness-cli' });
  const io = { broker, topic: topicName(pipeline, 'events-dead'), terminal, now: Date.now(), fetch, sleep };
  const replayed = join(options.data, 'replayed.jsonl');
  try {
    return await runDeadLetters(command, { ...options, key, replayed }, io);
  } finally {
    await broker.close();
  }
}

program
  .command('validate <file>')
  .description('every error of a pipeline, with its line and what is allowed')
  .option('--effective', 'print the pipeline as services see it, preset merged in')
  .option('--json', 'the result as one JSON object')
  .action((file, options) => run(runValidate(file, options, terminal)));

program
  .command('render <spec>')
  .description('the Kubernetes objects of a pipeline, as YAML')
  .option('--namespace <name>', "instead of the pipeline's own")
  .option('--image <name>', 'image of the services (default: likeness:VERSION)')
  .option('--kafka <address>', 'Kafka bootstrap servers of a spec that names none')
  .option('--redis <url>', 'Redis of a spec that names none')
  .option('--monitors', 'with a PodMonitor for the Prometheus operator')
  .option('--keda', 'with ScaledObjects where autoscaling has mode KEDA; else HorizontalPodAutoscalers')
  .action((spec, options) => {
    const version = readVersion();
    return run(runRender(spec, { image: `likeness:${version}`, ...options, version }, terminal));
  });

program
  .command('status <name>')
  .description('how a pipeline in a cluster is, what is wrong with it and what to do')
  .addOption(namespaceOption)
  .addOption(contextOption)
  .addOption(kubeconfigOption)
  .option('--json', 'its status as one JSON object')
  .action((name, options) => run(runStatus(name, { ...options, version: readVersion(), now: Date.now() }, terminal)));

program
  .command('retrain <name>')
  .description('train the models of a pipeline now, in a cluster or on this machine')
  .addOption(namespaceOption)
  .addOption(contextOption)
  .addOption(kubeconfigOption)
  .addOption(hereOption)
  .action((name, options) => run(retrain(name, { ...options, version: readVersion(), now: Date.now() }, terminal)));

program
  .command('promote <name> [version]')
  .description('put a trained model of a pipeline into service; an earlier one to go back to it')
  .addOption(namespaceOption)
  .addOption(contextOption)
  .addOption(kubeconfigOption)
  .addOption(hereOption)
  .action((name, modelVersion, options) =>
    run(promote(name, { ...options, modelVersion, version: readVersion(), now: Date.now() }, terminal)),
  );

program
  .command('diff <spec>')
  .description('what applying a spec would change in a cluster; exit code 1 where that is something')
  .addOption(namespaceOption)
  .addOption(contextOption)
  .addOption(kubeconfigOption)
  .option('--image <name>', "image of the services (default: the operator's)")
  .option('--kafka <address>', "Kafka bootstrap servers of a spec that names none (default: the operator's)")
  .option('--redis <url>', "Redis of a spec that names none (default: the operator's)")
  .action((spec, options) => run(runDiff(spec, { ...options, version: readVersion() }, terminal), exitCodes.usage));

program
  .command('version')
  .description('the version')
  .option('--json', 'as one JSON object')
  .action((options: { json?: boolean }) => {
    const version = readVersion();
    terminal.print(options.json ? JSON.stringify({ version, node: process.version }) : version);
  });

await program.parseAsync();
