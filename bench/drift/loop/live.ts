/** Events → profiles and log, as the feature service takes them: what is asked before each, and what the monitor finds. */
import { createPartitionWatch, type Sample } from '../../../services/feature/monitor/partition-watch.ts';
import { readyEvent, type ReadyEvent } from '../../../services/shared/clean-line.ts';
import type { CleanEvent, SentEvent } from '../../../services/shared/event.ts';
import { decodeSummary } from '../../../services/shared/learning/drift/block-summary.ts';
import { startMonitor } from '../../../services/shared/learning/drift/monitor.ts';
import type { DriftReport, Verdict } from '../../../services/shared/learning/drift/verdict.ts';
import { emptyProfile, updateProfile, type ProfileState } from '../../../services/shared/profile/profile.ts';
import { packLines } from '../../../services/shared/record.ts';
import { topics, type LoopPipeline } from './pipeline.ts';
import type { Serving } from './serve.ts';

export interface Live {
  /** `before` sees the event and its profile as it was. Gives verdicts, at the end of a record. */
  take(event: SentEvent, before: (event: ReadyEvent, state: ProfileState) => void): Promise<Verdict[]>;
  report(): DriftReport;
}

/** Events that ingest and the cleaner would have put into one record. */
const recordEvents = 20;

export function createLive(pipeline: LoopPipeline, serving: Serving): Live {
  const { compiled, log, inputs, telemetry, clock, spec } = pipeline;
  const { driftMetric: metric, threshold, consecutiveWindows, sampleShare } = spec.training.retrain;
  const profiles = new Map<string, ProfileState>();
  const monitor = startMonitor({
    inputs: { metric, threshold: Number(threshold), consecutiveWindows },
    models: [inputs.name],
  });
  const watch = createPartitionWatch({
    partition: 0,
    share: Number(sampleShare),
    models: () => [serving.stable()].filter((model) => model !== undefined),
    logger: telemetry.logger,
  });
  let lines: string[] = [];
  let samples: Sample[] = [];

  async function flush(): Promise<Verdict[]> {
    const offset = log.append(
      topics['events-clean'],
      packLines(lines).map((value) => ({ value })),
    );
    const records = [{ offset, timestamp: clock.now(), lines: lines.length }];
    const { summaries } = watch.fold({ records }, samples);
    [lines, samples] = [[], []];
    const verdicts: Verdict[] = [];
    for (const value of summaries) {
      const at = log.append(topics.signals, [{ value }]);
      const summary = decodeSummary(value);
      const watched = await Promise.all(summary.models.map(({ digest }) => pipeline.open(digest)));
      const baselines = new Map(watched.map(({ digest, baseline }) => [digest, baseline]));
      verdicts.push(...monitor.apply(summary, at, (digest) => baselines.get(digest)));
    }
    return verdicts;
  }

  return {
    report: () => monitor.report(),
    async take(sent, before) {
      const event = cleaned(sent);
      const { profile } = event.clean;
      const state = profiles.get(profile) ?? emptyProfile(compiled);
      const sample = watch.observe(log.end(topics['events-clean']), event, state);
      if (sample) samples.push(sample);
      before(event, state);
      profiles.set(profile, updateProfile(compiled, state, event.clean, event.hash));
      lines.push(JSON.stringify(event.clean));
      return lines.length < recordEvents ? [] : flush();
    },
  };
}

/** It came in at its own time. */
function cleaned(sent: SentEvent): ReadyEvent {
  const clean: CleanEvent = { ...sent, ingestedAt: sent.time, receivedAt: sent.time, profile: sent.userId! };
  const ready = readyEvent(clean);
  if (typeof ready === 'string') throw new Error(`a simulated event is none: ${ready}`);
  return ready;
}
