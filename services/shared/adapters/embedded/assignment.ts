/** Who of a group reads what: an even share for each member, and nothing moves that need not. */

export interface Share<Member> {
  readonly member: Member;
  readonly wants: (topic: string) => boolean;
  readonly holds: ReadonlySet<string>;
}

export interface Slot {
  /** Names topic, generation of the topic, and partition. */
  readonly key: string;
  readonly topic: string;
}

/** The slots that each member is to hold. A slot that nobody wants stays free. */
export function assign<Member>(shares: readonly Share<Member>[], slots: readonly Slot[]): Map<Member, Set<string>> {
  const kept = keep(shares, slots);
  const taken = new Set([...kept.values()].flatMap((keys) => [...keys]));
  for (const slot of slots) {
    if (taken.has(slot.key)) continue;
    const takers = shares.filter(({ wants }) => wants(slot.topic)).map(({ member }) => kept.get(member)!);
    takers.toSorted((a, b) => a.size - b.size)[0]?.add(slot.key);
  }
  return kept;
}

/** Each member keeps what it holds, up to an even share; as many as there are slots over keep one more. */
function keep<Member>(shares: readonly Share<Member>[], slots: readonly Slot[]): Map<Member, Set<string>> {
  const even = Math.floor(slots.length / Math.max(1, shares.length));
  let over = slots.length - even * shares.length;
  const kept = new Map<Member, Set<string>>();
  for (const { member, wants, holds } of shares) {
    const held = slots.filter(({ key, topic }) => holds.has(key) && wants(topic)).map(({ key }) => key);
    const more = held.length > even && over > 0;
    if (more) over--;
    kept.set(member, new Set(held.slice(0, more ? even + 1 : even)));
  }
  return kept;
}
