/** An ingest in a process of its own, on an embedded log that the test reads back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { RawEvent } from '../../services/shared/event.ts';
import { unpackLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';

export interface IngestProcess {
  readonly url: string;
  /** Has the scope `write`. */
  readonly writeKey: string;
  readonly child: ChildProcess;
  /** Bytes of its own memory that the process holds now: without the pages of the embedded log's file. */
  residentBytes(): number;
  stored(): Promise<RawEvent[]>;
  /** Keys of the stream `items`. */
  storedItems(): Promise<(string | null)[]>;
  /** SIGTERM; resolves with the exit code, and removes the folder. */
  stop(): Promise<number | null>;
}

const main = fileURLToPath(new URL('../../services/ingest/main.ts', import.meta.url));
const topicOf = (stream: string): string => `test.ingest.${stream}.e1`;
const partitions = 4;

export interface SpawnedIngest {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
}

/** The process alone, on the data of `folder`. */
export async function spawnIngest(folder: string, env: Readonly<Record<string, string>>): Promise<SpawnedIngest> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...process.env, ...environment(folder), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { url: await addressOf(child), child, exited };
}

export async function startIngest(): Promise<IngestProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-ingest-'));
  const broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics([
    { name: topicOf('events-raw'), partitions },
    { name: topicOf('items'), partitions: 1, compacted: true },
  ]);
  const writeKey = 'the-key';
  const { url, child, exited } = await spawnIngest(folder, { LIKENESS_WRITE_KEYS: makeWriteKeys(folder, writeKey) });
  return {
    url,
    writeKey,
    child,
    residentBytes: () =>
      Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024,
    stored: async () => {
      const events: RawEvent[] = [];
      for await (const { value } of records(broker, topicOf('events-raw')))
        events.push(...unpackLines(value!).map((line) => JSON.parse(line) as RawEvent));
      return events;
    },
    storedItems: async () => {
      const keys: (string | null)[] = [];
      for await (const { key } of records(broker, topicOf('items'))) keys.push(key);
      return keys;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const code = await exited;
      await broker.close();
      rmSync(folder, { recursive: true });
      return code;
    },
  };
}

function makeWriteKeys(folder: string, writeKey: string): string {
  const path = join(folder, 'write-keys.json');
  const sha256 = createHash('sha256').update(writeKey).digest('hex');
  writeFileSync(path, JSON.stringify([{ name: 'test', sha256, scopes: ['write'] }]));
  return path;
}

function environment(folder: string): Record<string, string> {
  return {
    LIKENESS_PIPELINE: 'ingest',
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(Object.fromEntries(streams.map((stream) => [stream, topicOf(stream)]))),
    LIKENESS_SPEC: JSON.stringify({ ingest: {} }),
    LIKENESS_DATA: folder,
  };
}

/** The line that says where it listens; rejects with what it said if it ends before. */
async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`ingest ended: ${said.join('\n')}`)));
  const listening = new Promise<string>((resolve) => {
    // Read to the end, or a full pipe stops the process.
    lines.on('line', (line) => {
      said.push(line);
      if (said.length > 100) said.shift();
      const { msg, address } = JSON.parse(line) as { msg?: string; address?: string };
      if (msg === 'listening') resolve(address!);
    });
  });
  const address = await Promise.race([listening, ended]);
  ended.catch(() => undefined);
  return address;
}

async function* records(broker: Broker, topic: string) {
  for (const { partition, low, high } of await broker.offsets(topic))
    for await (const batch of broker.read({ topic, partition, from: low, to: high })) yield* batch;
}
