/** first: the field's value in the first event that has one; null without events. */
import { edgeKind } from './edge.ts';

export const first = edgeKind(-1);
