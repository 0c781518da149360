/** `npm run -s bench -- NAME [--flag value]`: progress on standard error, one JSON object on the last line. */
import { parseArgs } from 'node:util';
import { exitCodes } from '../services/shared/errors.ts';

/** What a benchmark gets: its flags, and where progress goes. */
export interface BenchContext {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly note: (line: string) => void;
}

type Bench = (context: BenchContext) => Promise<object>;

/** Loaded one at a time, so that a benchmark pays for its own imports alone. */
const benches: Record<string, () => Promise<{ run: Bench }>> = {
  throughput: () => import('./throughput.ts'),
  freshness: () => import('./freshness.ts'),
  reads: () => import('./reads.ts'),
  recommend: () => import('./recommend.ts'),
  footprint: () => import('./footprint.ts'),
  startup: () => import('./startup.ts'),
  growth: () => import('./growth.ts'),
  backtest: () => import('./backtest.ts'),
  quality: () => import('./quality.ts'),
  parity: () => import('./parity.ts'),
  clean: () => import('./clean.ts'),
  monitor: () => import('./monitor.ts'),
  drift: () => import('./drift.ts'),
  'drift-streams': () => import('./drift-streams.ts'),
  operator: () => import('./operator.ts'),
  train: () => import('./train.ts'),
  incremental: () => import('./incremental.ts'),
};

function parseFlags(args: string[]): Record<string, string | undefined> {
  const { tokens } = parseArgs({ args, strict: false, tokens: true });
  const flags: Record<string, string | undefined> = {};
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'option') continue;
    const next = tokens[index + 1];
    flags[token.name] = token.value ?? (next?.kind === 'positional' ? next.value : 'true');
  }
  return flags;
}

const [name = '', ...rest] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`Usage: npm run -s bench -- NAME\nNames: ${Object.keys(benches).join(', ')}`);
  process.exitCode = exitCodes.usage;
} else {
  const { run } = await bench();
  const result = await run({ flags: parseFlags(rest), note: (line) => console.error(line) });
  console.log(JSON.stringify(result));
  process.exit(0);
}
