/** The schema as a tree of plain JSON, from which the CRD, the editors' schema and the reference page are made. */
import { z } from 'zod';
import { pipelineSchema } from './pipeline.ts';
import { statusSchema } from './status.ts';

export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly [extension: string]: unknown;
}

/** As a document is written: what has a default need not be there. */
export function pipelineNode(target: 'openapi-3.0' | 'draft-7'): SchemaNode {
  return z.toJSONSchema(pipelineSchema, { target, io: 'input' }) as SchemaNode;
}

export function statusNode(): SchemaNode {
  return z.toJSONSchema(statusSchema.describe('What the pipeline does, by the operator.'), {
    target: 'openapi-3.0',
    io: 'input',
  }) as SchemaNode;
}

/** A copy of the tree in which each node, its children done, went through `change`. */
export function mapNodes(node: SchemaNode, change: (node: SchemaNode) => SchemaNode): SchemaNode {
  const { properties, items } = node;
  const below = {
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, mapNodes(child, change)])),
    }),
    ...(items && { items: mapNodes(items, change) }),
  };
  return change({ ...node, ...below });
}
