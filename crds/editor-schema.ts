/** The JSON Schema that editors complete and check a pipeline by. Pure. */
import { allowedKey } from './scalars.ts';
import { mapNodes, pipelineNode, type SchemaNode } from './schema-node.ts';

export function editorSchema(): SchemaNode {
  return { ...mapNodes(pipelineNode('draft-7'), forEditors), title: 'ProfilePipeline' };
}

/** `patternErrorMessage` is what the YAML and JSON language servers show instead of a regular expression. */
function forEditors(node: SchemaNode): SchemaNode {
  const { [allowedKey]: allowed, ...rest } = node;
  const plain = Object.entries(rest).filter(([key]) => !key.startsWith('x-'));
  return { ...Object.fromEntries(plain), ...(typeof allowed === 'string' && { patternErrorMessage: allowed }) };
}
