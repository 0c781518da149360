/** The CustomResourceDefinition, from the one schema. Pure. */
import { allowedKey } from './scalars.ts';
import { mapNodes, pipelineNode, statusNode, type SchemaNode } from './schema-node.ts';

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
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.serving.replicas',
              statusReplicasPath: '.status.serving.replicas',
              labelSelectorPath: '.status.serving.selector',
            },
          },
          additionalPrinterColumns: [
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
            { name: 'Model', type: 'string', jsonPath: '.status.model.active.version' },
            { name: 'Training', type: 'string', jsonPath: '.status.training.phase' },
            { name: 'Drift', type: 'string', jsonPath: '.status.drift.score' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
            { name: 'GPUs', type: 'string', jsonPath: '.status.training.gpus', priority: 1 },
            { name: 'Lag', type: 'string', jsonPath: '.status.lag', priority: 1 },
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
  const status = mapNodes(statusNode(), structural);
  return { ...root, required: ['spec'], properties: { ...root.properties, ...known, status } };
}

/** Structural schemas know no `additionalProperties` beside `properties`: the API server prunes unknown fields. */
function structural({ additionalProperties: _pruned, [allowedKey]: _allowed, ...node }: SchemaNode): SchemaNode {
  if (node.type !== 'integer') return node;
  return { ...node, format: (node.maximum ?? 0) < 2 ** 31 ? 'int32' : 'int64' };
}
