/** What the condition IngestDrained says. Pure. */
import type { ConditionVerdict } from '../../status.ts';
import type { ObjectRef } from '../runtime/resource.ts';
import type { LogVolume } from './decide.ts';

export const discardAnnotation = 'likeness.dev/discard-undrained';

export interface LogsSeen {
  readonly pipeline: ObjectRef;
  readonly volumes: readonly LogVolume[];
  /** Volumes for whose sake pods stay that are to go. */
  readonly held: readonly LogVolume[];
  readonly suspended: boolean;
  readonly discards: boolean;
  /** There is nobody who would start a pod on them. */
  readonly isAbandoned: boolean;
}

const mostNamed = 5;

export function ingestDrained(seen: LogsSeen): ConditionVerdict {
  const { volumes, held } = seen;
  const waiting = volumes.filter(({ report, isBound }) => isBound && report !== undefined && report.events > 0);
  if (waiting.length > 0) return { status: 'False', reason: 'EventsWaiting', message: waitingText(seen, waiting) };
  const silent = [...new Set([...held, ...volumes.filter(isSilent)])];
  if (silent.length > 0)
    return {
      status: held.length > 0 ? 'False' : 'Unknown',
      reason: 'NotReported',
      message: `${named(seen, silent)} ${silent.length === 1 ? 'has' : 'have'} not said yet that ${silent.length === 1 ? 'its log is' : 'their logs are'} empty. ${outlook(seen)}`,
    };
  return { status: 'True', reason: 'Drained', message: 'Every event that was accepted is in Kafka.' };
}

const isSilent = ({ report, isBound }: LogVolume): boolean => isBound && report === undefined;

function waitingText(seen: LogsSeen, waiting: readonly LogVolume[]): string {
  const events = waiting.reduce((sum, { report }) => sum + report!.events, 0);
  const bytes = waiting.reduce((sum, { report }) => sum + report!.bytes, 0);
  const what = `${events.toLocaleString('en')} ${events === 1 ? 'event' : 'events'} (${sizeText(bytes)})`;
  return `${what} ${events === 1 ? 'is' : 'are'} in the log of ${named(seen, waiting)} and not in Kafka yet. ${outlook(seen)}`;
}

function outlook(seen: LogsSeen): string {
  const { pipeline, held, suspended, discards, isAbandoned } = seen;
  const annotate = `kubectl annotate ppl ${pipeline.name} -n ${pipeline.namespace} ${discardAnnotation}`;
  const giveUp = `To give up what is left: ${annotate}=true.`;
  if (discards) return `What goes takes them along, because they are given up. To keep them: ${annotate}-.`;
  if (suspended) return 'The pipeline is suspended: the next pods deliver them.';
  if (isAbandoned) return `No pod is left to deliver it: set spec.ingest.log again. ${giveUp}`;
  if (held.length === 0) return 'Pods deliver as soon as Kafka takes it: see TopicsReady.';
  return `${named(seen, held)} ${held.length === 1 ? 'stays' : 'stay'} until then. Look at Kafka and at the pods. ${giveUp}`;
}

function named({ pipeline }: LogsSeen, volumes: readonly LogVolume[]): string {
  const names = volumes.map(({ ordinal }) => podName(pipeline.name, ordinal));
  const more = names.length - mostNamed;
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ');
}

export const podName = (pipeline: string, ordinal: number): string => `${pipeline}-ingest-${ordinal}`;

function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
