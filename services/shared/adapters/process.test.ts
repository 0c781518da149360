/** The life of a process, seen from outside: a child that runs a small service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

const modules = {
  process: new URL('process.ts', import.meta.url).href,
  errors: new URL('../errors.ts', import.meta.url).href,
};

/** Starts a program whose `start` has this body; `until` is the log message at which `act` is called. */
async function run(body: string, act?: { until: string; call: (child: ReturnType<typeof spawn>) => void }) {
  const code = `
    import { runService } from ${JSON.stringify(modules.process)};
    import { LikenessError } from ${JSON.stringify(modules.errors)};
    const parseConfig = (env) => {
      if (env.BAD) throw new LikenessError('BadConfig', 'BAD is set');
      return { host: '127.0.0.1', port: 0, logLevel: 'info' };
    };
    const service = (stop) => ({ name: 'x', health: () => ({ ready: true, reasons: [] }), stop });
    const start = async (config, deps) => { ${body} };
    await runService({ name: 'x', env: process.env, parseConfig, start });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, ...(body === '' && { BAD: '1' }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const seen = output.includes(act?.until ?? '\0');
    output += text;
    if (act && !seen && output.includes(act.until)) act.call(child);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const lines = output.trim().split('\n');
  return { exitCode, logs: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('runService', () => {
  it('says where it listens, stops once at SIGTERM in reverse order and exits with 0', async () => {
    const { exitCode, logs } = await run(
      `deps.onStop(async () => deps.telemetry.logger.info('adapter closed'));
       return service(async () => deps.telemetry.logger.info('service stopped'));`,
      {
        until: '"listening"',
        call: (child) => {
          child.kill('SIGTERM');
          child.kill('SIGINT');
        },
      },
    );
    expect(exitCode).toBe(0);
    expect(logs[0]).toMatchObject({ msg: 'listening', address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    // The second signal is logged whenever it comes, and changes nothing.
    const messages = logs.map((log) => log['msg']).filter((message) => message !== 'stopping');
    expect(messages).toEqual(['listening', 'service stopped', 'adapter closed', 'stopped']);
  });

  it('exits with the code of what went wrong', async () => {
    const outcomes = await Promise.all([
      run(''),
      run(`throw new LikenessError('StoreUnavailable', 'no store', { retryable: true });`),
      run(`setTimeout(() => deps.onFatal(new LikenessError('LogGap', 'gap')), 1); return service(async () => {});`),
      run(`setTimeout(() => Promise.reject(new Error('forgotten')), 1); return service(async () => {});`),
    ]);
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([64, 69, 1, 1]);
    expect(outcomes[0].logs).toContainEqual(expect.objectContaining({ code: 'BadConfig', msg: 'cannot go on' }));
    expect(outcomes[3].logs).toContainEqual(expect.objectContaining({ code: 'Bug' }));
  });

  it('closes adapters when a signal comes while the service is still starting', async () => {
    const { exitCode, logs } = await run(
      `deps.onStop(async () => deps.telemetry.logger.info('adapter closed'));
       deps.telemetry.logger.info('connecting');
       setInterval(() => {}, 1000);
       await new Promise(() => {});`,
      { until: 'connecting', call: (child) => child.kill('SIGTERM') },
    );
    expect(exitCode).toBe(0);
    expect(logs.map((log) => log['msg'])).toContain('adapter closed');
  });
});
