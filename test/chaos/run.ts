/** One chaos run: start everything, send, break, wait until nothing is behind, compare with the oracle. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanerLag, featureLag, type LagSources } from '../../operator/local/lag.ts';
import { topicNames } from '../../operator/topics.ts';
import type { Bed } from './bed.ts';
import { breakThings } from './break.ts';
import { checkProfiles, readStreams, type ProfileCheck, type StreamIds } from './compare.ts';
import { generateTraffic, type Traffic } from './generate.ts';
import { createOracle, type Oracle } from './oracle/oracle.ts';
import { createRandom } from './random.ts';
import { createSchedule, type FaultCounts } from './schedule.ts';
import { sendAll, type Sent } from './send.ts';
import { startStack, type Mutations, type Stack } from './stack.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly events: number;
  /** How long sending takes, milliseconds. */
  readonly durationMs: number;
  readonly faults: FaultCounts;
  readonly sessionTimeoutMs: number;
  /** How long the pipeline may take to catch up in the end. */
  readonly patienceMs: number;
  /** Of this run: its logs, write-ahead logs and keys. */
  readonly folder: string;
  /** Also the pipeline's name: lowercase, digits, `-`. */
  readonly name: string;
  readonly mutations?: Mutations;
  readonly tell: (what: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly accepted: number;
  readonly attempts: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Accepted ids in neither stream; ids in a stream that were never accepted. */
  readonly lost: readonly string[];
  readonly invented: readonly string[];
  /** Events that were refused for another reason than they should have been, or not at all, or wrongly. */
  readonly misjudged: readonly string[];
  /** Copies in events-clean beyond the first: what deduplication had to undo. */
  readonly repeats: number;
  readonly profiles: ProfileCheck;
  /** Records that were still waiting when patience ended. */
  readonly lag: number;
  /** process → how it ended without being killed. */
  readonly ends: Readonly<Record<string, readonly string[]>>;
  readonly seconds: number;
}

/** True if nothing was lost, invented, misjudged or miscounted. */
export function isSound({ lost, invented, misjudged, profiles, lag }: ChaosReport): boolean {
  return lost.length + invented.length + misjudged.length + profiles.different + lag === 0;
}

/** `startInTurn` holds the start of one run back until others have started: starting is what costs. */
export async function runChaos(
  options: ChaosOptions,
  bed: Bed,
  startInTurn: <T>(start: () => Promise<T>) => Promise<T> = (start) => start(),
): Promise<ChaosReport> {
  const began = Date.now();
  mkdirSync(options.folder, { recursive: true });
  options.tell(`seed ${options.seed}: ${options.events} events, ${JSON.stringify(options.faults)}`);
  const stack = await startInTurn(() => startStack(options, bed));
  try {
    const traffic = await prepareTraffic(options, stack);
    const sent = await sendAndBreak(options, stack, traffic);
    const asOf = Math.max(...traffic.requests.map(({ dueAt }) => dueAt)) + 60_000;
    const { ids, lag } = await settle(options, stack, sent);
    const accepted = traffic.ledger.filter(({ event }) => sent.accepted.has(event.id));
    const oracle = createOracle(accepted, stack.spec.features, traffic.catalogue);
    options.tell(`nothing waits any more; asking for ${oracle.profiles.size} profiles`);
    await stack.untilServing();
    const profiles = await checkProfiles(oracle, stack.urlOf('serving'), asOf);
    const { seed } = options;
    const { attempts, failures } = sent;
    const seconds = Math.round((Date.now() - began) / 1000);
    const judged = judgeIds(sent.accepted, ids, oracle);
    return { seed, ...judged, attempts, failures, repeats: ids.repeats, profiles, lag, ends: stack.ends(), seconds };
  } finally {
    await stack.stop();
  }
}

/** Everything that events are judged by is in place before the first is sent. */
async function prepareTraffic(options: ChaosOptions, stack: Stack): Promise<Traffic> {
  const { events, durationMs, seed } = options;
  const startAt = Date.now() + 3000;
  const traffic = generateTraffic({ events, durationMs, startAt }, createRandom(seed));
  await stack.publishItems(traffic.catalogue);
  await sleep(Math.max(0, startAt - Date.now()));
  return traffic;
}

async function sendAndBreak(options: ChaosOptions, stack: Stack, traffic: Traffic): Promise<Sent> {
  const { durationMs, sessionTimeoutMs, faults, seed, tell } = options;
  const features = stack.runners.filter(({ stage }) => stage === 'feature').length;
  const setting = { durationMs, sessionTimeoutMs, processes: stack.runners.length, features };
  const schedule = createSchedule(faults, setting, createRandom(seed + 1));
  const send = { urls: stack.urlsOf('ingest'), keys: stack.keys, connections: 12, random: createRandom(seed + 2) };
  const startAt = traffic.requests[0]!.dueAt;
  const [sent] = await Promise.all([sendAll(traffic.requests, send), breakThings(schedule, startAt, stack, tell)]);
  tell(`${sent.accepted.size} events accepted in ${sent.attempts} attempts, ${JSON.stringify(sent.failures)}`);
  return sent;
}

/** Waits until every accepted id has come out and nobody is behind, or patience ends: then the report says what is missing. */
async function settle(
  options: ChaosOptions,
  stack: Stack,
  { accepted }: Sent,
): Promise<{ ids: StreamIds; lag: number }> {
  const deadline = Date.now() + options.patienceMs;
  const topics = topicNames(stack.plan.pipeline);
  for (let [calm, rounds] = [0, 0]; ; await sleep(500)) {
    const lag = await totalLag(stack);
    if (rounds++ % 20 === 0) options.tell(`${lag} records wait`);
    calm = lag === 0 ? calm + 1 : 0;
    const patience = Date.now() < deadline;
    if (calm < 3 && patience) continue;
    const ids = await readStreams(stack.broker, { clean: topics['events-clean'], dead: topics['events-dead'] });
    const all = [...accepted].every((id) => ids.clean.has(id) || ids.dead.has(id));
    if ((all && calm >= 3) || !patience) return { ids, lag };
    calm = 0;
  }
}

async function totalLag(sources: LagSources): Promise<number> {
  const [cleaner, feature] = await Promise.all([cleanerLag(sources), featureLag(sources)]);
  return cleaner + feature;
}

function judgeIds(accepted: ReadonlySet<string>, { clean, dead }: StreamIds, { refused }: Oracle) {
  const out = new Set([...clean, ...dead.keys()]);
  const expected = (id: string): string => refused.get(id) ?? 'clean';
  const found = (id: string): string => [...(clean.has(id) ? ['clean'] : []), ...(dead.get(id) ?? [])].join(' and ');
  return {
    accepted: accepted.size,
    lost: [...accepted].filter((id) => !out.has(id)),
    invented: [...out].filter((id) => !accepted.has(id)),
    misjudged: [...out]
      .filter((id) => found(id) !== expected(id))
      .map((id) => `${id}: ${found(id)} instead of ${expected(id)}`),
  };
}
