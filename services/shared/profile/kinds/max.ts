/** max: the field's greatest number in the window, to a millionth; null without events. */
import { extremeKind } from './extreme.ts';

export const max = extremeKind(Math.max);
