/** Reads the log as the trainer does, and what came after: the questions that a candidate is judged by. */
import type { Broker } from '../../shared/broker.ts';
import { collectEvent, isSince } from '../../shared/learning/collect.ts';
import { EventTable } from '../../shared/learning/event-table.ts';
import { askQuestions, type GateQuestion } from '../../shared/learning/gate/hold-out.ts';
import type { Manifest } from '../../shared/learning/manifest.ts';
import { isStep, type ModelInputs } from '../../shared/learning/model-inputs.ts';
import type { LinkEvent } from '../../shared/profile/compile.ts';
import { replay } from '../replay.ts';
import { splitLog } from './split-log.ts';

export interface HoldOutInput {
  readonly broker: Broker;
  /** Name of the topic of the stream `events-clean`. */
  readonly topic: string;
  readonly inputs: ModelInputs;
  readonly mergeOn: readonly LinkEvent[];
  /** What the candidate was fitted to. */
  readonly offsets: Manifest['offsets'];
  /** Of these the events ingested since then, milliseconds since 1970; undefined: all of them. */
  readonly since: number | undefined;
  /** Questions are asked from here on, milliseconds since 1970. */
  readonly from: number;
  readonly seed: number;
}

export interface HeldOut {
  readonly questions: readonly GateQuestion[];
  /** Those that the log tells of in what the candidate was fitted to. */
  readonly items: ReadonlySet<string>;
  /** The newest event that the candidate was fitted to, milliseconds since 1970. */
  readonly seenUntil: number;
}

/** More of them tell little more, and each costs as much as a recommendation, several times. */
const mostQuestions = 4000;

/** `problem`: the candidate was fitted to what this log does not have. */
export async function readHoldOut(input: HoldOutInput): Promise<HeldOut | { readonly problem: string }> {
  const { broker, topic, inputs, mergeOn, offsets, since, from, seed } = input;
  const log = await splitLog(broker, topic, offsets);
  if ('problem' in log) return log;
  const collector = { table: new EventTable(), inputs, mergeOn };
  const items = new Set<string>();
  let seenUntil = -Infinity;
  await replay({ broker, topic, offsets: log.seen }, [
    (event) => {
      collectEvent(collector, event);
      if (!event.itemId || !isStep(inputs, event.type) || !isSince({ since }, event)) return;
      items.add(event.itemId);
      seenUntil = Math.max(seenUntil, Date.parse(event.time));
    },
  ]);
  await replay({ broker, topic, offsets: log.fresh }, [(event) => void collectEvent(collector, event)]);
  const { sequences, items: index } = collector.table.build();
  const limits = { length: inputs.length, limit: mostQuestions, seed };
  return { questions: askQuestions({ sequences, items: index, from, ...limits }), items, seenUntil };
}
