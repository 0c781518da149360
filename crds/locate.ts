/** Where a path lies in the YAML text. */
import { isMap, isNode, isScalar, type Document, type LineCounter, type Node, type YAMLMap } from 'yaml';
import type { Path } from './spec-error.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of the value; of the key, if `atKey`; of the nearest thing around it, if there is no such value. */
export function placeOf(document: Document.Parsed, lines: LineCounter, path: Path, atKey = false): Place {
  for (let length = path.length; length > 0; length--) {
    const here = path.slice(0, length);
    const node = atKey ? keyNode(document, here) : valueNode(document, here);
    if (node?.range) return placeAt(lines, node.range[0]);
  }
  return placeAt(lines, document.contents?.range[0] ?? 0);
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function valueNode(document: Document.Parsed, path: Path): Node | undefined {
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? node : undefined;
}

function keyNode(document: Document.Parsed, path: Path): Node | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return valueNode(document, path);
  const key = (parent as YAMLMap).items.find(({ key: node }) => isScalar(node) && node.value === path.at(-1))?.key;
  return isNode(key) ? key : undefined;
}
