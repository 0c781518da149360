/** Reads what a caller set, and what was stored, with an error that says which of them is wrong. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';

/** `of` names what has the options. Throws `BadConfig`. */
export function readOptions<T>(schema: z.ZodType<T>, options: unknown, of: string): T {
  return read(schema, options, { code: 'BadConfig', message: `The options of ${of} are wrong` });
}

/** `of` names what was stored. Throws `BadData`. */
export function readStored<T>(schema: z.ZodType<T>, stored: unknown, of: string): T {
  const message = `The stored state of ${of} is damaged; without it, it starts anew`;
  return read(schema, stored, { code: 'BadData', message });
}

interface Refusal {
  readonly code: 'BadConfig' | 'BadData';
  readonly message: string;
}

function read<T>(schema: z.ZodType<T>, value: unknown, { code, message }: Refusal): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LikenessError(code, `${message}: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
}
