/** What is said about a document, or about a spec alone. */
import { formatErrors } from '../../crds/format-errors.ts';
import { loadPipeline } from '../../crds/load.ts';

export const head = 'apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\n';

/** What is said about a spec, which starts in line 5 of the document. */
export function errorsIn(spec: string): string[] {
  return said(`${head}spec:\n${spec.replace(/^/gm, '  ')}\n`);
}

export function said(text: string): string[] {
  const loaded = loadPipeline(text);
  return loaded.ok ? [] : formatErrors('p.yaml', loaded.errors);
}
