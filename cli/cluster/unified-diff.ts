/** Two texts → a unified diff, as `diff -u` writes it. Pure. */

/** Names of the two texts; `/dev/null` for one that is not there. */
export interface Names {
  readonly before: string;
  readonly after: string;
}

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

const around = 3;

/** No line at all where the texts are equal. */
export function unifiedDiff(before: string, after: string, names: Names): string[] {
  const lines = merged(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines);
  if (hunks.length === 0) return [];
  return [`--- ${names.before}`, `+++ ${names.after}`, ...hunks.flatMap((hunk) => hunkLines(lines, hunk))];
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Longest common subsequence, by the table of the lengths for every pair of ends. */
function merged(before: readonly string[], after: readonly string[]): Line[] {
  const lengths = commonLengths(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i]! });
      i++;
      j++;
    } else if (j === after.length || (i < before.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ sign: '-', text: before[i++]! });
    } else lines.push({ sign: '+', text: after[j++]! });
  }
  return lines;
}

/** At [i][j]: how many lines are common to `before` from i and `after` from j. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      lengths[i]![j] =
        before[i] === after[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  return lengths;
}

/** Index of the first line of a hunk, and after its last. */
type Hunk = readonly [from: number, to: number];

function hunksOf(lines: readonly Line[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    const to = Math.min(lines.length, index + 1 + around);
    const last = hunks.at(-1);
    if (last !== undefined && index - around <= last[1]) hunks[hunks.length - 1] = [last[0], to];
    else hunks.push([Math.max(0, index - around), to]);
  }
  return hunks;
}

function hunkLines(lines: readonly Line[], [from, to]: Hunk): string[] {
  const shown = lines.slice(from, to);
  const range = (sign: '-' | '+'): string => {
    const isIn = (line: Line): boolean => line.sign === ' ' || line.sign === sign;
    const count = shown.filter(isIn).length;
    const start = lines.slice(0, from).filter(isIn).length + (count === 0 ? 0 : 1);
    return `${sign}${start}${count === 1 ? '' : `,${count}`}`;
  };
  return [`@@ ${range('-')} ${range('+')} @@`, ...shown.map(({ sign, text }) => `${sign}${text}`)];
}
