/** Makes sure that the S3 server of the tests is in the cache: compiles it once, from Go modules alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildGo } from '../kubernetes/build-go.ts';
import { cached, digestOf, publish, type GoProgram } from '../kubernetes/cache.ts';
import { ensureGo } from '../kubernetes/go-toolchain.ts';

/** Versity's S3 gateway: S3 over a folder, with conditional writes, paging and signatures as S3 has them. */
const program: GoProgram = {
  name: 's3',
  title: 'the S3 server (versitygw)',
  source: join(import.meta.dirname, 'go'),
  variables: {},
  target: 'github.com/versity/versitygw/cmd/versitygw',
};

/** Its path. Cold about 2 minutes on two idle cores; later nothing. */
export async function ensureS3(say: (text: string) => void): Promise<string> {
  const path = join(cached(program.name, digestOf(program)), 'versitygw');
  if (existsSync(path)) return path;
  const go = await ensureGo(say);
  await publish(path, (partial) => buildGo({ go, program, partial, say }));
  return path;
}
