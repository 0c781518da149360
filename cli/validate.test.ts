/** `likeness validate`: what it prints, and how it ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { refusals } from '../crds/refusals.ts';
import { patchedPipeline } from '../crds/refusals/refusal.ts';
import { runValidate, type ValidateOptions } from './validate.ts';

const head = 'apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\n';
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'validate-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(text: string, options: ValidateOptions = {}) {
  const file = join(folder, 'p.yaml');
  writeFileSync(file, text);
  return runFile(file, options);
}

async function runFile(file: string, options: ValidateOptions) {
  const printed: string[] = [];
  const noted: string[] = [];
  const terminal = {
    print: (line: string) => void printed.push(line),
    note: (line: string) => void noted.push(line),
    status: () => undefined,
  };
  const code = await runValidate(file, options, terminal);
  return { code, file, printed, noted };
}

const bad = `${head}spec:\n  preset: shop\n  models: 1\n`;

describe('likeness validate', () => {
  it('says what a good pipeline holds', async () => {
    const { code, file, printed, noted } = await run(`${head}spec: {}\n`);
    expect({ code, noted }).toEqual({ code: 0, noted: [] });
    expect(printed).toEqual([`${file}: valid (pipeline shop, preset shop/v1: 12 events, 14 features, 1 model)`]);
  });

  it('says all that is wrong, each with file, line, path, value and what is allowed', async () => {
    const { code, file, printed, noted } = await run(bad);
    expect(code).toBe(64);
    expect(printed).toEqual([
      `${file}:5:11 spec.preset: given "shop"; allowed: shop/v1 or none`,
      `${file}:6:11 spec.models: given 1; allowed: a list`,
    ]);
    expect(noted).toEqual([`2 errors in ${file}`]);
  });

  it('says it as one JSON object', async () => {
    const { code, file, printed } = await run(bad, { json: true });
    expect(code).toBe(64);
    expect(JSON.parse(printed.join())).toEqual({
      file,
      ok: false,
      errors: [
        { path: 'spec.preset', line: 5, column: 11, given: '"shop"', allowed: 'shop/v1 or none' },
        { path: 'spec.models', line: 6, column: 11, given: '1', allowed: 'a list' },
      ],
    });
  });

  it.each(refusals)('refuses $name', async ({ patch, path, message }) => {
    const { code, printed } = await run(stringify(patchedPipeline(patch)), { json: true });
    const said: unknown = JSON.parse(printed.join());
    expect(code).toBe(64);
    expect(said).toMatchObject({ ok: false, errors: [{ path, allowed: message }] });
  });

  it('prints the effective pipeline, which is a pipeline again with the same effect', async () => {
    const own = `${head}spec:\n  features: [{name: mine, count: {}}]\n`;
    const first = await run(own, { effective: true });
    const again = await run(first.printed.join('\n'), { effective: true });
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(first.printed.join('\n')).toContain('name: spend30d');
    expect(first.printed.join('\n')).toContain('name: mine');
    expect(again.printed).toEqual(first.printed);
    const asJson = await run(own, { effective: true, json: true });
    expect(JSON.parse(asJson.printed.join())).toMatchObject({ ok: true, effective: { spec: { preset: 'shop/v1' } } });
  });

  it('names a file that it cannot read', async () => {
    const { code, noted } = await runFile(join(folder, 'none.yaml'), {});
    expect(code).toBe(2);
    expect(noted).toEqual([expect.stringMatching(/^Cannot read .*none\.yaml: ENOENT/)]);
  });
});
