/** Errors of a pipeline as lines of text: `shop.yaml:14:7 spec.features[2].count.window: given …; allowed: …`. */
import type { SpecError } from './spec-error.ts';

export function formatErrors(file: string, errors: readonly SpecError[]): string[] {
  return errors.map((error) => {
    const place = error.line === undefined ? file : `${file}:${error.line}:${error.column}`;
    const where = error.path === '' ? place : `${place} ${error.path}`;
    const hint = error.suggestion === undefined ? '' : ` (did you mean ${error.suggestion}?)`;
    return `${where}: given ${error.given}; allowed: ${error.allowed}${hint}`;
  });
}
