/** Feature definitions: a name and exactly one kind. */
import { z } from 'zod';
import { namedList, setOf } from './lists.ts';
import { withRules, type Rule } from './rules.ts';
import {
  attributeName,
  durationMs,
  fieldPath,
  halfLife,
  labelPath,
  name,
  numberPath,
  wholeSeconds,
  whole,
} from './scalars.ts';

const events = setOf(name, 32, 1).optional().describe('Types of the events that count. Absent: every type.');

const windowed = {
  events,
  window: wholeSeconds
    .describe('Only events this recent count, by their own time. Absent: all events ever.')
    .optional(),
  pane: wholeSeconds
    .describe('The smallest slice of the window that is kept, aligned to 1970 in UTC. Default: window/30.')
    .optional(),
};

interface Windowed {
  readonly window?: string | undefined;
  readonly pane?: string | undefined;
}

const defaultPanes = 30;
const mostPanes = 366;
const seconds = (duration: string): number => durationMs(duration) / 1000;

const windowRules: Rule<Windowed>[] = [
  {
    rule: '!has(self.pane) || has(self.window)',
    message: 'a pane only with a window',
    fieldPath: '.pane',
    violations: ({ window, pane }) => (pane !== undefined && window === undefined ? [['pane']] : []),
  },
  {
    rule:
      "!has(self.window) || !has(self.pane) || duration(self.pane) < duration('1s') || " +
      'duration(self.window).getSeconds() % duration(self.pane).getSeconds() == 0',
    message: 'a pane that divides the window without rest',
    fieldPath: '.pane',
    violations: ({ window, pane }) =>
      window !== undefined && pane !== undefined && seconds(window) % seconds(pane) > 0 ? [['pane']] : [],
  },
  {
    rule: `!has(self.window) || has(self.pane) || duration(self.window).getSeconds() % ${defaultPanes} == 0`,
    message: `a window of a multiple of ${defaultPanes}s, or with its own pane`,
    fieldPath: '.window',
    violations: ({ window, pane }) =>
      window !== undefined && pane === undefined && seconds(window) % defaultPanes > 0 ? [['window']] : [],
  },
  {
    rule:
      '!has(self.window) || !has(self.pane) || ' +
      `duration(self.window).getSeconds() <= ${mostPanes} * duration(self.pane).getSeconds()`,
    message: `a window of at most ${mostPanes} panes`,
    fieldPath: '.pane',
    violations: ({ window, pane }) =>
      window !== undefined && pane !== undefined && seconds(window) > mostPanes * seconds(pane) ? [['pane']] : [],
  },
];

const overWindow = <Shape extends z.ZodRawShape>(shape: Shape, description: string) =>
  withRules(z.strictObject({ ...windowed, ...shape }), windowRules as Rule<unknown>[]).describe(description);

const number = { field: numberPath.describe('The number in the event; an event without it does not count.') };

const featureKinds = {
  count: overWindow({}, 'How many events there were.'),
  sum: overWindow(number, 'Sum of a number over the events.'),
  mean: overWindow(number, 'Mean of a number over the events.'),
  min: overWindow(number, 'Smallest value of a number over the events.'),
  max: overWindow(number, 'Largest value of a number over the events.'),
  last: z
    .strictObject({ events, field: fieldPath.describe('The field whose value is taken.') })
    .describe('A field of the newest event.'),
  first: z
    .strictObject({ events, field: fieldPath.describe('The field whose value is taken.') })
    .describe('A field of the oldest event.'),
  sinceLast: z.strictObject({ events }).describe('Seconds since the newest event.'),
  distinct: overWindow(
    { of: labelPath.describe('The field whose different values are counted.') },
    'How many different values a field had; above 256 in a pane an estimate, and marked so.',
  ),
  sequence: z
    .strictObject({
      events,
      length: whole(1, 200).default(50).describe('How many of the newest items are kept.'),
    })
    .describe('The items of the newest events, in the order of their times.'),
  interest: z
    .strictObject({
      events,
      of: labelPath.describe('The field whose values are the tags.'),
      halfLife: halfLife.describe('After this time an event weighs half.'),
      top: whole(1, 256).default(20).describe('How many tags the attribute shows.'),
    })
    .describe('Tags with a weight: the sum of the weights of their events, decayed by age.'),
  ratio: z
    .strictObject({
      of: attributeName.describe('Name of the feature above the line.'),
      to: attributeName.describe('Name of the feature below the line; where it is 0 there is no ratio.'),
    })
    .describe('One numeric feature divided by another.'),
};

export type FeatureKind = keyof typeof featureKinds;
export const kindNames = Object.keys(featureKinds) as FeatureKind[];

const oneKind: Rule<Partial<Record<FeatureKind, unknown>>> = {
  rule: `[${kindNames.map((kind) => `has(self.${kind})`).join(', ')}].filter(given, given).size() == 1`,
  message: `exactly one kind: ${kindNames.join(', ')}`,
  violations: (feature) => (kindNames.filter((kind) => feature[kind] !== undefined).length === 1 ? [] : [[]]),
};

const featureSchema = withRules(
  z.strictObject({
    name: attributeName.describe('Name of the attribute in the profile.'),
    count: featureKinds.count.optional(),
    sum: featureKinds.sum.optional(),
    mean: featureKinds.mean.optional(),
    min: featureKinds.min.optional(),
    max: featureKinds.max.optional(),
    last: featureKinds.last.optional(),
    first: featureKinds.first.optional(),
    sinceLast: featureKinds.sinceLast.optional(),
    distinct: featureKinds.distinct.optional(),
    sequence: featureKinds.sequence.optional(),
    interest: featureKinds.interest.optional(),
    ratio: featureKinds.ratio.optional(),
  }),
  [oneKind],
);

export const featuresSchema = namedList(featureSchema, 64).default([]);

export type FeatureDefinition = z.output<typeof featureSchema>;
