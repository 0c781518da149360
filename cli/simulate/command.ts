/** `likeness simulate`: events of a shop that does not exist, to a file, to standard output, or to an ingest. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeError, exitCodes, LikenessError } from '../../services/shared/errors.ts';
import type { SentEvent } from '../../services/shared/event.ts';
import { parseBaseUrl } from '../base-url.ts';
import { readKey } from '../read-key.ts';
import { readSpecFile } from '../read-spec-file.ts';
import type { Terminal } from '../terminal.ts';
import { type Sent, sendEvents } from './send.ts';
import { presets, presetShop, readShop, type Shop, type ShopOverrides } from './shop-spec.ts';
import { simulate } from './simulate.ts';

export interface SimulateOptions extends ShopOverrides {
  readonly preset?: keyof typeof presets;
  readonly out?: string;
  readonly to?: string;
  /** File that holds the write key. */
  readonly key?: string;
  readonly json?: boolean;
}

/** Returns the exit code. Rejects with `Usage` or `BadSpec`, or as the ingest says. */
export async function runSimulate(
  spec: string | undefined,
  options: SimulateOptions,
  terminal: Terminal,
): Promise<number> {
  const shop = await shopOf(spec, options);
  const counted = count(shop, terminal);
  const { refused, problems } =
    options.to === undefined ? await writeOut(counted, options.out) : await postAll(counted, shop, options);
  for (const problem of problems) terminal.note(`refused  ${problem}`);
  const { total, byType } = counted;
  // What is written to standard output are the events.
  const isStdout = options.to === undefined && options.out === undefined;
  const say = (line: string): void => (isStdout ? terminal.note(line) : terminal.print(line));
  const types = Object.entries(byType).map(([type, number]) => `${number.toLocaleString('en')} ${type}`);
  if (options.json) say(JSON.stringify({ synthetic: true, seed: shop.seed, events: total, byType, refused }));
  else say(`${total.toLocaleString('en')} synthetic events (${types.join(', ')}), ${refused} refused`);
  return refused > 0 ? exitCodes.badData : exitCodes.ok;
}

async function shopOf(spec: string | undefined, options: SimulateOptions): Promise<Shop> {
  const { preset, seed, events, start, speed, to, out } = options;
  const overrides = Object.fromEntries(
    Object.entries({ seed, events, start: start === 'now' ? new Date().toISOString() : start, speed }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  if ((spec === undefined) === (preset === undefined))
    throw new LikenessError(
      'Usage',
      `Name a file with the spec of a shop, or a --preset: ${Object.keys(presets).join(', ')}`,
    );
  if (to !== undefined && out !== undefined) throw new LikenessError('Usage', 'Either --out or --to, not both');
  if (to !== undefined) parseBaseUrl(to, '--to');
  return preset === undefined
    ? readShop(await readSpecFile(spec!, shopFile), spec!, overrides)
    : presetShop(preset, overrides);
}

const shopFile = 'the spec of a shop (docs/extending/simulated-shop.md)';

interface Counted {
  readonly events: Iterable<SentEvent>;
  readonly byType: Record<string, number>;
  total: number;
}

const everyEvents = 5000;

function count(shop: Shop, terminal: Terminal): Counted {
  const counted: Counted = { events: counting(), byType: {}, total: 0 };
  function* counting(): Generator<SentEvent> {
    for (const event of simulate(shop)) {
      counted.byType[event.type] = (counted.byType[event.type] ?? 0) + 1;
      if (counted.total++ % everyEvents === 0)
        terminal.status(
          `${counted.total.toLocaleString('en')} of ${shop.events.toLocaleString('en')} synthetic events`,
        );
      yield event;
    }
  }
  return counted;
}

type Refused = Pick<Sent, 'refused' | 'problems'>;

async function writeOut({ events }: Counted, file: string | undefined): Promise<Refused> {
  const lines = Readable.from(linesOf(events));
  if (file === undefined) await pipeline(lines, process.stdout, { end: false });
  else
    await pipeline(lines, createWriteStream(file)).catch((cause: unknown) => {
      throw new LikenessError('Usage', `Cannot write ${file}: ${describeError(cause)}`, { cause });
    });
  return { refused: 0, problems: [] };
}

function* linesOf(events: Iterable<SentEvent>): Generator<string> {
  for (const event of events) yield `${JSON.stringify(event)}\n`;
}

function postAll({ events }: Counted, { speed }: Shop, { to, key }: SimulateOptions): Promise<Refused> {
  const written = key === undefined ? {} : { key: readKey(key) };
  return sendEvents(events, { to: to!, speed, ...written });
}
