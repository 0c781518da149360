/** Where Kafka's jars lie: outside the tree, in a folder named by the digest of the pom.xml that they come from. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of pom.xml, server.properties and log4j2.properties. */
export const kafkaRecipe = join(import.meta.dirname, 'kafka');

export interface KafkaCache {
  readonly folder: string;
  readonly libs: string;
  /** Class-data archive; halves the start of the broker. */
  readonly archive: string;
  /** A formatted data folder. */
  readonly template: string;
}

export function kafkaCache(): KafkaCache {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const digest = createHash('sha256')
    .update(readFileSync(join(kafkaRecipe, 'pom.xml')))
    .digest('hex');
  const folder = join(base, 'likeness', 'testbed', digest.slice(0, 16));
  return {
    folder,
    libs: join(folder, 'libs'),
    archive: join(folder, 'kafka.jsa'),
    template: join(folder, 'template'),
  };
}
