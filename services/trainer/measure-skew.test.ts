/** What was served is compared only where the log tells of all that it was made of. */
import { expect, it } from 'vitest';
import { featuresSchema } from '../../crds/features.ts';
import type { Broker, BrokerRecord } from '../shared/broker.ts';
import { definitionOfValues } from '../shared/learning/skew/served-vector.ts';
import { compileFeatures } from '../shared/profile/compile.ts';
import { eventAt, hour, origin } from '../shared/profile/test-events.ts';
import { measureSkew } from './measure-skew.ts';

const compiled = compileFeatures(
  featuresSchema.parse([{ name: 'views', count: { events: ['view'], window: '6h', pane: '1h' } }]),
  [],
);
const definition = definitionOfValues(compiled, []);
const at = origin + 5 * hour;
const record = (offset: number, line: object): BrokerRecord => ({
  offset,
  key: null,
  timestamp: offset,
  value: Buffer.from(JSON.stringify(line)),
});
const clean = [0, 1, 2].map((hours) =>
  record(hours, eventAt(origin + hours * hour, { id: `e${hours}`, profile: 'ann', itemId: 'i' })),
);
/** As served when the partition stood at offset 2. */
const served = (views: number) => ({
  at,
  definition,
  read: [{ profile: 'ann', partition: 0, offset: 2 }],
  profile: 'ann',
  values: { views },
});

/** Of a log of three views that begins at `low`, after an answer that was made of so many. */
function measured(views: number, { low = 0, high = 3 } = {}) {
  const logs: Record<string, { low: number; high: number; records: BrokerRecord[] }> = {
    clean: { low, high, records: clean },
    predictions: { low: 0, high: 2, records: [record(0, { requestId: 'a' }), record(1, { served: served(views) })] },
  };
  const broker = {
    offsets: async (topic: string) => [{ partition: 0, low: logs[topic]!.low, high: logs[topic]!.high }],
    async *read({ topic, from, to }: { topic: string; from: number; to: number }) {
      const log = logs[topic]!;
      yield log.records.filter(({ offset }) => offset >= Math.max(from, log.low) && offset < Math.min(to, log.high));
    },
  } as unknown as Broker;
  return measureSkew({
    broker,
    predictions: 'predictions',
    clean: 'clean',
    compiled,
    definition,
    dedupeWindowMs: hour,
  });
}

it('is nothing where what was served is what a replay gives, and else how much differs', async () => {
  expect(await measured(3)).toMatchObject({ vectors: 1, unchecked: 0, skew: 0 });
  expect(await measured(2)).toMatchObject({ vectors: 1, unchecked: 0, skew: 1, worst: 'views' });
});

it('is not measured where the log has let go of its beginning, or ends before what was read', async () => {
  expect(await measured(3, { low: 1 })).toMatchObject({ vectors: 0, unchecked: 1 });
  expect(await measured(3, { high: 2 })).toMatchObject({ vectors: 0, unchecked: 1 });
});
