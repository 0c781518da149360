/** The one form of a time in an event, `YYYY-MM-DDTHH:mm:ss.sssZ` → milliseconds since 1970. Pure. */

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * NaN for any other text, and for a day or an hour that does not exist (Date.parse takes February 30 for March 2, and
 * then text and number would disagree). Several times as fast as Date.parse.
 */
export function canonicalTime(text: string): number {
  if (text.length !== 24 || !hasSeparators(text)) return NaN;
  const day = dayOf(digits(text, 0) * 100 + digits(text, 2), digits(text, 5), digits(text, 8));
  const hour = digits(text, 11);
  const minute = digits(text, 14);
  const second = digits(text, 17);
  const milli = digits(text, 20) * 10 + digit(text, 22);
  if (!(hour < 24 && minute < 60 && second < 60)) return NaN;
  return day * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli;
}

const [hyphen, letterT, colon, point, letterZ] = Array.from('-T:.Z', (character) => character.charCodeAt(0));

function hasSeparators(text: string): boolean {
  return (
    text.charCodeAt(4) === hyphen &&
    text.charCodeAt(7) === hyphen &&
    text.charCodeAt(10) === letterT &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon &&
    text.charCodeAt(19) === point &&
    text.charCodeAt(23) === letterZ
  );
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : NaN;
}

const digits = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

/** Days since 1970 in the Gregorian calendar, also before its time. */
function dayOf(year: number, month: number, day: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (!(month >= 1 && month <= 12 && day >= 1)) return NaN;
  if (day > daysIn[month - 1]! + (leap && month === 2 ? 1 : 0)) return NaN;
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return before * 365 + leapDays + daysBefore[month - 1]! + (leap && month > 2 ? 1 : 0) + day - 719_163;
}
