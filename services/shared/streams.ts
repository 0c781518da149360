/** The streams of a pipeline. Services know streams; only operator/topics.ts knows topic names. */

export const streams = [
  'events-raw',
  'events-clean',
  'events-dead',
  'items',
  'predictions',
  'models',
  'signals',
] as const;
export type Stream = (typeof streams)[number];
export type Topics = Readonly<Record<Stream, string>>;
