/** The CustomResourceDefinition, from the one schema. Pure. */
import { allowedKey } from './scalars.ts';
import { mapNodes, pipelineNode, type SchemaNode } from './schema-node.ts';

export function customResourceDefinition() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'profilepipelines.likeness.dev' },
    spec: {
      group: 'likeness.dev',
      scope: 'Namespaced',
      names: {
        kind: 'ProfilePipeline',
        listKind: 'ProfilePipelineList',
        plural: 'profilepipelines',
        singular: 'profilepipeline',
        shortNames: ['ppl'],
        categories: ['likeness'],
      },
      conversion: { strategy: 'None' },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: 'Preset', type: 'string', jsonPath: '.spec.preset' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: { openAPIV3Schema: structuralSchema() },
        },
      ],
    },
  };
}

/** The API server knows apiVersion, kind and metadata itself, and lets a CRD say no more about them than this. */
function structuralSchema(): SchemaNode {
  const root = mapNodes(pipelineNode('openapi-3.0'), structural);
  const known = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  return { ...root, required: ['spec'], properties: { ...root.properties, ...known } };
}

/** Structural schemas know no `additionalProperties` beside `properties`: the API server prunes unknown fields. */
function structural({ additionalProperties: _pruned, [allowedKey]: _allowed, ...node }: SchemaNode): SchemaNode {
  return node.type === 'integer' ? { ...node, format: 'int32' } : node;
}
