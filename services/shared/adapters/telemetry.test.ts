/** Lines of the log are counted by what went wrong. */
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { LikenessError } from '../errors.ts';
import { createTelemetry } from './telemetry.ts';

it('counts lines from warn on, by their code or that of their error, also of child loggers', async () => {
  const written: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  const { logger, registry } = createTelemetry('cleaner', 'info', { destination });
  const counted = async () => {
    const text = await registry.getSingleMetricAsString('likeness_log_lines_total');
    return text
      .split('\n')
      .flatMap((line) => /level="(\w+)",code="(\w*)".* (\d+)$/.exec(line)?.slice(1).join(' ') ?? []);
  };
  expect(await counted()).toEqual(['warn  0', 'error  0', 'fatal  0']);
  logger.info({ code: 'Fine' }, 'not counted');
  logger.warn('no code');
  logger.child({ partition: 1 }).warn({ code: 'Slow' }, 'counted');
  logger.error({ error: new LikenessError('StoreUnavailable', 'gone') }, 'counted');
  logger.fatal({ error: new Error('bug') }, 'counted');
  expect(await counted()).toEqual(['warn  1', 'error  0', 'fatal  1', 'warn Slow 1', 'error StoreUnavailable 1']);
  expect(written).toHaveLength(5);
  expect(JSON.parse(written[3]!)).toMatchObject({ level: 50, service: 'cleaner', error: { code: 'StoreUnavailable' } });
});
