import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBacktest, type BacktestCommand } from './backtest.ts';

const spec = `apiVersion: likeness.dev/v1alpha1
kind: ProfilePipeline
metadata: {name: test}
spec: {preset: shop/v1}
`;

/** Sixty users who walk round a ring of twenty items, a step a day. */
function ringLines(): string[] {
  const lines: string[] = [];
  for (let day = 1; day <= 8; day++)
    for (let user = 0; user < 60; user++) {
      const time = new Date(Date.UTC(2026, 0, day)).toISOString();
      lines.push(
        JSON.stringify({
          id: `e${lines.length}`,
          type: 'purchase',
          userId: `u${user}`,
          itemId: `i${(user + day) % 20}`,
          time,
        }),
      );
    }
  return lines;
}

describe('likeness backtest', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-backtest-'));
    await writeFile(join(folder, 'spec.yaml'), spec);
    await writeFile(join(folder, 'ring.jsonl'), `${ringLines().join('\n')}\n`);
    await writeFile(join(folder, 'ring.jsonl.gz'), gzipSync(ringLines().join('\n')));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function backtest(changes: Partial<BacktestCommand> = {}): Promise<string[]> {
    const printed: string[] = [];
    const options = {
      events: 'ring.jsonl',
      spec: 'spec.yaml',
      protocol: 'leave-one-out' as const,
      k: 10,
      json: true,
      ...changes,
    };
    const paths = { events: join(folder, options.events), spec: join(folder, options.spec) };
    const terminal = {
      print: (line: string) => void printed.push(line),
      note: () => undefined,
      status: () => undefined,
    };
    expect(await runBacktest({ ...options, ...paths }, terminal)).toBe(0);
    return printed;
  }

  it('ends with one JSON object of all models', async () => {
    const report = JSON.parse((await backtest()).at(-1)!);
    expect(report).toMatchObject({
      protocol: 'leave-one-out',
      users: 60,
      items: 20,
      events: 480,
      queries: 60,
      easeItems: 20,
    });
    expect(report.models.map(({ name }: { name: string }) => name)).toEqual(['popularity', 'sr', 'ease', 'blend']);
    const keys = ['name', 'recall@10', 'ndcg@10', 'mrr@10', 'coverage', 'fitSeconds'];
    for (const model of report.models) expect(Object.keys(model)).toEqual(keys);
    expect(report.models[1]['ndcg@10']).toBeGreaterThan(0.9);
  });

  it('reads gzip alike, by another protocol and k', async () => {
    const withoutTimes = (line: string): unknown =>
      JSON.parse(line, (key, value: unknown) => (key === 'fitSeconds' ? 0 : value));
    const plain = (await backtest({ protocol: 'time-split', k: 5 })).at(-1)!;
    const zipped = (await backtest({ events: 'ring.jsonl.gz', protocol: 'time-split', k: 5 })).at(-1)!;
    expect(withoutTimes(zipped)).toEqual(withoutTimes(plain));
    expect(JSON.parse(plain)).toMatchObject({
      protocol: 'time-split',
      models: [{ 'recall@5': expect.any(Number) }, {}, {}, {}],
    });
  });

  it('keeps the order of the file among events of equal time', async () => {
    const sameTime = ringLines().map((line) =>
      JSON.stringify({ ...JSON.parse(line), time: '2026-01-01T00:00:00.000Z' }),
    );
    await writeFile(join(folder, 'same.jsonl'), sameTime.join('\n'));
    const report = JSON.parse((await backtest({ events: 'same.jsonl' })).at(-1)!);
    expect(report.models[1]['ndcg@10']).toBeGreaterThan(0.9);
  });

  it('judges a ranker beside them where one is asked for', async () => {
    const lines = await backtest({
      ranker: true,
      json: false,
      protocol: 'time-split',
      environment: { XDG_CACHE_HOME: folder },
    });
    for (const kind of ['ranker', 'ranker-blend']) expect(lines.some((line) => line.startsWith(`${kind} `))).toBe(true);
    expect(lines.find((line) => line.startsWith('ranker: '))).toMatch(/epochs on wasm.*the validation fold chooses/);
  });

  it('prints a table without --json', async () => {
    const lines = await backtest({ json: false });
    expect(lines.some((line) => /^blend +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$/.test(line))).toBe(true);
  });

  it.each([
    ['{"half":', /bad\.jsonl:2: is not JSON/],
    ['{"type":"purchase","itemId":"i1","time":"2026-01-01T00:00:00Z"}', /bad\.jsonl:2: an event needs/],
    ['{"type":"purchase","userId":"u","itemId":"i1","time":"yesterday"}', /bad\.jsonl:2: time yesterday/],
  ])('says which line is bad: %s', async (line, message) => {
    await writeFile(join(folder, 'bad.jsonl'), `${ringLines()[0]}\n${line}\n`);
    await expect(backtest({ events: 'bad.jsonl' })).rejects.toMatchObject({
      code: 'BadData',
      message: expect.stringMatching(message),
    });
  });

  it('says what is wrong with its arguments and files', async () => {
    await expect(backtest({ events: 'none.jsonl' })).rejects.toMatchObject({
      code: 'BadData',
      message: expect.stringContaining('none.jsonl'),
    });
    await expect(backtest({ spec: 'none.yaml' })).rejects.toMatchObject({ code: 'BadSpec' });
    await expect(backtest({ model: 'other' })).rejects.toThrow(/no model "other"; it has: next-item/);
    await expect(backtest({ k: 0 })).rejects.toMatchObject({ code: 'Usage' });
    await expect(backtest({ protocol: 'random' as 'time-split' })).rejects.toThrow(/leave-one-out, time-split/);
    await writeFile(
      join(folder, 'other.jsonl'),
      '{"id":"1","type":"search","userId":"u","time":"2026-01-01T00:00:00Z"}',
    );
    await expect(backtest({ events: 'other.jsonl' })).rejects.toThrow(
      /no event with an item that model next-item learns from/,
    );
    await writeFile(join(folder, 'cut.jsonl.gz'), gzipSync(ringLines().join('\n')).subarray(0, 500));
    await expect(backtest({ events: 'cut.jsonl.gz' })).rejects.toMatchObject({
      code: 'BadData',
      message: expect.stringContaining('cut.jsonl.gz'),
    });
  });
});
