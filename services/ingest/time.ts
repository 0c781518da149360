/** Times on the wire: RFC 3339 with an offset in, RFC 3339 in UTC with milliseconds out. Pure. */

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

/** What most senders send: canonical already, on a day that every month has. */
const canonical = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** `2024-05-01T12:00:00+02:00` → `2024-05-01T10:00:00.000Z`; undefined for anything that is no such moment. */
export function normaliseTime(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  return canonical.test(text) ? text : normaliseSlowly(text);
}

function normaliseSlowly(text: string): string | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const utc = Date.parse(local);
  // Date.parse rolls 30 February over into March: only a real date prints as it was read.
  if (print(utc) !== local || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  const result = print(sign === '-' ? utc + offsetMs : utc - offsetMs);
  return result?.length === 24 ? result : undefined;
}

function print(milliseconds: number): string | undefined {
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
