/** Canonical JSON (RFC 8785): the same value always gives the same text, so that texts can be compared and hashed. */

function scalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
  if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('JSON text has half a surrogate pair');
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value}`);
  return text;
}

/**
 * Members sorted by UTF-16 code units, no spaces, numbers as ECMAScript prints them. Members that are undefined are left
 * out, as JSON.stringify does. Throws TypeError on what JSON cannot say (NaN, bigint, half a surrogate pair, undefined).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${scalar(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
