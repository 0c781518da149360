/** The dashboard is whole: every panel explains itself, asks only for what there is, and the chart's file is current. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dashboardFile, dashboardJson, rows } from './dashboard.ts';

const root = join(import.meta.dirname, '../..');

interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: GridPosition;
  }[];
}

const dashboard = JSON.parse(dashboardJson()) as Dashboard;
const panels = rows.flatMap((row) => row.panels);

/** Names that sources declare, and those that the library for metrics has itself. */
function knownMetrics(): Set<string> {
  const sources = globSync(['services/**/*.ts', 'operator/**/*.ts'], { cwd: root }).filter(
    (path) => !/test/.test(path),
  );
  const text = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
  const declared = [...text.matchAll(/(?:name: |gauge\()'([a-z_]+)'/g)].map((match) => match[1]!);
  const library = ['process_start_time_seconds', 'process_cpu_seconds_total', 'process_resident_memory_bytes'];
  return new Set([...declared, ...library, 'nodejs_eventloop_lag_p99_seconds']);
}

it('is what the chart has (npm run generate)', () => {
  expect(readFileSync(join(root, dashboardFile), 'utf8')).toBe(dashboardJson());
});

it('fits beside the annotation that kubectl apply makes of an object, which may have 256 KiB', () => {
  expect(Buffer.byteLength(dashboardJson())).toBeLessThan(200 * 1024);
});

describe.each(panels.map((panel) => [panel.title, panel] as const))('the panel %s', (_, panel) => {
  it('says what it shows, what is bad and what to do, and names its series', () => {
    expect(panel.description.length).toBeGreaterThan(80);
    expect(panel.unit).not.toBe('');
    expect(panel.queries.filter(({ legend }) => legend === '')).toEqual([]);
  });

  it('asks for metrics that there are, of the chosen pipeline or of the operator', () => {
    const known = knownMetrics();
    for (const { expr } of panel.queries) {
      const selected = [...expr.matchAll(/([a-z_][a-z0-9_]*)\{([^}]*)\}/g)];
      expect(selected.length).toBeGreaterThan(0);
      for (const [, name, matchers] of selected) {
        expect(known.has(name!.replace(/_(bucket|count|sum)$/, '')), name).toBe(true);
        expect(matchers).toMatch(/^(namespace="\$namespace",pipeline="\$pipeline"|job=)/);
      }
    }
  });
});

it('has titles and ids of their own', () => {
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  expect(dashboard.panels.every(({ id }) => id > 0)).toBe(true);
});

it('lays its panels out without overlap and without going over the edge', () => {
  const cells = new Set<string>();
  for (const { gridPos, title } of dashboard.panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(cells.has(`${x} ${y}`), title).toBe(false);
        cells.add(`${x} ${y}`);
      }
  }
});

it('has the rows in their order', () => {
  const titles = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  expect(titles).toEqual(rows.map(({ title }) => title));
});
