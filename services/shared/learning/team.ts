/**
 * Port: the workers of one training run. Each runs the same steps over its own profiles; at each step they tell each
 * other what only all of them together know. Alone, nothing is told and nothing is waited for.
 */

export interface Team {
  readonly size: number;
  /** From 0: the first one adds up, judges and announces. */
  readonly index: number;
  /** To the first one, which is given what each of the others sent, in their order. */
  sendToFirst(step: string, encode: () => Uint8Array, take: (bytes: Uint8Array) => void): Promise<void>;
  /** To each of the others, and from each of them, in their order. */
  exchange(step: string, encodeFor: (worker: number) => Uint8Array, take: (bytes: Uint8Array) => void): Promise<void>;
  /** The same for all of the others, and from each of them, in their order. */
  share(step: string, encode: () => Uint8Array, take: (bytes: Uint8Array) => void): Promise<void>;
  /** What the first one says; itself it gets nothing. */
  hearFirst(step: string, encode: () => Uint8Array): Promise<Uint8Array | undefined>;
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

export const alone: Team = {
  size: 1,
  index: 0,
  sendToFirst: nothing,
  exchange: nothing,
  share: nothing,
  hearFirst: nothing,
};

export const isFirst = ({ index }: Team): boolean => index === 0;
