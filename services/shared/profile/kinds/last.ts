/** last: the field's value in the last event that has one; null without events. */
import { edgeKind } from './edge.ts';

export const last = edgeKind(1);
