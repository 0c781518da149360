/** What lies in the archive and is nothing of it: it is passed over, and named once. */
import type { Logger } from 'pino';

export function warnOfStrays(logger: Logger): (name: string) => void {
  const told = new Set<string>();
  return (name) => {
    if (told.has(name)) return;
    told.add(name);
    logger.warn({ code: 'BadData', name }, 'this is nothing of the archive, and passed over; it belongs elsewhere');
  };
}
