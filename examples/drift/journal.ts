/** What is noted of a demonstration while it runs: marks from the logs, what the watches report, answers of the API. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { driftFile } from '../../operator/local/environment.ts';
import { readReport } from '../../services/shared/learning/drift/verdict.ts';
import { followLogs } from './follow-logs.ts';
import { markOf, type Mark } from './marks.ts';
import { type Asked, rateBetween, type RatePoint, ratesOf } from './questions.ts';
import type { Screen } from './screen.ts';

export interface Journal {
  /** In order of time. */
  readonly marks: readonly Mark[];
  readonly asked: Asked[];
  readonly drift: readonly RatePoint[];
  readonly misses: readonly RatePoint[];
  noteChange(time: number): void;
  /** Takes in what is new, at most once in `everyMs`, and draws it; `awaited`: what no event is sent before. */
  look(now: number, awaited?: string): void;
  end(now: number): void;
}

export interface JournalInput {
  readonly dataDir: string;
  readonly screen: Screen;
  /** Milliseconds since 1970, of the first event and the last one, should nothing be waited for. */
  readonly from: number;
  readonly to: number;
}

const everyMs = 500;
const shownMs = 2000;
const shownQuestions = 200;

export function createJournal({ dataDir, screen, from, to }: JournalInput): Journal {
  const logs = followLogs(['likeness.log', 'gate.log'].map((name) => join(dataDir, 'logs', name)));
  const [marks, asked, drift, misses]: [Mark[], Asked[], RatePoint[], RatePoint[]] = [[], [], [], []];
  let next = -Infinity;

  const note = (mark: Mark): void => {
    marks.push(mark);
    marks.sort((a, b) => a.time - b.time);
    screen.mark(mark, from);
  };
  const takeIn = (now: number): void => {
    for (const line of logs.next()) {
      const mark = markOf(line);
      if (mark) note(mark);
    }
    noteStanding(driftFile(dataDir), now, { drift, misses });
  };
  const draw = (now: number, awaited?: string): void => {
    const seconds = Math.round((now - from) / 1000);
    const rate = rateBetween(asked.slice(-shownQuestions), 0);
    const what =
      awaited === undefined ? `${Math.round(100 * rate)}% of the next items foreseen` : `waiting for ${awaited}`;
    const status = `Synthetic shop, second ${seconds} of some ${Math.round((to - from) / 1000)}: ${what}`;
    screen.draw({ points: ratesOf(asked, shownMs), marks, from, to: Math.max(to, now) }, status);
  };
  return {
    marks,
    asked,
    drift,
    misses,
    noteChange: (time) => note({ time, kind: 'change', text: 'all customers take on another taste' }),
    look(now, awaited) {
      if (now < next) return;
      next = now + everyMs;
      takeIn(now);
      draw(now, awaited);
    },
    end(now) {
      takeIn(now);
      draw(now);
      screen.end();
    },
  };
}

interface Noted {
  readonly drift: RatePoint[];
  readonly misses: RatePoint[];
}

/** Of the one model; a report that has said nothing new is noted once. */
function noteStanding(file: string, now: number, { drift, misses }: Noted): void {
  if (!existsSync(file)) return;
  const standing = readReport(readFileSync(file, 'utf8'))?.standings[0];
  if (standing === undefined) return;
  if (standing.worst && drift.at(-1)?.rate !== standing.worst.score)
    drift.push({ time: now, rate: standing.worst.score });
  const rate = 1 - (standing.hitRate ?? 1);
  if (standing.hitRate !== undefined && misses.at(-1)?.rate !== rate) misses.push({ time: now, rate });
}
