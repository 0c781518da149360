/** The monitor's memory and its rule: summaries of blocks in the order of `signals` → verdicts of drift. Pure. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import type { Baseline } from './baseline.ts';
import type { BlockSummary, ModelSummary } from './block-summary.ts';
import type { InputWatchOptions } from './input-watch.ts';
import { modelWatchSchema, standingOf, startModelWatch, updateModelWatch, type ModelWatch } from './model-watch.ts';
import { addPaired } from './paired-counts.ts';
import { timeBack, withPassed } from './passed-blocks.ts';
import { readStored } from './read-settings.ts';
import { keptVerdicts, verdictSchema, type DriftReport, type Verdict } from './verdict.ts';

/** Raised when a stored memory comes to mean something else: then it is forgotten. */
export const monitorVersion = 1;

const count = z.int().min(0);

const stateSchema = z.strictObject({
  version: z.literal(monitorVersion),
  /** By partition of `events-clean`: the block applied last. */
  applied: z.record(z.string(), z.strictObject({ to: count, timestamp: z.number() })),
  models: z.record(z.string(), modelWatchSchema),
  /** The last 16, oldest first. */
  verdicts: z.array(verdictSchema),
  /** LogAppendTime of the newest record looked at. */
  evaluatedAt: z.number(),
});

type State = z.output<typeof stateSchema>;

export interface MonitorOptions {
  readonly inputs: InputWatchOptions;
  /** The models of the spec that are watched. */
  readonly models: readonly string[];
}

/** By the artifact's digest; undefined: it has no baseline, or it can no longer be had. */
type Baselines = (digest: string) => Baseline | undefined;

export interface Monitor {
  /**
   * Takes the summary at this offset of `signals`. A block at or below one that was applied says nothing new, and one of a
   * model that another has followed says nothing any more. Throws `BadData`, and has changed nothing of that model, if a
   * part of it fits no baseline.
   */
  apply(summary: BlockSummary, offset: number, baselines: Baselines): Verdict[];
  report(): DriftReport;
  /** Plain JSON, which `resumeMonitor` goes on from. */
  store(): State;
}

export function startMonitor(options: MonitorOptions): Monitor {
  return run({ version: monitorVersion, applied: {}, models: {}, verdicts: [], evaluatedAt: 0 }, options);
}

/**
 * Goes on from what was stored; models that the spec no longer has are forgotten, and a model whose inputs were watched by
 * other settings is watched afresh. Throws `BadData` if it is damaged.
 */
export function resumeMonitor(stored: unknown, options: MonitorOptions): Monitor {
  const state = readStored(stateSchema, stored, 'the monitor of drift');
  const wanted = startModelWatch({ version: '', digest: '', generation: 0 }, options.inputs).inputWatch.options;
  const models = Object.entries(state.models)
    .filter(([name]) => options.models.includes(name))
    .map(([name, watch]): [string, ModelWatch] => {
      const isSame = JSON.stringify(watch.inputWatch.options) === JSON.stringify(wanted);
      const { trial, quality } = watch;
      const afresh = { ...startModelWatch(watch, options.inputs), quality, ...(trial && { trial }) };
      return [name, isSame ? watch : afresh];
    });
  return run({ ...state, models: Object.fromEntries(models) }, options);
}

function run(state: State, options: MonitorOptions): Monitor {
  const watchOf = ({ model, ...of }: ModelSummary, baseline: Baseline | undefined): ModelWatch | undefined => {
    const known = state.models[model];
    if (known !== undefined && of.generation < known.generation) return undefined;
    const isSame = known?.digest === of.digest;
    const watch = isSame ? known : startModelWatch(of, options.inputs, baseline);
    watch.generation = of.generation;
    return (state.models[model] = watch);
  };
  const applyModel = (summary: ModelSummary, at: At, baseline: Baseline | undefined): Verdict[] => {
    if (!options.models.includes(summary.model)) return [];
    const watch = watchOf(summary, baseline);
    if (watch === undefined) return [];
    const { model, version, sampled, quality } = summary;
    // What came before it was watched came before its first block began, at the latest: so nothing older is learned from.
    const first = { questions: 0, sampled: 0, to: summary.began ?? at.timestamp };
    const passed = withPassed(watch.passed.length > 0 ? watch.passed : [first], {
      questions: quality.questions,
      sampled,
      to: at.timestamp,
    });
    const found = updateModelWatch(watch, summary, baseline, options.inputs);
    watch.passed = passed;
    if (summary.trial !== undefined) watch.trial = addPaired(watch.trial, summary.trial);
    if (found === undefined) return [];
    const { back, ...of } = found;
    // Quality that has stayed bad is about the change that was found before.
    const before = state.verdicts.findLast((verdict) => verdict.model === model && verdict.version === version);
    const changedAt = back === undefined ? before?.changedAt : timeBack(passed, back);
    const verdict = { id: String(at.offset), model, version, ...of, time: at.timestamp };
    return [keep(state, { ...verdict, ...(changedAt !== undefined && { changedAt }) })];
  };
  return {
    apply(summary, offset, baselines) {
      if (!advance(state, summary)) return [];
      const failures: unknown[] = [];
      const verdicts = summary.models.flatMap((each) => {
        try {
          return applyModel(each, { offset, timestamp: summary.timestamp }, baselines(each.digest));
        } catch (error) {
          failures.push(error);
          return [];
        }
      });
      if (failures.length > 0) throw damaged(failures[0]);
      return verdicts;
    },
    report: () => ({
      verdicts: [...state.verdicts],
      standings: Object.entries(state.models).map(([model, watch]) => standingOf(model, watch, state.evaluatedAt)),
    }),
    store: () => structuredClone(state),
  };
}

interface At {
  readonly offset: number;
  readonly timestamp: number;
}

/** A block that lies higher, or that was written later (the topic was created anew), is a new one. */
function advance(state: State, { partition, to, timestamp }: BlockSummary): boolean {
  const before = state.applied[partition];
  if (before !== undefined && to <= before.to && timestamp <= before.timestamp) return false;
  state.applied[partition] = { to, timestamp };
  state.evaluatedAt = Math.max(state.evaluatedAt, timestamp);
  return true;
}

/** Ids rise, even if `signals` was created anew and its offsets begin at 0 again. */
function keep(state: State, verdict: Verdict): Verdict {
  const last = Number(state.verdicts.at(-1)?.id ?? -1);
  const kept = { ...verdict, id: String(Math.max(Number(verdict.id), last + 1)) };
  state.verdicts = [...state.verdicts, kept].slice(-keptVerdicts);
  return kept;
}

function damaged(error: unknown): unknown {
  if (!(error instanceof LikenessError) || error.code !== 'BadData') throw error;
  return error;
}
