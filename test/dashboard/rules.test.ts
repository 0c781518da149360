/** The alerts of the chart, tried by promtool: each rises from what it is for, and from nothing less. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusPrograms } from '../testbed/ensure-prometheus.ts';

const file = join(import.meta.dirname, '../../charts/likeness/rules/likeness.yaml');
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'likeness-rules-'))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

const promtool = (...args: string[]) => promisify(execFile)(prometheusPrograms().promtool, args);

it('are rules to Prometheus', async () => {
  await expect(promtool('check', 'rules', '--lint-fatal', file)).resolves.toMatchObject({
    stdout: expect.stringContaining(`${rules.length} rules found`),
  });
});

it('say how bad it is and what to do', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity, alert).toMatch(/^(critical|warning)$/);
    expect(annotations.summary.length, alert).toBeGreaterThan(20);
    expect(annotations.description.length, alert).toBeGreaterThan(60);
  }
});

/** Series by name, in promtool's notation, a value a minute. */
interface Case {
  readonly alert: string;
  readonly raised: Readonly<Record<string, string>>;
  readonly silent: Readonly<Record<string, string>>;
  /** By which it must have risen, and until then not have been there with `silent`. */
  readonly minutes: number;
}

const own = 'namespace="a",pipeline="p"';
const lag = (values: string) => ({ [`likeness_lag_events{${own},stage="feature",partition="0"}`]: values });
const late = (ok: string, all: string) => ({
  [`likeness_freshness_seconds_bucket{${own},le="60"}`]: ok,
  [`likeness_freshness_seconds_bucket{${own},le="600"}`]: all,
  [`likeness_freshness_seconds_bucket{${own},le="+Inf"}`]: all,
});
const letters = (dead: string, reason = 'Bot') => ({
  [`likeness_events_total{${own},stage="ingest",result="ok",reason=""}`]: '0+100x60',
  [`likeness_events_total{${own},stage="cleaner",result="deadLetter",reason="${reason}"}`]: dead,
});
const answers = (failing: string) => ({
  [`likeness_http_request_seconds_count{${own},service="serving",status="200"}`]: '0+1000x60',
  [`likeness_http_request_seconds_count{${own},service="serving",status="503"}`]: failing,
});
const loads = (result: string, answering: string) => ({
  [`likeness_model_loads_total{${own},model="m",pod="s",result="${result}"}`]: '0x5 1x60',
  [`likeness_model_generation{${own},model="m",pod="s"}`]: answering,
  [`likeness_model_announced_generation{${own},model="m"}`]: '2x60',
});
const leads = (values: string) => ({ 'leader_election_master_status{name="likeness-operator",pod="o"}': values });
const reconciles = (failing: string) => ({
  'controller_runtime_reconcile_total{namespace="o",controller="profilepipeline",result="success"}': '0+10x60',
  'controller_runtime_reconcile_total{namespace="o",controller="profilepipeline",result="error"}': failing,
});
const condition = (type: string, values: string) => ({
  [`likeness_pipeline_condition{${own},type="${type}"}`]: values,
});
const suspended = (value: number) => ({ [`likeness_pipeline_suspended{${own}}`]: `${value}x60` });
const commits = (values: string, outcome: string) => ({
  [`likeness_commits_total{${own},outcome="${outcome}"}`]: values,
});
const logFailed = (values: string) => ({ [`likeness_ingest_log_failed{${own},pod="i"}`]: values });
const failures = (values: string) => ({ [`likeness_training_consecutive_failures{${own}}`]: values });
const silence = (values: string) => ({
  'likeness_watch_staleness_seconds{namespace="o",pod="o",resource="jobs"}': values,
});

const cases: readonly Case[] = [
  {
    alert: 'LikenessIngestUndrained',
    raised: condition('IngestDrained', '0x60'),
    silent: condition('IngestDrained', '1x60'),
    minutes: 31,
  },
  {
    alert: 'LikenessPipelineNotReady',
    raised: { ...condition('Ready', '0x60'), ...suspended(0) },
    silent: { ...condition('Ready', '0x60'), ...suspended(1) },
    minutes: 11,
  },
  { alert: 'LikenessLagGrowing', raised: lag('1000+100x60'), silent: lag('60000-100x60'), minutes: 20 },
  { alert: 'LikenessProfilesLate', raised: late('0+1x60', '0+10x60'), silent: late('0+10x60', '0+10x60'), minutes: 15 },
  { alert: 'LikenessDeadLetters', raised: letters('0+10x60'), silent: letters('0+3x60'), minutes: 20 },
  {
    alert: 'LikenessPoisonEvents',
    raised: letters('0x5 1x60', 'Poison'),
    silent: letters('0x60', 'Poison'),
    minutes: 8,
  },
  { alert: 'LikenessAnswersFail', raised: answers('0+20x60'), silent: answers('0+5x60'), minutes: 12 },
  {
    alert: 'LikenessCommitsUnsure',
    raised: commits('0+30x60', 'unknown'),
    silent: commits('0+30x60', 'committed'),
    minutes: 20,
  },
  { alert: 'LikenessWriteAheadLogFailed', raised: logFailed('1x60'), silent: logFailed('0x60'), minutes: 4 },
  { alert: 'LikenessTrainingFailing', raised: failures('2x60'), silent: failures('1x60'), minutes: 1 },
  {
    alert: 'LikenessPromotionHeld',
    raised: condition('PromotionHeld', '1x60'),
    silent: condition('PromotionHeld', '0x60'),
    minutes: 1,
  },
  {
    alert: 'LikenessDriftLasts',
    raised: condition('DriftDetected', '1x500'),
    silent: condition('DriftDetected', '1x100 0x400'),
    minutes: 361,
  },
  { alert: 'LikenessModelNotLoaded', raised: loads('refused', '1x60'), silent: loads('refused', '2x60'), minutes: 12 },
  { alert: 'LikenessOperatorAbsent', raised: leads('0x60'), silent: leads('1x60'), minutes: 11 },
  { alert: 'LikenessOperatorWatchStale', raised: silence('400x60'), silent: silence('100x60'), minutes: 6 },
  { alert: 'LikenessReconcilesFail', raised: reconciles('0+20x60'), silent: reconciles('0+5x60'), minutes: 20 },
];

it('are all tried here', () => {
  expect(cases.map(({ alert }) => alert).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
});

/** Whether the alert is there after so many minutes; promtool compares with what is expected, so nothing is expected. */
async function rises(alert: string, series: Readonly<Record<string, string>>, minutes: number): Promise<boolean> {
  const path = join(folder, 'test.yaml');
  const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const alert_rule_test = [{ alertname: alert, eval_time: `${minutes}m`, exp_alerts: [] }];
  const tests = [{ interval: '1m', input_series, alert_rule_test }];
  writeFileSync(path, JSON.stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
  try {
    await promtool('test', 'rules', path);
    return false;
  } catch (error) {
    const { stderr, stdout } = error as { readonly stderr: string; readonly stdout: string };
    if (!`${stdout}${stderr}`.includes(`alertname: ${alert}`)) throw error;
    return true;
  }
}

it.each(cases)('$alert rises, and only then', async ({ alert, raised, silent, minutes }) => {
  expect(await rises(alert, raised, minutes)).toBe(true);
  expect(await rises(alert, silent, minutes)).toBe(false);
  const waits = rules.find((rule) => rule.alert === alert)!.for;
  if (waits !== undefined) expect(await rises(alert, raised, 1)).toBe(false);
});
