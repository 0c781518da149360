/** A short hash of what an object says, whatever the order of its keys. */
import { hash } from 'node:crypto';

/** 22 characters of base64url, 128 bits. Keys whose value is undefined count as absent. */
export function contentHash(value: unknown): string {
  return hash('sha256', sorted(value), 'base64url').slice(0, 22);
}

function sorted(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  const fields = Object.entries(value).filter(([, child]) => child !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, child]) => `${JSON.stringify(name)}:${sorted(child)}`).join(',')}}`;
}
