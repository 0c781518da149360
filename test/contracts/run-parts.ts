/** The contract of `RunParts`, run against every implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunParts, RunPlace } from '../../services/shared/run-parts.ts';

export interface RunPartsUnderTest {
  /** Over the same place as every other that this environment has opened. */
  open(run: RunPlace): RunParts;
  close(): Promise<void>;
}

export function runPartsContract(name: string, start: () => Promise<RunPartsUnderTest>): void {
  describe(`RunParts contract: ${name}`, () => {
    let environment: RunPartsUnderTest;
    const open = (runId: string, pipeline = 'default.shop') => environment.open({ pipeline, runId });
    const textOf = async (parts: RunParts, part: string) => {
      const bytes = await parts.get(part);
      return bytes && Buffer.from(bytes).toString();
    };
    beforeEach(async () => {
      environment = await start();
    });
    afterEach(() => environment.close());

    it('shows a part to the other workers of the run, and to no other run or pipeline', async () => {
      await open('run-1').create('next-item.links.0-1', Buffer.from('whole'));
      expect(await textOf(open('run-1'), 'next-item.links.0-1')).toBe('whole');
      expect(await open('run-2').get('next-item.links.0-1')).toBeUndefined();
      expect(await open('run-1', 'default.other').get('next-item.links.0-1')).toBeUndefined();
    });

    it('keeps what was there first, though many write at once', async () => {
      await open('run-1').create('offsets.1', Buffer.from('first'));
      await Promise.all(Array.from({ length: 5 }, () => open('run-1').create('offsets.1', Buffer.from('later'))));
      expect(await textOf(open('run-1'), 'offsets.1')).toBe('first');
    });

    it('clears its own run but for what is to stay, or all others of the pipeline', async () => {
      const places = [open('run-1'), open('run-2'), open('run-1', 'default.other')];
      for (const parts of places) for (const part of ['a', 'over']) await parts.create(part, Buffer.from(part));
      const shown = () => Promise.all(places.flatMap((parts) => ['a', 'over'].map((part) => textOf(parts, part))));
      await places[0]!.clear(['over']);
      expect(await shown()).toEqual([undefined, 'over', 'a', 'over', 'a', 'over']);
      await places[0]!.clearOthers();
      expect(await shown()).toEqual([undefined, 'over', undefined, undefined, 'a', 'over']);
      await open('never-begun').clear([]);
    });
  });
}
