/**
 * Tells whoever scales or removes this process how much of its log the broker does not have yet. For as long as the log
 * may hold anything, what was told last is not `Closed` with nothing waiting: so an empty log can be thrown away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../shared/adapters/write-ahead-log-segment.ts';
import { pause } from './broker-link.ts';

export interface LogState extends Waiting {
  /** Closed: this process takes nothing any more. */
  readonly state: 'Open' | 'Closed';
}

export interface LogReport {
  /** Resolves once nobody takes the log for closed: nothing may be taken in before. */
  open(read: () => Waiting): Promise<void>;
  /** The last word, when nothing is taken in any more. Never rejects: unsaid, the log counts as open. */
  close(): Promise<void>;
}

/** Lies beside the log: what was told last of it is `Open`. */
interface OpenMark {
  isSet(): Promise<boolean>;
  set(): Promise<void>;
  clear(): Promise<void>;
}

export interface LogReportOptions {
  readonly send: (state: LogState) => Promise<void>;
  readonly mark: OpenMark;
  /** Told once in a row. */
  readonly onFailure: (error: unknown) => void;
  /** Between two looks at what waits, and before what failed is tried again. */
  readonly everyMs?: number;
  /** Looks at what is the same before it is told again: whoever was told may have lost it. */
  readonly looks?: number;
}

const closingTries = 3;

export function createLogReport(options: LogReportOptions): LogReport {
  const { send, mark, onFailure, everyMs = 2000, looks = 30 } = options;
  const stopping = new AbortController();
  let read: () => Waiting = () => ({ events: 0, bytes: 0 });
  let told: Waiting | undefined;
  let looked = 0;
  let failed = false;
  let telling: Promise<void> = Promise.resolve();

  const tell = async (): Promise<void> => {
    const waiting = read();
    if (told !== undefined && !isNews(told, waiting) && ++looked < looks) return;
    try {
      await send({ state: 'Open', ...waiting });
      told = waiting;
      looked = 0;
      failed = false;
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
    }
  };
  const tellAlways = async (): Promise<void> => {
    for (; !stopping.signal.aborted; await pause(everyMs, stopping.signal)) await tell();
  };
  const close = async (): Promise<void> => {
    stopping.abort();
    await telling;
    // Cleared first: a process that starts on this log tells that it is open before it takes anything.
    await mark.clear();
    for (let attempt = 1; ; attempt++)
      try {
        return await send({ state: 'Closed', ...read() });
      } catch (error) {
        if (attempt === closingTries) throw error;
        await sleep(everyMs / 4);
      }
  };
  return {
    open: async (reading) => {
      read = reading;
      if (!(await mark.isSet())) {
        for (await tell(); told === undefined; await tell()) await sleep(everyMs);
        await mark.set();
      }
      telling = tellAlways();
    },
    close: () => close().catch(onFailure),
  };
}

/** Everything and nothing are; in between a tenth more or less, so that an outage of hours is some dozen reports. */
export function isNews(told: Waiting, now: Waiting): boolean {
  if ((told.events === 0) !== (now.events === 0)) return true;
  return Math.abs(now.events - told.events) > told.events / 10;
}
