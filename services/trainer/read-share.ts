/** Reads this worker's partitions: those that it read before, if it is here for the second time. */
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { isFirst, type Team } from '../shared/learning/team.ts';
import type { RunParts } from '../shared/run-parts.ts';
import { rangesNow, replay, type ReadRange, type Replayed, type Take } from './replay.ts';

export interface Share {
  readonly broker: Broker;
  readonly topic: string;
  readonly team: Team;
  /** Absent: alone. */
  readonly parts?: RunParts | undefined;
}

/** Rejects with `LogGap` where the log no longer holds what was read before, and as the broker does. */
export async function readShare(share: Share, takes: readonly Take[]): Promise<Replayed> {
  const { broker, topic, team } = share;
  const now = await rangesNow(broker, topic, (partition) => partition % team.size === team.index);
  const offsets = await settle(share, now);
  return addUp(await replay({ broker, topic, offsets }, takes), team);
}

/** What others were told comes from exactly these offsets. */
async function settle({ parts, team }: Share, now: readonly ReadRange[]): Promise<readonly ReadRange[]> {
  if (parts === undefined) return now;
  const name = `offsets.${team.index}`;
  await parts.create(name, Buffer.from(JSON.stringify(now)));
  const settled = JSON.parse(Buffer.from((await parts.get(name))!).toString('utf8')) as ReadRange[];
  for (const { partition, from, to } of settled) {
    const held = now.find((range) => range.partition === partition);
    if (to > from && (held === undefined || held.from > from || held.to < to))
      throw new LikenessError(
        'LogGap',
        `This run has read partition ${partition} from offset ${from} to ${to}, and the log now holds ` +
          `${held?.from} to ${held?.to}: it cannot be taken up again. The next training begins anew.`,
      );
  }
  return settled;
}

/** Of all workers at the first one. */
async function addUp(own: Replayed, team: Team): Promise<Replayed> {
  const all = [own];
  await team.sendToFirst(
    'replayed',
    () => Buffer.from(JSON.stringify(own)),
    (bytes) => all.push(JSON.parse(Buffer.from(bytes).toString('utf8')) as Replayed),
  );
  if (!isFirst(team) || all.length === 1) return own;
  const sum = (count: (one: Replayed) => number): number => all.reduce((total, one) => total + count(one), 0);
  return {
    offsets: all.flatMap(({ offsets }) => offsets).toSorted((a, b) => a.partition - b.partition),
    lines: sum(({ lines }) => lines),
    malformed: sum(({ malformed }) => malformed),
  };
}
