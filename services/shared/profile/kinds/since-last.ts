/** sinceLast: seconds from the newest event to now; null without events. Provenance knows all that it needs. */
import type { FeatureKind } from './kind.ts';

export const sinceLast: FeatureKind<unknown, null> = {
  version: 1,
  compile: () => ({
    empty: () => null,
    update: () => null,
    merge: () => null,
    value: (_, now, { newestTime }) => (newestTime === undefined ? null : (now - newestTime) / 1000),
    encode: () => undefined,
    decode: () => null,
  }),
};
