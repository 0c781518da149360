/** What is remembered of promotions between two starts, beside the stream: refusals, and a person's wish. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelStatus, PipelineStatus } from '../../crds/status.ts';

export interface PromotionMemoryFiles {
  load(): PipelineStatus;
  /** Writes where something is new. */
  save(models: readonly ModelStatus[]): void;
  /** A version, and after an `@` the moment; undefined: nobody has asked for any. */
  wish(): string | undefined;
}

const memoryFile = 'promotion.json';
const wishFile = 'promote';

export function openPromotionMemory(dataDir: string): PromotionMemoryFiles {
  const file = join(dataDir, memoryFile);
  let written = existsSync(file) ? readFileSync(file, 'utf8') : '[]';
  return {
    load: () => statusOf(JSON.parse(written) as ModelStatus[]),
    save: (models) => {
      const text = JSON.stringify(models, null, 1);
      if (text === written) return;
      // Beside it and renamed: a crash leaves the old one or the new one.
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      written = text;
    },
    wish: () => {
      const asked = join(dataDir, wishFile);
      return existsSync(asked) ? readFileSync(asked, 'utf8').trim() || undefined : undefined;
    },
  };
}

/** What `likeness promote --data` writes. */
export function askToPromote(dataDir: string, version: string, now: number): void {
  writeFileSync(join(dataDir, wishFile), `${version}@${new Date(now).toISOString()}\n`);
}

function statusOf([model, ...otherModels]: readonly ModelStatus[]): PipelineStatus {
  return { ...(model && { model }), otherModels: otherModels as PipelineStatus['otherModels'] };
}
