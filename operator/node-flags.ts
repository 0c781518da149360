/** How Node is started for every service, on a laptop and in a cluster alike. */

export const nodeFlags: readonly string[] = [
  // Events live shortly: with room for them they die before anything copies them into the old generation.
  '--max-semi-space-size=64',
  '--min-semi-space-size=32',
  '--disable-warning=ExperimentalWarning',
  // kafkajs arms timers in the past.
  '--disable-warning=TimeoutNegativeWarning',
];
