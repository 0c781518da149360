/** The table of refusals: each row is refused by whom it says, and by nobody before. */
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { editorSchema } from './editor-schema.ts';
import { loadPipeline } from './load.ts';
import { pipelineSchema } from './pipeline.ts';
import { refusals } from './refusals.ts';
import { refusedChanges } from './refusals/changes.ts';
import { patchedPipeline } from './refusals/refusal.ts';
import { celKey, type TransitionRule } from './rules.ts';
import { pipelineNode, type SchemaNode } from './schema-node.ts';

const structure = new Ajv({ strict: false }).compile(editorSchema());

const celMessages = (node: SchemaNode): string[] => [
  ...((node[celKey] ?? []) as readonly TransitionRule[]).map(({ message }) => message),
  ...Object.values(node.properties ?? {}).flatMap(celMessages),
  ...(node.items ? celMessages(node.items) : []),
];
const rules = new Set(celMessages(pipelineNode('openapi-3.0')));

describe('a refused pipeline', () => {
  it('is one of more than forty, of each sort, and each once', () => {
    expect(refusals.length).toBeGreaterThan(40);
    expect(new Set(refusals.map(({ name }) => name)).size).toBe(refusals.length);
    for (const by of ['Schema', 'CEL', 'Validate']) expect(refusals.some((refusal) => refusal.by === by)).toBe(true);
  });

  it('is a change of a good one', () => {
    expect(loadPipeline(stringify(patchedPipeline('{}'))).ok).toBe(true);
  });

  it.each(refusals)('by $by: $name', ({ patch, path, message, by }) => {
    const pipeline = patchedPipeline(patch);
    const loaded = loadPipeline(stringify(pipeline));
    expect(loaded.ok ? [] : loaded.errors.map((error) => [error.path, error.allowed])).toEqual([[path, message]]);
    // Lists of unique entries are the API server's own; JSON Schema has no word for a map by name.
    const structural = structure(pipeline) && !message.endsWith(' once in this list');
    expect({ structural, rule: rules.has(message), parsed: pipelineSchema.safeParse(pipeline).success }).toEqual({
      structural: by !== 'Schema',
      rule: by === 'CEL',
      parsed: by === 'Validate',
    });
  });
});

it.each(refusedChanges)('a refused change is a good pipeline before and after: $name', ({ before, after, message }) => {
  for (const patch of [before, after]) expect(loadPipeline(stringify(patchedPipeline(patch))).ok).toBe(true);
  expect(rules).toContain(message);
});
