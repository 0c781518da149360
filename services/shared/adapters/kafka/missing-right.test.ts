/** What is said of whom a broker refuses. */
import { expect, it } from 'vitest';
import { LikenessError } from '../../errors.ts';
import { frankBrokerPool } from './frank-broker-pool.ts';
import { namingUser, nameUser } from './missing-right.ts';

const denied = new LikenessError('BadConfig', 'Kafka refused producing to t (TOPIC_AUTHORIZATION_FAILED: no).');
const gone = new LikenessError('NotFound', 'There is no topic t; create it first.');

it('names the user who lacks a right, and where rights are listed', async () => {
  const named = nameUser(denied, 'ingest');
  expect(named).toMatchObject({ code: 'BadConfig', retryable: false, cause: denied });
  expect((named as Error).message).toMatch(/producing to t .+ the user "ingest".+docs\/operations\.md/);
  await expect(namingUser(() => 'ingest', Promise.reject(denied))).rejects.toThrow('the user "ingest"');
  expect((nameUser(denied, undefined) as Error).message).toContain('does not say who it is');
});

it('does not claim that what a user cannot see is not there', () => {
  expect((nameUser(gone, 'ingest') as Error).message).toMatch(/no topic t.+the user "ingest"/);
  expect(nameUser(gone, undefined)).toBe(gone);
});

it('leaves everything else as it is', () => {
  const bug = new Error('TOPIC_AUTHORIZATION_FAILED');
  expect(nameUser(bug, 'ingest')).toBe(bug);
  const other = new LikenessError('BrokerUnavailable', 'away');
  expect(nameUser(other, 'ingest')).toBe(other);
});

/** As kafkajs': asks one broker after the other and drops what they reject with. */
class HidingPool {
  async withBroker(ask: (at: unknown) => Promise<unknown>): Promise<unknown> {
    for (const at of ['a', 'b']) {
      const answer = await ask(at).catch(() => undefined);
      if (answer !== undefined) return answer;
    }
    return null;
  }
}

it('a refusal of all brokers is no longer hidden; one that another broker answers for, and other failures, are', async () => {
  const pool = new (frankBrokerPool(HidingPool))();
  const refusal = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED' });
  await expect(pool.withBroker(() => Promise.reject(refusal))).rejects.toBe(refusal);
  expect(await pool.withBroker((at) => (at === 'a' ? Promise.reject(refusal) : Promise.resolve(at)))).toBe('b');
  expect(await pool.withBroker(() => Promise.reject(new Error('away')))).toBeNull();
});
