/** The pages hold what the code holds: metrics, codes, paths and links. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { refusalCodes } from '../../services/ingest/refusal.ts';
import { reasonCodes } from '../../services/shared/result.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = (...patterns: readonly string[]): string[] => globSync([...patterns], { cwd: root }).toSorted();

const sources = files('services/**/*.ts', 'operator/**/*.ts').filter((path) => !/test/.test(path));
// The reference page is generated, and has patterns that look like links.
const pages = files('README.md', 'docs/*.md', 'docs/extending/*.md', 'examples/*.md');
const operations = read('docs/operations.md');

function matches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))].toSorted();
}

/** The members of a union of strings. */
function unionOf(path: string, name: string): string[] {
  const source = read(path);
  const start = source.indexOf(`type ${name} =`);
  return matches(source.slice(start, source.indexOf(';', start)), /'([A-Za-z]+)'/g);
}

/** First cells of a table's rows. */
function codesUnder(heading: string): string[] {
  const start = operations.indexOf(`\n## ${heading}`);
  return matches(operations.slice(start, operations.indexOf('\n## ', start + 1)), /^\| `([A-Za-z]+)` +\|/gm);
}

describe('docs/operations.md', () => {
  it('lists the metrics that there are', () => {
    const code = sources.map(read).join('\n');
    const declared = matches(code, /(?:name: |gauge\()'(likeness_[a-z_]+)'/g);
    expect(declared.length).toBeGreaterThan(40);
    expect(matches(operations, /^\| `(likeness_[a-z_]+)` +\|/gm)).toEqual(declared);
  });

  it('explains every error code', () => {
    expect(codesUnder('Errors')).toEqual(unionOf('services/shared/errors.ts', 'ErrorCode'));
  });

  it('explains every reason of a dead letter', () => {
    expect(codesUnder('Dead letters')).toEqual([...reasonCodes].toSorted());
  });

  it('names every refusal of ingest', () => {
    const start = operations.indexOf('Ingest answers');
    const paragraph = operations.slice(start, operations.indexOf('\n\n', start));
    for (const code of refusalCodes) expect(paragraph).toContain(`\`${code}\``);
  });
});

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links to what is there', () => {
    const links = matches(text, /\]\((?!https?:|#)([^)#\s]+)/g);
    const broken = links.filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(broken).toEqual([]);
  });

  it('names files that are there', () => {
    const named = matches(text, /`((?:services|operator|crds|cli|bench|test|examples|docs)\/[\w./-]+)`/g);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
