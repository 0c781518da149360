/** How many pods of ingest there must be for the sake of their logs, and which volumes may go. Pure. */
import type { LogReport } from './log-report.ts';

/** A volume with a log, and who has it. */
export interface LogVolume {
  /** Name of the claim. */
  readonly claim: string;
  /** Of the pod whose it is. */
  readonly ordinal: number;
  /** False: there was never a volume, so nothing was ever written. */
  readonly isBound: boolean;
  /** undefined: it has never been said. */
  readonly report: LogReport | undefined;
  /** undefined: there is none now. */
  readonly pod: { readonly uid: string; readonly isGoing: boolean } | undefined;
}

export interface LogWish {
  /** Pods that there are to be; the fewest where an autoscaler decides. */
  readonly replicas: number;
  /** Pods that there may be: their volumes stay for the next time. */
  readonly most: number;
  readonly suspended: boolean;
  /** A person has given up what is not in Kafka yet. */
  readonly discards: boolean;
  /** Whether volumes go once they are drained. */
  readonly removes: boolean;
}

export interface LogDecision {
  /** Pods that there must be: more than wished for while a log behind them is not empty. */
  readonly replicas: number;
  /** Why there are more. */
  readonly held: readonly LogVolume[];
  readonly removable: readonly LogVolume[];
  /** Pods or volumes are still to go. */
  readonly isDone: boolean;
}

export function decideLogs(wish: LogWish, volumes: readonly LogVolume[]): LogDecision {
  const { replicas: wished, most, suspended, removes } = wish;
  // Everything stays as it is but the pods; who comes back will deliver.
  if (suspended) return { replicas: 0, held: [], removable: [], isDone: false };
  const leaving = volumes.filter(({ ordinal }) => ordinal >= wished);
  const held = leaving.filter((volume) => !mayEnd(volume, wish));
  const replicas = Math.max(wished, ...held.map(({ ordinal }) => ordinal + 1));
  const gone = leaving.filter((volume) => volume.ordinal >= replicas && hasEnded(volume, wish));
  const removable = removes ? gone.filter(({ ordinal }) => ordinal >= most) : [];
  return { replicas, held, removable, isDone: gone.length === leaving.length && removable.length === 0 };
}

/**
 * Whether more must be known than caches show before anything is decided: whose pod is there now, and what it said last.
 * `current` is how many pods there are to be now.
 */
export function needsLook(wish: LogWish, current: number, volumes: readonly LogVolume[]): boolean {
  if (wish.suspended) return false;
  return volumes.some((volume) => volume.ordinal >= wish.replicas && !isQuiet(volume, wish, current));
}

/** An autoscaler's pod that has nothing, or an empty volume that is kept. */
function isQuiet({ ordinal, report }: LogVolume, { most, removes }: LogWish, current: number): boolean {
  if (report === undefined || report.events > 0) return false;
  const stays = ordinal < most || !removes;
  return report.state === 'Closed' ? stays : ordinal < most && ordinal < current;
}

/** Closed with nothing in it: by the pods' promise no word may be that while their log may hold anything. */
function isEmpty({ isBound, report }: LogVolume, { discards }: Pick<LogWish, 'discards'>): boolean {
  return discards || !isBound || (report?.state === 'Closed' && report.events === 0);
}

const hasEnded = (volume: LogVolume, wish: LogWish): boolean => volume.pod === undefined && isEmpty(volume, wish);

/** Its pod may be asked to end, or is ending: what it says at its end is still to be heard. */
function mayEnd(volume: LogVolume, wish: LogWish): boolean {
  const { pod, report } = volume;
  if (isEmpty(volume, wish)) return true;
  // Somebody must start on it to empty it.
  if (pod === undefined) return false;
  if (pod.isGoing) return true;
  // A word of an earlier pod says nothing of this one.
  return report?.state === 'Open' && report.pod === pod.uid && report.events === 0;
}
