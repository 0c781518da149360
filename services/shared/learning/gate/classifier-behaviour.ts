/** How a classifier behaves with real profiles: whether it says probabilities, also where something is unknown, and how quickly. */
import { describeError } from '../../errors.ts';
import { probabilityOf, type Classifier } from '../classify/classifier.ts';
import type { Example } from '../point-in-time/example.ts';
import { answerP99 } from './behaviour.ts';
import type { JudgeClassifierInput } from './judge-classifier.ts';

type Asked = Pick<Example, 'values' | 'time'>;

/** Profiles by which times, and what is said of the unknown, are looked at. */
const goldenProfiles = 100;

/** What is wrong with it, for a person. */
export function describeClassifierBehaviour(
  {
    candidate,
    examples,
    fields,
    settings,
    now,
  }: Pick<JudgeClassifierInput, 'candidate' | 'examples' | 'fields' | 'settings' | 'now'>,
  figures: Record<string, number>,
): string[] {
  const { classifier } = candidate.self;
  const golden = examples.slice(0, goldenProfiles);
  const unknown = [...golden.flatMap((row) => fields.map(({ name }) => without(row, name))), { values: {}, time: 0 }];
  const nonsense = findNonsense(classifier, examples) ?? findNonsense(classifier, unknown);
  if (nonsense !== undefined) return [nonsense];
  const p99 = answerP99(golden, now, (row) => probabilityOf(classifier, row));
  figures['latency.p99'] = p99 / 1000;
  const said = new Set(examples.map((row) => probabilityOf(classifier, row)));
  return [
    examples.length > 1 && said.size === 1 && `it says ${[...said][0]} of everybody`,
    p99 > settings.latencyBudgetMs &&
      `an answer takes ${Number(p99.toPrecision(3))} ms (99th percentile), and ${settings.latencyBudgetMs} are allowed (latencyBudget)`,
  ].filter((problem) => problem !== false);
}

function without({ values, time }: Example, name: string): Asked {
  return { values: { ...values, [name]: null }, time };
}

function findNonsense(classifier: Classifier, rows: readonly Asked[]): string | undefined {
  for (const row of rows) {
    const said = sayOf(classifier, row);
    if (typeof said === 'number' && said >= 0 && said <= 1) continue;
    return `of ${JSON.stringify(row.values).slice(0, 200)} it says ${said}, which is no probability`;
  }
  return undefined;
}

function sayOf(classifier: Classifier, row: Asked): number | string {
  try {
    return probabilityOf(classifier, row);
  } catch (error) {
    return describeError(error);
  }
}
