/** The two forms of each rule, held against each other: CEL as the API server runs it, and the function of the laptop. */
import { celEnv, celFunc, celMethod, CelScalar, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantity } from './cluster.ts';
import { pipelineSchema } from './pipeline.ts';
import { refusedChanges } from './refusals/changes.ts';
import { patchedPipeline } from './refusals/refusal.ts';
import { celKey, type TransitionRule } from './rules.ts';
import { pipelineNode, type SchemaNode } from './schema-node.ts';
import { pathText, type Path } from './spec-error.ts';
import { specTransitions } from './spec-rules.ts';

const root = pipelineNode('openapi-3.0');
/** With what Kubernetes adds to CEL, as far as the rules use it: quantities, here as numbers. */
const env = celEnv({
  funcs: [
    celFunc('quantity', [CelScalar.STRING], CelScalar.DOUBLE, quantity),
    celMethod('compareTo', CelScalar.DOUBLE, [CelScalar.DOUBLE], CelScalar.INT, function (other) {
      return BigInt(Math.sign(this - other));
    }),
  ],
});

/** CEL tells whole numbers apart by type. */
function celValue(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value as CelInput;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, celValue(field)])) as CelInput;
}

const plans = new Map<string, ReturnType<typeof plan>>();

function evaluate(rule: string, bindings: Record<string, unknown>): unknown {
  const planned = plans.get(rule) ?? plan(env, parse(rule));
  plans.set(rule, planned);
  const result = planned(celValue(bindings) as Record<string, CelInput>);
  if (isCelError(result)) throw new Error(`${rule}: ${result.message}`);
  return result;
}

const rulesOf = (node: SchemaNode) => (node[celKey] ?? []) as readonly TransitionRule[];
const aboutChange = new Set(specTransitions.map(({ rule }) => rule));

interface Broken {
  readonly message: string;
  /** Where the API server says it is, if the rule names a field: `.spec.stages[0].autoscaling`. */
  readonly field: string | undefined;
}

/** The rules that a value breaks, it and all below it, by CEL. */
function brokenByCel(node: SchemaNode, value: unknown, at = ''): Broken[] {
  if (value === undefined) return [];
  const own = rulesOf(node)
    .filter(({ rule }) => !aboutChange.has(rule) && evaluate(rule, { self: value }) !== true)
    .map(({ message, fieldPath }) => ({ message, field: fieldPath && `${at}${fieldPath}` }));
  const items = Array.isArray(value)
    ? value.flatMap((item: unknown, index) => brokenByCel(node.items!, item, `${at}[${index}]`))
    : [];
  const fields = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    // A CRD says nothing below metadata; its rules are bound to the root.
    key === 'metadata' ? [] : brokenByCel(child, (value as Record<string, unknown>)[key], `${at}.${key}`),
  );
  return [...own, ...items, ...fields];
}

/** As the API server does, when an object comes in. */
function withDefaults(node: SchemaNode, given: unknown): unknown {
  const value = given === undefined ? structuredClone(node.default) : given;
  if (Array.isArray(value)) return value.map((item: unknown) => withDefaults(node.items!, item));
  if (typeof value !== 'object' || value === null) return value;
  const filled = Object.entries(node.properties ?? {}).map(([key, child]) => [
    key,
    withDefaults(child, (value as Record<string, unknown>)[key]),
  ]);
  return { ...value, ...Object.fromEntries(filled) };
}

const celMessages = (node: SchemaNode): string[] => [
  ...rulesOf(node).map(({ message }) => message),
  ...Object.values(node.properties ?? {}).flatMap(celMessages),
  ...(node.items ? celMessages(node.items) : []),
];
const known = new Set(celMessages(root));

const document = (spec: object, name = 'shop') => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name },
  spec,
});

/** The rules that the laptop finds broken; undefined if the structure is wrong, which is said alone. */
function brokenByTwin(data: object): Broken[] | undefined {
  const issues = pipelineSchema.safeParse(data).error?.issues ?? [];
  if (issues.some(({ code }) => code !== 'custom')) return undefined;
  return issues
    .filter(({ message }) => known.has(message))
    .map(({ message, path }) => ({ message, field: `.${pathText(path as Path)}` }));
}

/** Compares the sets: one message may stand for several places on the laptop, and for one value in CEL. */
function compare(data: object): string[] | undefined {
  const twin = brokenByTwin(data);
  if (twin === undefined) return undefined;
  const cel = brokenByCel(root, withDefaults(root, data));
  const messages = (broken: readonly Broken[]) => new Set(broken.map(({ message }) => message));
  expect(messages(twin), JSON.stringify(data)).toEqual(messages(cel));
  for (const broken of cel) if (broken.field !== undefined) expect(twin).toContainEqual(broken);
  return [...messages(cel)];
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const duration = fc.constantFrom(
  '0s',
  '1s',
  '7s',
  '30s',
  '60s',
  '100s',
  '1h',
  '24h',
  '168h',
  '2160h',
  '2161h',
  '876001h',
);
const decimalText = fc.constantFrom('0', '0.005', '0.01', '0.5', '1', '1.04', '1.05', '2', '1000', '1000.5');
const names = fc.constantFrom('a', 'b', 'c');
const windowed = { window: maybe(duration), pane: maybe(duration) };

const featureArbitrary = fc.record({
  name: names,
  count: maybe(fc.record(windowed)),
  sum: maybe(fc.record({ ...windowed, field: fc.constant('value') })),
  sequence: maybe(fc.record({ length: maybe(fc.constantFrom(1, 50)) })),
  interest: maybe(fc.record({ of: fc.constant('itemId'), halfLife: duration })),
  ratio: maybe(fc.record({ of: names, to: names })),
});

const normaliseArbitrary = fc.record({
  name: names,
  field: fc.constantFrom('value', 'text', 'itemId', 'item.price', 'item.title', 'properties.a.b', 'context.c'),
  unit: maybe(fc.constant('EUR')),
  unitField: maybe(fc.constant('properties.currency')),
  factors: maybe(fc.constant([{ unit: 'USD', factor: '0.9' }])),
  text: maybe(fc.constant(['Trim'])),
});

const specArbitrary = fc.record({
  preset: maybe(fc.constantFrom('shop/v1', 'none')),
  features: maybe(fc.array(featureArbitrary, { maxLength: 3 })),
  models: maybe(
    fc.array(
      fc.record({
        name: names,
        recommend: maybe(fc.record({ history: names, target: fc.constant(['a']) })),
        classify: maybe(fc.record({ label: fc.constant({ events: ['a'] }) })),
      }),
      { maxLength: 2 },
    ),
  ),
  archive: maybe(fc.record({ retention: maybe(duration) })),
  events: maybe(fc.array(fc.record({ name: names, weight: maybe(decimalText) }), { maxLength: 2 })),
  cleaning: maybe(
    fc.record({
      dedupe: maybe(fc.record({ window: maybe(duration) })),
      normalise: maybe(fc.array(normaliseArbitrary, { maxLength: 2 })),
    }),
  ),
  training: maybe(
    fc.record({
      holdout: maybe(fc.record({ fraction: maybe(decimalText) })),
      retrain: maybe(
        fc.record({
          mode: maybe(fc.constantFrom('Never', 'OnGrowth', 'OnSchedule', 'OnDrift')),
          schedule: maybe(fc.constant('0 3 * * *')),
          timeZone: maybe(fc.constant('Europe/Berlin')),
          growth: maybe(decimalText),
          cooldown: maybe(duration),
          sampleShare: maybe(fc.constantFrom('0', '0.02')),
        }),
      ),
    }),
  ),
});

const amounts = maybe(
  fc.record({
    cpu: maybe(fc.constantFrom('500m', '1', '1.5', '0.25')),
    memory: maybe(fc.constantFrom('512Mi', '1Gi', '1G', '600000000')),
  }),
);
const sized = {
  replicas: maybe(fc.constantFrom(1, 3)),
  resources: maybe(fc.record({ requests: amounts, limits: amounts })),
};
const bounds = { minReplicas: maybe(fc.constantFrom(1, 4)), maxReplicas: fc.constantFrom(1, 3, 4) };
const secret = { name: 'secret' };

const tolerationArbitrary = fc.record({
  key: maybe(fc.constant('nvidia.com/gpu')),
  operator: maybe(fc.constantFrom('Exists', 'Equal')),
  value: maybe(fc.constant('present')),
  effect: maybe(fc.constantFrom('NoSchedule', 'NoExecute')),
  tolerationSeconds: maybe(fc.constant(60)),
});

/** What is about a cluster, and what a pipeline connects to. */
const clusterArbitrary = fc.record({
  kafka: maybe(
    fc.record({
      bootstrapServers: fc.constant('k:9092'),
      partitions: maybe(fc.constantFrom(1, 3)),
      replicationFactor: maybe(fc.constantFrom(1, 2, 3)),
      minInsyncReplicas: maybe(fc.constantFrom(1, 2, 4)),
      topics: maybe(fc.constantFrom('Managed', 'KafkaTopic')),
      strimziCluster: maybe(fc.constant('main')),
      tls: maybe(fc.constant({})),
      authentication: maybe(
        fc.record({ type: fc.constantFrom('Plain', 'ScramSha512'), secretRef: fc.constant(secret) }),
      ),
    }),
  ),
  store: maybe(
    fc.record({
      redis: fc.record({
        url: fc.constantFrom('redis://r', 'rediss://r', 'rediss://u:p@r'),
        secretRef: maybe(fc.constant(secret)),
        tls: maybe(fc.constant({ caSecretRef: secret })),
      }),
    }),
  ),
  modelStore: maybe(
    fc.record({
      persistentVolumeClaim: maybe(fc.constant({ claimName: 'models' })),
      s3: maybe(
        fc.record({
          bucket: fc.constant('models'),
          endpoint: fc.constantFrom('http://s3', 'https://s3'),
          secretRef: fc.constant(secret),
          tls: maybe(fc.constant({})),
        }),
      ),
    }),
  ),
  stages: maybe(
    fc.record({
      name: fc.constantFrom('ingest', 'feature'),
      ...sized,
      autoscaling: maybe(
        fc.record({ mode: maybe(fc.constantFrom('HPA', 'KEDA')), ...bounds, lagThreshold: maybe(fc.constant(10)) }),
      ),
    }),
  ).map((stage) => stage && [stage]),
  serving: maybe(fc.record({ ...sized, autoscaling: maybe(fc.record(bounds)) })),
  training: maybe(
    fc.record({
      workers: maybe(fc.constantFrom(1, 2, 4)),
      gpu: maybe(
        fc.record({
          count: maybe(fc.constantFrom(0, 1)),
          resourceClaimTemplateName: maybe(fc.constant('gpus')),
          tolerations: maybe(fc.array(tolerationArbitrary, { maxLength: 2 })),
        }),
      ),
    }),
  ),
});

/** One step of each list, because each name may be there once. */
const learnedArbitrary = fc.record({
  cleaning: fc.record({
    impute: fc.record({
      name: names,
      field: fc.constantFrom('value', 'properties.a'),
      with: fc.constantFrom('Mean', 'Last', 'Constant'),
      by: maybe(fc.constant('itemId')),
      constant: maybe(fc.constantFrom('0', '-1.5', '1e3', 'none', '1.0000001', '12345678901')),
    }),
    outliers: fc.record({
      name: names,
      fields: fc.constant(['value']),
      method: fc.constantFrom('MAD', 'IsolationForest'),
      action: fc.constant('Tag'),
      threshold: maybe(fc.constantFrom('0.5', '0.999', '1', '3.5')),
    }),
  }),
});
const inLists = ({ cleaning: { impute, outliers } }: { cleaning: { impute: object; outliers: object } }): object => ({
  cleaning: { impute: [impute], outliers: [outliers] },
});

const plain = (value: object): object => JSON.parse(JSON.stringify(value)) as object;

describe('a rule', () => {
  it('says the same in CEL and on the laptop, whatever the spec', () => {
    const met = new Set<string>();
    const settings = { numRuns: 500, seed: 11 };
    const sampled: object[] = [
      ...fc.sample(specArbitrary, settings),
      ...fc.sample(clusterArbitrary, settings),
      ...fc.sample(learnedArbitrary, { ...settings, numRuns: 200 }).map(inLists),
    ];
    for (const spec of sampled) for (const message of compare(document(plain(spec))) ?? []) met.add(message);
    // Every rule was broken at least once, so that none agrees only because it never speaks.
    const expected = [...known].filter((message) => !unsampled.test(message));
    expect([...met].toSorted()).toEqual(expect.arrayContaining(expected.toSorted()));
  }, 60_000);

  it.each([
    ['shop', 0],
    ['s'.repeat(40), 0],
    ['s'.repeat(41), 1],
    ['9shop', 1],
    ['Shop', 1],
    ['shop-', 1],
    [`-${'s'.repeat(50)}`, 2],
  ])('about the name %s', (name, broken) => {
    expect(compare(document({}, name))).toHaveLength(broken);
  });

  it('about each decimal keeps its own bounds', () => {
    for (const [decay, broken] of [
      ['0.01', 0],
      ['0.009', 1],
      ['1', 0],
      ['1.01', 1],
    ] as const) {
      const retrieval = { decay };
      const spec = { models: [{ name: 'm', recommend: { history: 'history', target: ['purchase'], retrieval } }] };
      expect([decay, compare(document(spec))]).toEqual([
        decay,
        broken ? [expect.stringContaining('from "0.01" to "1"')] : [],
      ]);
    }
  });
});

/** Of names and changes, tested by themselves; of decimals, one range stands for all. */
const unsampled = /^a name |immutable|cannot be added|can only grow|^a decimal number/;

describe('a change', () => {
  /** As the API server sees it: the specs before and after, defaults filled in. */
  const refused = (before: string, after: string) => {
    const [oldSelf, self] = [before, after].map(
      (patch) => (withDefaults(root, patchedPipeline(patch)) as { spec: unknown }).spec,
    );
    return specTransitions
      .filter(({ rule }) => evaluate(rule, { self, oldSelf }) !== true)
      .map(({ message, fieldPath }) => [`spec${fieldPath}`, message]);
  };

  it.each(refusedChanges)('is refused: $name', ({ before, after, path, message }) => {
    expect(refused(before, after)).toEqual([[path, message]]);
  });

  it.each([
    ['{}', '{}'],
    ['{}', 'spec: {kafka: {retention: 1h, topics: Existing}, suspend: true}'],
    ['spec: {kafka: null, store: null}', 'spec: {kafka: null, store: null, preset: none}'],
    ['spec: {ingest: {log: {size: 1Gi}}}', 'spec: {ingest: {log: {size: 1536Mi}}}'],
    ['spec: {ingest: {log: {size: 1Gi, storageClassName: a}}}', 'spec: {ingest: {}}'],
    ['{}', 'spec: {ingest: {log: {storageClassName: a}}}'],
  ])('is taken: %s → %s', (before, after) => {
    expect(refused(before, after)).toEqual([]);
  });
});
