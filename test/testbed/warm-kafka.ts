/** Fetches Kafka's jars once, then makes a formatted data folder and a class-data archive beside them. */
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaCache, kafkaRecipe } from './kafka-cache.ts';
import { formatData, writeProperties } from './kafka-java.ts';
import { startKafka } from './kafka.ts';

export async function warmKafka(say: (text: string) => void): Promise<void> {
  const { folder, libs, template, archive } = kafkaCache();
  mkdirSync(folder, { recursive: true });
  if (!existsSync(libs)) {
    say('fetching the jars of Kafka with Maven');
    await publish(libs, fetchJars);
  }
  if (!existsSync(template)) await publish(template, format);
  if (existsSync(archive)) return;
  say('preparing Kafka for quick starts');
  await publish(archive, archiveClasses);
}

/** What is in the cache appears complete or not at all; if several make it at once, the first one counts. */
async function publish(path: string, make: (partial: string, dir: string) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}`;
  const dir = mkdtempSync(join(tmpdir(), 'likeness-warm-'));
  try {
    await make(partial, dir);
    if (!existsSync(path)) renameSync(partial, path);
  } finally {
    rmSync(partial, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  }
}

async function fetchJars(partial: string): Promise<void> {
  const pom = join(kafkaRecipe, 'pom.xml');
  const args = ['-B', '-q', '-f', pom, `-Dlibs.dir=${partial}`, 'dependency:copy-dependencies'];
  await promisify(execFile)('mvn', args);
}

async function format(partial: string, dir: string): Promise<void> {
  await formatData(dir, writeProperties(dir, { port: 1, controllerPort: 2 }));
  cpSync(join(dir, 'data'), partial, { recursive: true });
}

async function archiveClasses(partial: string, dir: string): Promise<void> {
  const dump = join(dir, 'classes.jsa');
  const kafka = await startKafka({ dir, jvmArgs: [`-XX:ArchiveClassesAtExit=${dump}`] });
  await kafka.stop();
  copyFileSync(dump, partial);
}
