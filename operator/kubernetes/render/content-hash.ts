/** Eight hex digits that name a content: the same content has the same name, and a changed one a new name. Pure. */
import { createHash } from 'node:crypto';

export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 8);
}
