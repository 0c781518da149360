/** min: the field's least number in the window, to a millionth; null without events. */
import { extremeKind } from './extreme.ts';

export const min = extremeKind(Math.min);
