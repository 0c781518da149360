/** `npm run chaos -- operator`: every write of the operator disturbed in every way. The last line is the report as JSON. */
import { parseArgs } from 'node:util';
import { ensureTestbed } from '../../testbed/ensure.ts';
import { startKafka } from '../../testbed/kafka.ts';
import { ensureKubernetes } from '../../testbed/kubernetes/ensure-kubernetes.ts';
import { startRedis } from '../../testbed/redis.ts';
import { scenarios, type Scenario } from './faults.ts';
import { isSound, runOperatorChaos } from './run.ts';

/** Resolves with the exit code. */
export async function operatorChaos(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      only: { type: 'string' },
      /** Only cases with this in their names, such as `kill after POST jobs`. */
      match: { type: 'string', default: '' },
      /** Of the cases, from 0 to 1. */
      fraction: { type: 'string', default: '1' },
      /** Pipelines at a time. */
      'at-once': { type: 'string', default: '4' },
      /** Prints nothing but the report. */
      json: { type: 'boolean', default: false },
    },
  });
  const only = scenarioNamed(values.only);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const tell = (what: string) => values.json || console.log(`${new Date().toISOString().slice(11, 19)} ${what}`);
  await ensureTestbed();
  await ensureKubernetes((what) => void tell(what));
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  try {
    const report = await runOperatorChaos({
      seed,
      fraction: Number(values.fraction),
      ...(only && { only }),
      match: values.match,
      atOnce: Number(values['at-once']),
      brokers: { kafka: kafka.address, redis: redis.url },
      tell,
    });
    const sound = isSound(report);
    tell(sound ? 'sound' : `UNSOUND: to repeat, --seed ${seed} --fraction ${values.fraction}`);
    console.log(JSON.stringify(report));
    return sound ? 0 : 1;
  } finally {
    await Promise.all([kafka.stop(), redis.stop()]);
  }
}

function scenarioNamed(name: string | undefined): Scenario | undefined {
  const found = scenarios.find((scenario) => scenario === name);
  if (name !== undefined && found === undefined) throw new Error(`--only is one of ${scenarios.join(', ')}`);
  return found;
}
