/** A real Kafka that lets in by SASL_SSL alone, and lets a user do what its ACLs grant. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../operator/local/free-port.ts';
import type { Authority } from './authority.ts';
import { kafkaRecipe } from './kafka-cache.ts';
import { javaArgs, writeProperties } from './kafka-java.ts';
import { OwnedProcess } from './owned-process.ts';

const run = promisify(execFile);
const clusterId = 'bGlrZW5lc3Mtc2VjdXJlZA';

export interface SecuredKafka {
  /** Bootstrap servers, SASL_SSL. */
  readonly address: string;
  /** Bootstrap servers of the listener that asks nothing, for the test's own admin. */
  readonly insideAddress: string;
  /** Gives a user another password for SCRAM-SHA-512; connections that are there stay. */
  setPassword(user: string, password: string): Promise<void>;
  /** Same address, same data; all connections end. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `users`: name → password, by both SCRAM mechanisms. */
export async function startSecuredKafka(
  authority: Authority,
  users: Readonly<Record<string, string>>,
): Promise<SecuredKafka> {
  const dir = mkdtempSync(join(tmpdir(), 'likeness-secured-kafka-'));
  const ports = { port: await freePort(), controllerPort: await freePort(), insidePort: await freePort() };
  const properties = writeSecuredProperties(dir, ports, authority);
  const scram = Object.entries(users).flatMap(([name, password]) => scramArgs(name, password));
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  await run('java', [...javaArgs('128m'), ...format, ...scram.flatMap((arg) => ['--add-scram', arg])]);
  const logFile = join(dir, 'broker.log');
  const broker = new OwnedProcess({
    name: 'Kafka',
    command: 'java',
    args: [...javaArgs('512m'), 'kafka.Kafka', properties],
    logFile,
    isReady: () => readFileSync(logFile, 'utf8').includes('Kafka Server started'),
  });
  await broker.start();
  const insideAddress = `127.0.0.1:${ports.insidePort}`;
  return {
    address: `127.0.0.1:${ports.port}`,
    insideAddress,
    setPassword: async (user, password) => {
      const change = `SCRAM-SHA-512=[password=${password}]`;
      const who = ['--entity-type', 'users', '--entity-name', user];
      const tool = ['kafka.admin.ConfigCommand', '--bootstrap-server', insideAddress, '--alter', ...who];
      await run('java', [...javaArgs('128m'), ...tool, '--add-config', change]);
    },
    restart: async () => {
      await broker.kill();
      await broker.start();
    },
    stop: async () => {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

const scramArgs = (name: string, password: string): string[] =>
  mechanisms.map((mechanism) => `${mechanism}=[name=${name},password=${password}]`);

function writeSecuredProperties(
  dir: string,
  ports: { port: number; controllerPort: number; insidePort: number },
  authority: Authority,
): string {
  const path = writeProperties(dir, ports);
  const secured = readFileSync(join(kafkaRecipe, 'secured.properties'), 'utf8')
    .replaceAll('@PORT@', String(ports.port))
    .replaceAll('@CONTROLLER_PORT@', String(ports.controllerPort))
    .replaceAll('@INSIDE_PORT@', String(ports.insidePort))
    .replaceAll('@SERVER_PEM@', authority.pair);
  // Of a key that comes twice, the last one counts.
  writeFileSync(path, readFileSync(path, 'utf8') + secured);
  return path;
}
