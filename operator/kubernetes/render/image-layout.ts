/** Where things lie in a container: what the image has and what is mounted into it. */
import { nodeFlags } from '../../node-flags.ts';
import type { StageName } from '../../plan.ts';
import { programOf } from '../../program.ts';

/** The image's working folder holds the compiled sources. */
export const home = '/app';

/** Whom its processes belong to: the user and the group `node`. */
export const user = 1000;

export const paths = {
  /** Of the models, the same folder for those who write and those who read them. */
  models: '/var/lib/likeness/models',
  /** What must outlive a process: the write-ahead log. */
  data: '/var/lib/likeness/data',
  /** Secrets and certificates, a folder each. */
  secrets: '/etc/likeness',
} as const;

/** Every process listens here: the API where it has one, and /livez, /readyz and /metrics. */
export const httpPort = 8080;

export const command: readonly string[] = ['node'];

export function argumentsOf(stage: StageName): string[] {
  return [...nodeFlags, `${home}/services/${programOf(stage)}/main.js`];
}
