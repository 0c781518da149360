/** Writes the dashboard for the chart; with --check writes nothing and exits 1 if the file is not current. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { dashboardFile, dashboardJson } from './dashboard.ts';

const path = join(import.meta.dirname, '../..', dashboardFile);
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
if (!values.check) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, dashboardJson());
  process.stdout.write(`wrote ${dashboardFile}\n`);
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== dashboardJson()) {
  process.stderr.write(`${dashboardFile} is not what charts/dashboard says: run \`npm run generate\` and commit it\n`);
  process.exitCode = 1;
}
