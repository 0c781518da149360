/** The forms that a string is written in: ids are mostly numbers, UUIDs, or like the id before them. */

/**
 * The lowest two bits of a string's head. The rest of the head is: for `utf8` its bytes, for `decimal` the number
 * itself, for `alike` 1 + the bytes of its end (its beginning is that of the string
 * before; how many code units of it, follows), or 0 for a UUID, whose 16 bytes follow.
 */
export const textTag = { utf8: 0, decimal: 2, alike: 3 } as const;

/** Decimals of up to so many digits are written as numbers. */
const maxDigits = 15;

/** The number that prints as `text`, or -1. */
export function decimalOf(text: string): number {
  const length = text.length;
  if (length === 0 || length > maxDigits || (length > 1 && text.charCodeAt(0) === 48)) return -1;
  let number = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidLength = 36;

/** Only as RFC 9562 prints it, in small letters: anything else could not be read back as it was. */
export const isUuid = (text: string): boolean =>
  text.length === uuidLength && text.charCodeAt(8) === 45 && uuid.test(text);

export const uuidBytes = (text: string): Buffer => Buffer.from(text.replaceAll('-', ''), 'hex');

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const leastAlike = 2;
const mostAlike = 127;

/** How many code units `text` begins with that `before` begins with too; 0 where naming them would save nothing. */
export function alike(before: string, text: string): number {
  const most = Math.min(before.length, text.length, mostAlike);
  let length = 0;
  while (length < most && before.charCodeAt(length) === text.charCodeAt(length)) length++;
  // Never between the halves of a surrogate pair: each part must be text by itself.
  const unit = length > 0 ? text.charCodeAt(length - 1) : 0;
  if (unit >= 0xd800 && unit <= 0xdbff) length--;
  return length < leastAlike ? 0 : length;
}
