/** How Kafka's Java programs are run: quick to start, small, with the class-data archive if there is one. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaCache, kafkaRecipe } from './kafka-cache.ts';

const clusterId = 'bGlrZW5lc3MtdGVzdGJlZA';

export function javaArgs(heap: string): string[] {
  const { archive, libs } = kafkaCache();
  return [
    '-Xms64m',
    `-Xmx${heap}`,
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${join(kafkaRecipe, 'log4j2.properties')}`,
    ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
    '-cp',
    `${libs}/*`,
  ];
}

/** Fills in the template; returns the path of the result in `dir`. */
export function writeProperties(
  dir: string,
  { port, controllerPort, host = '127.0.0.1' }: { port: number; controllerPort: number; host?: string },
): string {
  const template = readFileSync(join(kafkaRecipe, 'server.properties'), 'utf8');
  const text = template
    .replaceAll('@HOST@', host)
    .replaceAll('@PORT@', String(port))
    .replaceAll('@CONTROLLER_PORT@', String(controllerPort))
    .replaceAll('@DIR@', dir);
  const path = join(dir, 'server.properties');
  writeFileSync(path, text);
  return path;
}

/** A fresh data folder needs a cluster id; the cache holds one already formatted. */
export async function formatData(dir: string, properties: string): Promise<void> {
  const data = join(dir, 'data');
  if (existsSync(join(data, 'meta.properties'))) return;
  const { template } = kafkaCache();
  if (existsSync(template)) {
    cpSync(template, data, { recursive: true });
    return;
  }
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  await promisify(execFile)('java', [...javaArgs('128m'), ...tool]);
}
