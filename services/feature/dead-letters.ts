/** Refused lines → records of events-dead. Pure. */
import type { OutgoingRecord } from '../shared/broker.ts';
import { encodeDeadLetter } from '../shared/dead-letter.ts';
import type { Refusal } from './apply.ts';

/** `now` in milliseconds. The key is the line's position, so that a repetition after a crash can be recognised. */
export function deadLetters(
  refusals: readonly Refusal[],
  { topic, partition, now }: { readonly topic: string; readonly partition: number; readonly now: number },
): OutgoingRecord[] {
  return refusals.map(({ line, reason, detail }) => {
    const source = `${topic}-${partition}-${line.offset}-${line.index}`;
    const refusedAt = new Date(now).toISOString();
    const text = encodeDeadLetter({ reason, detail, source, stage: 'feature', refusedAt }, line.text);
    return { partition, key: source, value: Buffer.from(text) };
  });
}
