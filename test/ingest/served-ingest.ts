/** Ingest over HTTP, on an embedded log of its own. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { IngestConfig } from '../../services/ingest/config.ts';
import { type IngestDeps, start } from '../../services/ingest/service.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { type HttpServer, serveHttp } from '../../services/shared/adapters/http.ts';
import { createTelemetry } from '../../services/shared/adapters/telemetry.ts';
import type { RawEvent } from '../../services/shared/event.ts';
import { unpackLines } from '../../services/shared/record.ts';
import type { Service } from '../../services/shared/service.ts';
import type { Topics } from '../../services/shared/streams.ts';

/** The clock of every ingest here. */
export const now = '2024-06-01T00:00:00.000Z';
export const event = { id: 'e1', type: 'view', time: now, userId: 'u1' };
export const json = (value: unknown) => JSON.stringify(value);
export const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });

interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function openIngest() {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-ingest-'));
  const broker = await openEmbeddedBroker(join(folder, 'log'));
  const running: { service: Service; http: HttpServer }[] = [];
  let runs = 0;

  async function ingest(config: Partial<IngestConfig> = {}, deps: Partial<IngestDeps> = {}) {
    const run = ++runs;
    const topics = { 'events-raw': `raw-${run}`, items: `items-${run}` } as unknown as Topics;
    await broker.createTopics([
      { name: topics['events-raw'], partitions: 4 },
      { name: topics.items, partitions: 1, compacted: true },
    ]);
    const telemetry = createTelemetry('ingest', 'silent');
    const clock = { now: () => Date.parse(now) };
    const service = await start(
      { partitions: 4, topics, limits: { pendingEvents: 10_000 }, open: config.writeKeysFile === undefined, ...config },
      {
        telemetry,
        clock,
        onFatal: (error) => expect.unreachable(String(error)),
        broker,
        newId: () => 'assigned',
        ...deps,
      },
    );
    const http = await serveHttp({ host: '127.0.0.1', port: 0, services: [service], telemetry });
    running.push({ service, http });
    const base = `http://127.0.0.1:${http.port}`;
    const send = async (
      path: string,
      body: string | Uint8Array,
      headers: Record<string, string> = {},
      method = 'POST',
    ): Promise<Sent> => {
      const response = await fetch(base + path, { method, body, headers });
      return { status: response.status, headers: response.headers, body: (await response.json()) as Sent['body'] };
    };
    const stored = async (topic = topics['events-raw']): Promise<RawEvent[]> => {
      const events: RawEvent[] = [];
      for (const { partition, high } of await broker.offsets(topic))
        for await (const records of broker.read({ topic, partition, from: 0, to: high }))
          for (const { value } of records)
            events.push(...unpackLines(value!).map((line) => JSON.parse(line) as RawEvent));
      return events;
    };
    const ids = async () => (await stored()).map(({ id }) => id).toSorted();
    return { base, send, stored, ids, service, topics, telemetry };
  }

  /** A file of two keys: `w` may write, `i` may import too. */
  function writeKeys(): string {
    const path = join(folder, 'keys.json');
    const entry = (key: string, scopes: string[]) => ({
      name: key,
      sha256: createHash('sha256').update(key).digest('hex'),
      scopes,
    });
    writeFileSync(path, json([entry('w', ['write']), entry('i', ['write', 'import'])]));
    return path;
  }

  return {
    broker,
    ingest,
    writeKeys,
    /** Of each that was started. */
    stopAll: async () => {
      for (const { service, http } of running.splice(0)) {
        await http.close();
        await service.stop();
      }
    },
    close: async () => {
      await broker.close();
      rmSync(folder, { recursive: true });
    },
  };
}
