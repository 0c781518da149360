/** Who is accepted, who is not, and how long a client that was accepted waits for a rotated Secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mechanism } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaConnection } from '../../connections.ts';
import { kafkaAccess, rotationMs } from './access.ts';
import { kafkaError } from './failure.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-access-'));
  writeFileSync(join(folder, 'username'), 'ingest');
  writeFileSync(join(folder, 'password'), 'old');
});
afterEach(() => rmSync(folder, { recursive: true }));

const protocolError = () => Object.assign(new Error('bad'), { type: 'SASL_AUTHENTICATION_FAILED' });

/** A broker that knows one password; `fault`: what befalls it instead of an answer. */
function fakeBroker(state: { password: string; fault?: Error }) {
  const saslAuthenticate = async ({ request }: { request: { encode(): Buffer | Promise<Buffer> } }) => {
    if (state.fault) throw state.fault;
    const parts = (await request.encode()).toString().split('\0');
    if (parts.at(-1) !== state.password) throw protocolError();
  };
  const logger = { debug: () => undefined, error: () => undefined };
  return { host: 'kafka', port: 9093, logger, saslAuthenticate } as never;
}

function enter(state: { password: string; fault?: Error }, clock = { now: () => 0 }) {
  const sasl: KafkaConnection['sasl'] = { mechanism: 'plain', credentials: { folder } };
  const access = kafkaAccess({ sasl }, clock);
  const connect = () => (access.sasl as Mechanism).authenticationProvider(fakeBroker(state)).authenticate();
  return { access, connect };
}

describe('kafkaAccess', () => {
  it('reads the files at each connection', async () => {
    const state = { password: 'old' };
    const { connect, access } = enter(state);
    await connect();
    state.password = 'new';
    writeFileSync(join(folder, 'password'), 'new\n');
    writeFileSync(join(folder, 'username'), 'renamed\n');
    await connect();
    expect(access.user()).toBe('renamed');
  });

  it('takes a refusal of the first connection for final', async () => {
    const refusal: unknown = await enter({ password: 'other' })
      .connect()
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ retriable: false });
    expect(kafkaError(refusal, 'connecting')).toMatchObject({
      code: 'BadConfig',
      message: expect.stringMatching(/user "ingest".*LIKENESS_KAFKA_CREDENTIALS/),
    });
    expect(kafkaError(refusal, 'connecting').message).not.toContain('old');
  });

  it('waits for the Secret after it was accepted, but not for ever', async () => {
    const clock = { time: 0, now: () => clock.time };
    const state = { password: 'old' };
    const { connect } = enter(state, clock);
    await connect();
    state.password = 'new';
    clock.time = rotationMs;
    const waiting: unknown = await connect().catch((error: unknown) => error);
    expect(waiting).toMatchObject({ name: 'KafkaJSConnectionError', retriable: true });
    expect(kafkaError(waiting, 'connecting')).toMatchObject({ code: 'BrokerUnavailable', retryable: true });
    rmSync(join(folder, 'password'));
    expect(await connect().catch((error: unknown) => error)).toMatchObject({ retriable: true });
    clock.time = rotationMs + 1;
    const final: unknown = await connect().catch((error: unknown) => error);
    expect(kafkaError(final, 'connecting')).toMatchObject({ code: 'BadConfig' });
  });

  it('does not take a broker that goes away meanwhile for a refusal', async () => {
    const fault = Object.assign(new Error('Closed connection'), { retriable: true });
    await expect(enter({ password: 'old', fault }).connect()).rejects.toBe(fault);
  });

  it('says at once which file cannot be read', () => {
    rmSync(join(folder, 'username'));
    const bad = (word: string) =>
      expect.objectContaining({ code: 'BadConfig', message: expect.stringContaining(word) });
    expect(() => enter({ password: 'old' })).toThrow(bad('username'));
    expect(() => kafkaAccess({ tls: { ca: { file: join(folder, 'ca.crt') } } })).toThrow(bad('ca.crt'));
    expect(() => kafkaAccess({ tls: { ca: { file: join(folder, 'password') } } })).toThrow(bad('no certificate'));
  });

  it('asks for the authorities at each connection', () => {
    const file = join(folder, 'ca.crt');
    const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}`;
    writeFileSync(file, pem('one'));
    const { ssl } = kafkaAccess({ tls: { ca: { file } } });
    writeFileSync(file, pem('two'));
    expect({ ...ssl }).toEqual({ ca: pem('two') });
    expect({ ...kafkaAccess({ tls: {} }).ssl }).toEqual({ ca: undefined });
    expect(kafkaAccess({}).ssl).toBeUndefined();
  });
});
