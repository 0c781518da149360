/** Names that no other test uses, so that suites on one Kafka and one Redis do not meet. */
import { randomBytes } from 'node:crypto';

/** Lowercase, `.` and `-` only: fit for topics, groups and namespaces. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}
