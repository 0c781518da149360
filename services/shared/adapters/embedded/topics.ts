/** Creating and deleting topics of the embedded log. */
import type { TopicSettings } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import type { LogDatabase, Tables, TopicRow } from './database.ts';
import type { Stage } from './stage.ts';

/** Row of the counter in the table of topics; no topic can be called so, because a topic's name is not empty. */
const counter = '';
/** A deletion is spread over commits of so many chunks. */
const chunksPerCommit = 2_000;

export async function createTopics(database: LogDatabase, settings: readonly TopicSettings[]): Promise<void> {
  await database.change((stage) => {
    for (const topic of settings) createTopic(stage, topic);
  });
}

function createTopic(stage: Stage, { name, partitions, compacted, retentionMs }: TopicSettings): void {
  const existing = stage.findTopic(name);
  if (!existing) {
    const id = (stage.findTopic(counter)?.id ?? 0) + 1;
    stage.putTopic(counter, { id, partitions: 0, compacted: false, retentionMs: null });
    stage.putTopic(name, { id, partitions, compacted: compacted ?? false, retentionMs: retentionMs ?? null });
    return;
  }
  if (existing.partitions === partitions) return;
  throw new LikenessError(
    'BadConfig',
    `Topic ${name} has ${existing.partitions} partitions, ${partitions} are asked for; ` +
      'partitions never change in place: raise the epoch, which makes new topics.',
  );
}

/** Names and rows of all topics. */
export function listTopics(tables: Tables): { name: string; row: TopicRow }[] {
  return [...tables.topics.getRange()]
    .filter(({ key }) => key !== counter)
    .map(({ key, value }) => ({ name: key, row: value }));
}

export async function deleteTopics(database: LogDatabase, names: readonly string[]): Promise<void> {
  const rows = await database.change((stage) => {
    const found = names.map((name) => ({ name, row: stage.topic(name) }));
    for (const { name } of found) stage.removeTopic(name);
    return found.map(({ row }) => row);
  });
  for (const row of rows) await sweep(database, row.id);
}

/** Nothing leads to a deleted topic's chunks any more; sweeping only gives the space back. */
async function sweep(database: LogDatabase, id: number): Promise<void> {
  const { tables } = database;
  for (let more = true; more;) {
    const keys = [...tables.chunks.getKeys({ start: [id], end: [id + 1], limit: chunksPerCommit })];
    more = keys.length === chunksPerCommit;
    await database.change((stage) => {
      for (const key of keys) stage.removeChunk(key);
    });
  }
  await database.change((stage) => {
    for (const [, partition] of tables.heads.getKeys({ start: [id, 0], end: [id + 1, 0] })) {
      stage.removeHead(id, partition);
    }
    for (const key of tables.positions.getKeys()) if (key[1] === id) stage.removePosition(key);
  });
}

/** Sweeps what a crash in the middle of a deletion left behind. */
export async function sweepOrphans(database: LogDatabase): Promise<void> {
  const known = new Set(listTopics(database.tables).map(({ row }) => row.id));
  const last = database.tables.topics.get(counter)?.id ?? 0;
  for (let id = 1; id <= last; id++) {
    if (known.has(id)) continue;
    const [left] = database.tables.chunks.getKeys({ start: [id], end: [id + 1], limit: 1 });
    if (left) await sweep(database, id);
  }
}
