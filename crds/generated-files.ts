/** Every file that is made from the schema: path from the root of the project → content. Pure. */
import { stringify } from 'yaml';
import { customResourceDefinition } from './custom-resource.ts';
import { editorSchema } from './editor-schema.ts';
import { referencePage } from './reference-page.ts';

const notice = '# Generated from crds/ by `npm run generate`; do not edit.\n';

export function generatedFiles(): ReadonlyMap<string, string> {
  const crd = notice + stringify(customResourceDefinition(), { lineWidth: 0, aliasDuplicateObjects: false });
  return new Map([
    ['crds/generated/profilepipeline.crd.yaml', crd],
    ['crds/generated/profilepipeline.schema.json', `${JSON.stringify(editorSchema(), undefined, 2)}\n`],
    ['charts/likeness/crds/profilepipelines.yaml', crd],
    ['docs/reference/profilepipeline.md', referencePage()],
  ]);
}
