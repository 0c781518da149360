/** The environment of a stage: each service accepts its own, and learns nothing that it does not need. */
import { describe, expect, it } from 'vitest';
import { parseConfig as parseCleaner } from '../../../services/cleaner/config.ts';
import { parseConfig as parseFeature } from '../../../services/feature/config.ts';
import { parseConfig as parseIngest } from '../../../services/ingest/config.ts';
import { parseConfig as parseServing } from '../../../services/serving/config.ts';
import { parseConfig as parseArchive } from '../../../services/trainer/archive/config.ts';
import { parseConfig as parseTrainer } from '../../../services/trainer/config.ts';
import { parseConfig as parseGate } from '../../../services/trainer/gate/config.ts';
import { exampleNames, exampleSpec, rendered } from '../../../test/golden/examples.ts';
import { environmentOf } from './environment.ts';
import { type Mount, stageMounts } from './mounts.ts';
import { renderPipeline } from './render.ts';
import { renderingOf } from './rendering.ts';

const parsers = {
  ingest: parseIngest,
  cleaner: parseCleaner,
  feature: parseFeature,
  serving: parseServing,
  archive: parseArchive,
  trainer: (env: Readonly<Record<string, string>>) => parseTrainer({ ...env, LIKENESS_RUN_ID: 'run-1' }),
  gate: (env: Readonly<Record<string, string>>) =>
    parseGate({ ...env, LIKENESS_GATE_RUN: 'run-1', LIKENESS_GATE_DIGEST: '0'.repeat(64) }),
};

function environmentsOf(name: string) {
  const { plan, options } = rendered(exampleSpec(name), name);
  const rendering = renderingOf(plan, options);
  return new Map(plan.workloads.map((workload) => [workload.name, environmentOf(rendering, workload)]));
}

/** Files of a volume, by the names of its items. */
function filesOf(source: Mount['source']): string[] {
  return (source?.projected?.sources ?? []).flatMap(({ secret, configMap }) => [
    ...(secret?.items ?? []).map(({ path }) => path),
    ...(configMap ? ['trusted-0.pem'] : []),
  ]);
}

describe('the environment of a stage', () => {
  it.each(exampleNames)('of examples/%s.yaml is one that its service accepts', (name) => {
    for (const [stage, env] of environmentsOf(name)) expect(() => parsers[stage](env)).not.toThrow();
  });

  it('says where to listen, and which files to read', () => {
    const environments = environmentsOf('full');
    expect(parseIngest(environments.get('ingest')!)).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      open: false,
      writeKeysFile: '/etc/likeness/write-keys/write-keys.json',
      log: { folder: '/var/lib/likeness/data/ingest-log' },
    });
    expect(parseServing(environments.get('serving')!)).toMatchObject({
      host: '0.0.0.0',
      trustedKeyFiles: ['/etc/likeness/trusted-keys/signing.pub.pem', '/etc/likeness/trusted-keys/trusted-0.pem'],
    });
    expect(environments.get('trainer')).not.toHaveProperty('LIKENESS_PORT');
  });

  it.each(exampleNames)('of examples/%s.yaml names only files and folders that are mounted', (name) => {
    const { plan, options } = rendered(exampleSpec(name), name);
    const rendering = renderingOf(plan, options);
    for (const workload of plan.workloads) {
      const mounts = stageMounts(rendering, workload);
      const mounted = mounts.flatMap(({ path, source }) => [path, ...filesOf(source).map((file) => `${path}/${file}`)]);
      const named = Object.values(environmentOf(rendering, workload)).filter((value) => /^\/(etc|var)\//.test(value));
      expect(mounted).toEqual(expect.arrayContaining(named.flatMap((value) => value.split(','))));
    }
  });

  it('names Redis, and its secrets, only to who needs them', () => {
    for (const [stage, env] of environmentsOf('full')) {
      const redis = Object.keys(env).filter((key) => key.startsWith('LIKENESS_REDIS'));
      const expected = ['LIKENESS_REDIS', 'LIKENESS_REDIS_CA', 'LIKENESS_REDIS_CREDENTIALS'];
      expect([stage, redis]).toEqual([stage, stage === 'feature' || stage === 'serving' ? expected : []]);
      expect([stage, 'LIKENESS_SIGNING_KEY' in env]).toEqual([stage, stage === 'trainer']);
      expect([stage, 'LIKENESS_WRITE_KEYS' in env]).toEqual([stage, stage === 'ingest']);
    }
  });

  it('is refused where no process could be given it', () => {
    const shop = exampleSpec('shop');
    const bury = Array.from({ length: 1000 }, (_, index) => `${index}-${'long'.repeat(50)}`);
    const spec = { ...shop, serving: { ...shop.serving, rules: { ...shop.serving.rules, bury } } };
    expect(() => rendered(spec)).toThrow(/^The part of the spec that serving reads is \d+ bytes long/);
    const short = { ...shop, serving: { ...shop.serving, rules: { ...shop.serving.rules, bury: bury.slice(0, 400) } } };
    const { plan, options } = rendered(short);
    expect(renderPipeline(plan, options).length).toBeGreaterThan(0);
  });
});
