/** The two forms of each rule, held against each other: CEL as the API server runs it, and the function of the laptop. */
import { celEnv, celFunc, celMethod, CelScalar, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterArbitrary, learnedArbitrary, specArbitrary } from '../test/crds/spec-arbitraries.ts';
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

const plain = (value: object): object => JSON.parse(JSON.stringify(value)) as object;

describe('a rule', () => {
  it('says the same in CEL and on the laptop, whatever the spec', () => {
    const met = new Set<string>();
    const settings = { numRuns: 500, seed: 11 };
    const sampled: object[] = [
      ...fc.sample(specArbitrary, settings),
      ...fc.sample(clusterArbitrary, settings),
      ...fc.sample(learnedArbitrary, { ...settings, numRuns: 200 }),
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
