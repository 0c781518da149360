/** `likeness render`: what it prints, and how it ends. */
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { RenderCommandOptions } from './render.ts';
import { runRender } from './render.ts';

const example = (name: string): string => join(import.meta.dirname, `../examples/${name}.yaml`);

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

async function run(file: string, options: Partial<RenderCommandOptions> = {}) {
  const printed: string[] = [];
  const notes: string[] = [];
  const terminal = {
    print: (line: string) => void printed.push(line),
    note: (line: string) => void notes.push(line),
    status: () => undefined,
  };
  const code = await runRender(file, { image: 'likeness:9', version: '9.0.0', ...options }, terminal);
  const objects = parseAllDocuments(printed.join('\n')).map((document) => document.toJS() as Printed);
  return { code, text: printed.join('\n'), notes, objects };
}

describe('likeness render', () => {
  it('prints every object as a document of its own, in the namespace that is asked for', async () => {
    const { code, text, objects } = await run(example('full'), { namespace: 'shops' });
    expect(code).toBe(0);
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'StatefulSet', 'Service']));
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['shops']));
    expect(text).toContain('shops.full.events-raw.e1');
    expect(text).toContain('image: likeness:9');
    expect(text).not.toContain('ownerReferences');
  });

  it('takes Kafka and Redis for a spec that names none, and refuses one without', async () => {
    const { objects, text } = await run(example('shop'), { kafka: 'k:1', redis: 'redis://r' });
    expect(objects.map(({ metadata }) => metadata.name)).toContain('shop-serving');
    expect(text).toContain('LIKENESS_KAFKA: k:1');
    await expect(run(example('shop'))).rejects.toThrow(/^spec\.kafka and spec\.store are missing/);
    expect((await run(example('full'), { kafka: 'k:1' })).text).not.toContain('k:1');
  });

  it('names only kinds that the cluster knows', async () => {
    const kinds = async (options: Partial<RenderCommandOptions>) =>
      (await run(example('full'), options)).objects.map(({ kind }) => kind);
    expect(await kinds({})).not.toContain('PodMonitor');
    expect(await kinds({})).not.toContain('ScaledObject');
    expect(await kinds({ monitors: true, keda: true })).toEqual(expect.arrayContaining(['PodMonitor', 'ScaledObject']));
  });

  it('says what is missing without the operator', async () => {
    expect((await run(example('shop'), { kafka: 'k:1', redis: 'redis://r' })).notes).toEqual([
      'Without the operator, make the Secret shop-write-keys: write-keys.json, who may send events.',
      'Without the operator, make the Secret shop-signing-key: signing.pem and signing.pub.pem, an Ed25519 key pair.',
      expect.stringMatching(/^Without the operator, make \d topics/),
    ]);
  });

  it('names a file that it cannot read', async () => {
    await expect(run(example('none'))).rejects.toThrow(/^Cannot read .*none\.yaml: ENOENT/);
  });
});
