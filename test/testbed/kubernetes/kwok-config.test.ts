/** How long Jobs run is what the options say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { writeKwokConfig } from './kwok-config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'likeness-kwok-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const stage = (name: string, jobsRunFor: string | null) =>
  parseAllDocuments(readFileSync(writeKwokConfig(dir, jobsRunFor), 'utf8'))
    .map((document) => document.toJS())
    .find(({ metadata }) => metadata.name === name).spec;

it.each(['job-pod-complete', 'job-pod-fail'])('lets %s happen after the given time', (name) => {
  expect(stage(name, '2.5s').delay.durationMilliseconds).toBe(2500);
});

it.each(['job-pod-complete', 'job-pod-fail'])('lets %s wait for the annotation', (name) => {
  const expressions = stage(name, null).selector.matchExpressions as { key: string; operator: string }[];
  expect(expressions.at(-1)).toEqual({ key: expect.stringContaining('run-for'), operator: 'Exists' });
  expect(stage(name, '1s').selector.matchExpressions).toHaveLength(expressions.length - 1);
});

it('gives no other stage a time', () => {
  expect(stage('pod-ready', '9s').delay).toBeUndefined();
});
