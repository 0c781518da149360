/** What the cleaner does with an event before it counts. */
import { z } from 'zod';
import { learnedFields } from './learned-cleaning.ts';
import { namedList, orderedList } from './lists.ts';
import { withRules } from './rules.ts';
import { decimal, durationSchema, fieldPath, name, propertyPath } from './scalars.ts';

const unit = z.string().min(1).max(16);

const factorSchema = z.strictObject({
  unit: unit.describe('A unit that events are sent in.'),
  factor: decimal(0.000_001, 1_000_000_000).describe('A value in this unit times this factor is a value in `unit`.'),
});

const textSteps = z.enum(['Trim', 'Lowercase', 'NFKC', 'CollapseSpaces']);
const numbers = '^(value|quantity|item\\\\.price|(properties|context)\\\\..+)$';
const numberFields = /^(value|quantity|item\.price|(properties|context)\..+)$/;
const texts = '^(text|item\\\\.(category|brand|title)|(properties|context)\\\\..+)$';
const textFields = /^(text|item\.(category|brand|title)|(properties|context)\..+)$/;

const normaliseSchema = withRules(
  z.strictObject({
    name: name.describe('Name of the step.'),
    field: fieldPath.describe('The field that is changed.'),
    unit: unit.describe('The unit that a number is converted to.').optional(),
    unitField: propertyPath
      .describe(
        'Where an event says its unit, e.g. properties.currency. An event that does not is taken to be in `unit`.',
      )
      .optional(),
    factors: orderedList(factorSchema, 64, 1)
      .describe('The units that can be converted; an event in any other unit is refused as UnknownUnit.')
      .optional(),
    text: orderedList(textSteps, 4, 1).describe('What is done to a text, in this order.').optional(),
  }),
  [
    {
      rule: 'has(self.unit) != has(self.text)',
      message: 'exactly one of unit and text',
      violations: (step) => ((step.unit === undefined) === (step.text === undefined) ? [[]] : []),
    },
    {
      rule: 'has(self.unit) == has(self.unitField) && has(self.unit) == has(self.factors)',
      message: 'unit, unitField and factors only together',
      violations: ({ unit: to, unitField, factors }) =>
        new Set([to === undefined, unitField === undefined, factors === undefined]).size === 1 ? [] : [[]],
    },
    {
      rule: `!has(self.unit) || self.field.matches('${numbers}')`,
      message: 'a unit only for a field that holds a number: value, quantity, item.price, properties.… or context.…',
      fieldPath: '.field',
      violations: (step) => (step.unit === undefined || numberFields.test(step.field) ? [] : [['field']]),
    },
    {
      rule: `!has(self.text) || self.field.matches('${texts}')`,
      message:
        'text steps only for a field that holds a text: text, item.category, item.brand, item.title, properties.… or context.…',
      fieldPath: '.field',
      violations: (step) => (step.text === undefined || textFields.test(step.field) ? [] : [['field']]),
    },
  ],
);

const ruleSchema = z.strictObject({
  name: name.describe('Name of the rule: the reason in the metric, the dead letter or the tag.'),
  when: z
    .string()
    .min(1)
    .max(1024)
    .describe('A CEL expression over `event` that is true or false, e.g. event.properties.ip.startsWith("10.").'),
  action: z
    .enum(['Drop', 'DeadLetter', 'Tag'])
    .describe('Drop: counted and not kept. DeadLetter: kept aside, can be replayed. Tag: goes on, with the tag.'),
});

export const cleaningSchema = z.strictObject({
  dedupe: z
    .strictObject({
      window: durationSchema.default('24h').describe('How long a profile remembers the ids of its events.'),
    })
    .prefault({})
    .describe('Repeated events, recognised by profile and id.'),
  late: z
    .strictObject({
      grace: durationSchema.default('1h').describe('An event that comes in later than this after its time is refused.'),
    })
    .prefault({})
    .describe('Late events. Imports are not judged.'),
  bots: z
    .strictObject({
      userAgents: z
        .enum(['Default', 'None'])
        .default('Default')
        .describe('Default: refuse events whose context.userAgent is a known crawler. None: judge nobody.'),
    })
    .prefault({})
    .describe('Events that no person caused.'),
  normalise: namedList(normaliseSchema, 32).default([]).describe('Units and texts brought to one form.'),
  rules: namedList(ruleSchema, 32).default([]).describe('Rules of your own, tried in this order.'),
  ...learnedFields,
});
