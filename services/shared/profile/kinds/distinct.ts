/**
 * distinct: how many different values the field had in the window. A pane holds the 8-byte hashes of its values while
 * they are at most 256, then it alone becomes a HyperLogLog (2,048 registers, standard error 2.3%), and values that
 * touch such a pane are `approximate`. Either way a pane takes at most 2 KB.
 */
import { idHash64 } from '../../id-hash.ts';
import { textField } from '../fields.ts';
import { paneShape, type Panes, type Windowed } from '../panes.ts';
import { cardinality } from './hyperloglog.ts';
import { addHash, decodeHashes, encodeHashes, isSketch, mergeHashes, type Hash, type Hashes } from './distinct-pane.ts';
import type { FeatureKind } from './kind.ts';
import { panedKind } from './paned.ts';

interface DistinctDefinition extends Windowed {
  readonly of: string;
}

/** Exact as long as no pane is a sketch, however many values the panes have together. */
function union(cells: readonly Hashes[]): number {
  if (cells.some(isSketch)) return cardinality(cells.reduce((a, b) => mergeHashes(a, b)) as Uint8Array);
  return new Set(cells.flatMap((cell) => (cell as Hash[]).map(([hi, lo]) => `${hi}.${lo}`))).size;
}

export const distinct: FeatureKind<DistinctDefinition, Panes<Hashes>> = {
  version: 1,
  compile(definition, { name, overflow }) {
    const read = textField(definition.of);
    return panedKind<Hashes, Hash>({
      shape: paneShape(name, definition),
      read(at) {
        const value = read(at);
        return value === undefined ? undefined : idHash64(value);
      },
      add: (cell, hash) => addHash(cell, hash, overflow),
      merge: mergeHashes,
      value: ({ cells }) => union(cells),
      approximate: ({ cells }) => cells.some(isSketch),
      encode: encodeHashes,
      decode: decodeHashes,
    });
  },
};
