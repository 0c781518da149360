/** When what breaks: a seeded schedule of faults over the time of sending. Pure. */
import { shuffle } from './population.ts';
import type { Random } from './random.ts';

export type Fault =
  /** SIGKILL of a process; it is started again after `downMs`. */
  | { readonly kind: 'kill'; readonly atMs: number; readonly victim: number; readonly downMs: number }
  /** SIGSTOP of a feature process, SIGCONT after `pauseMs`, which is longer than its session timeout. */
  | { readonly kind: 'pause'; readonly atMs: number; readonly victim: number; readonly pauseMs: number }
  /** SIGKILL of Redis, so many bytes cut off the end of its append-only file, start. */
  | { readonly kind: 'redis'; readonly atMs: number; readonly cutBytes: number };

export interface FaultCounts {
  readonly kills: number;
  readonly pauses: number;
  readonly redisKills: number;
}

export interface Setting {
  readonly durationMs: number;
  readonly sessionTimeoutMs: number;
  /** How many processes there are to kill, how many feature processes to pause. */
  readonly processes: number;
  readonly features: number;
}

type Make = (atMs: number) => Fault;

/** In the order of `atMs`, spread over the whole time, each kind anywhere. */
export function createSchedule(counts: FaultCounts, setting: Setting, random: Random): Fault[] {
  const make: Make[] = [
    ...repeat<Make>(counts.kills, (atMs) => {
      const victim = random.between(0, setting.processes - 1);
      return { kind: 'kill', atMs, victim, downMs: random.between(100, 1500) };
    }),
    ...repeat<Make>(counts.pauses, (atMs) => {
      const pauseMs = Math.round(setting.sessionTimeoutMs * (1.3 + random.next()));
      return { kind: 'pause', atMs, victim: random.between(0, setting.features - 1), pauseMs };
    }),
    ...repeat<Make>(counts.redisKills, (atMs) => ({ kind: 'redis', atMs, cutBytes: random.between(10, 200) * 1024 })),
  ];
  const slot = setting.durationMs / make.length;
  return shuffle(make, random).map((create, index) => create(Math.round((index + 0.1 + 0.8 * random.next()) * slot)));
}

function repeat<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}
