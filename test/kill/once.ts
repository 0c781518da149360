/** An injection that happens a bounded number of times over all restarts of all processes of a run. */
import { existsSync, writeFileSync } from 'node:fs';

/** True for the first `times` calls with the same `flag`, in whatever process. The flag is the path of files to make. */
export function claim(flag: string, times: number): boolean {
  for (let turn = 0; turn < times; turn++) {
    const file = `${flag}-${turn}`;
    if (existsSync(file)) continue;
    try {
      writeFileSync(file, '', { flag: 'wx' });
      return true;
    } catch {
      // Another process took this turn between the two calls.
      continue;
    }
  }
  return false;
}

/** As a crash does: nothing is flushed, nothing is said. */
export function crash(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
