/** Names of topics and groups. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streams } from '../services/shared/streams.ts';
import { groupName, topicName, topicNames } from './topics.ts';

const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/);
const pipeline = fc.record({ namespace: label, name: label, epoch: fc.integer({ min: 1, max: 99 }) });

describe('topic names', () => {
  it('are {namespace}.{pipeline}.{stream}.e{epoch}', () => {
    const id = { namespace: 'default', name: 'shop', epoch: 2 };
    expect(topicName(id, 'events-raw')).toBe('default.shop.events-raw.e2');
    expect(groupName(id, 'cleaner')).toBe('default.shop.cleaner.e2');
    expect(Object.keys(topicNames(id))).toEqual([...streams]);
  });

  it('never meet, and are legal in Kafka, whatever the pipelines are called', () => {
    fc.assert(
      fc.property(pipeline, pipeline, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const names = [...Object.values(topicNames(one)), ...Object.values(topicNames(other))];
        expect(new Set(names).size).toBe(2 * streams.length);
        for (const name of names) expect(name).toMatch(/^[a-z0-9.-]{1,249}$/);
      }),
    );
  });
});
