/** How long ago, as kubectl says it. Pure. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `time` is RFC 3339, `now` milliseconds since 1970. */
export function age(time: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(time));
  if (ms < 2 * minute) return `${Math.floor(ms / second)}s`;
  if (ms < 2 * hour) return `${Math.floor(ms / minute)}m`;
  return ms < 2 * day ? `${Math.floor(ms / hour)}h` : `${Math.floor(ms / day)}d`;
}
