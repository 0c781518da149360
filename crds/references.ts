/**
 * What no schema can see: names that must exist once the preset is merged in, and conditions that must compile.
 * Reads plain data entry by entry, so that one bad entry does not hide what is wrong with the others.
 */
import { closest } from './closest.ts';
import { kindsOf, listAt, mergedEntries, ownEntries, type Entries, type Entry, type MergedList } from './entries.ts';
import { conditionError } from './expressions.ts';
import { kindNames } from './features.ts';
import { learnedSchema, needsModel, type LearnedSteps } from './learned-cleaning.ts';
import { retrainFields } from './learning.ts';
import { eachNameOnce } from './lists.ts';
import { specFields } from './pipeline.ts';
import { presetWindowErrors } from './preset-windows.ts';
import { isEd25519PublicKey } from './public-keys.ts';
import { labelErrors } from './ranker-labels.ts';
import { scheduleProblem } from './schedule.ts';
import { givenText, valueAt, type Path, type PlacedError } from './spec-error.ts';
import { historyMessage, ratioMessage } from './spec-rules.ts';

interface Names extends Entries {
  /** Types that an event can have. */
  readonly types: readonly string[];
}

/** `data` is the document as plain data, valid or not. */
export function referenceErrors(data: unknown): PlacedError[] {
  const spec = valueAt(data, ['spec']);
  const alone = [
    ...namedLists.flatMap((list) => repeatedNames(spec, list)),
    ...ruleErrors(spec),
    ...buriedPins(spec),
    ...badKeys(spec),
    ...badSchedule(spec),
  ];
  const preset = specFields.shape.preset.safeParse(valueAt(spec, ['preset']));
  if (!preset.success) return alone;
  const entries = mergedEntries(spec, preset.data);
  const names = {
    ...entries,
    types: [...new Set([...entries.events.map(({ name }) => name), ...identityTypes(spec)])],
  };
  return [
    ...alone,
    ...(['events', 'features', 'models'] as const).flatMap((list) => tooMany(list, names)),
    ...names.features.flatMap((feature) => [
      ...eventErrors(feature, names),
      ...ratioErrors(feature, names),
      ...scaledErrors(feature, scaleSteps(spec)),
    ]),
    ...learnedLists.flatMap((list) => ownEntries(spec, list).flatMap((step) => unknownEvents(step, ['events'], names))),
    ...withoutModel(spec, names),
    ...presetWindowErrors(spec, names.features),
    ...names.models.flatMap((model) => modelErrors(model, names)),
  ];
}

const learnedLists: readonly Path[] = (['outliers', 'impute', 'scale'] as const).map((list) => ['cleaning', list]);

const namedLists: readonly Path[] = [
  ['events'],
  ['features'],
  ['models'],
  ['stages'],
  ['cleaning', 'normalise'],
  ['cleaning', 'rules'],
  ...learnedLists,
];

function repeatedNames(spec: unknown, list: Path): PlacedError[] {
  const seen = new Set<string>();
  return ownEntries(spec, list).flatMap(({ name, at }) => {
    if (!seen.has(name)) return (seen.add(name), []);
    return [{ at: [...at, 'name'], given: givenText(name), allowed: eachNameOnce }];
  });
}

function ruleErrors(spec: unknown): PlacedError[] {
  return ownEntries(spec, ['cleaning', 'rules']).flatMap(({ at, data }) => {
    const when = valueAt(data, ['when']);
    const error = typeof when === 'string' ? conditionError(when) : undefined;
    return error === undefined ? [] : [{ at: [...at, 'when'], given: givenText(when), allowed: error }];
  });
}

function buriedPins(spec: unknown): PlacedError[] {
  const rules: Path = ['serving', 'rules'];
  const pinned = listAt(spec, [...rules, 'pin']);
  return listAt(spec, [...rules, 'bury']).flatMap((item, index) => {
    const at = ['spec', ...rules, 'bury', index];
    return pinned.includes(item) ? [{ at, given: givenText(item), allowed: 'an item that is not pinned' }] : [];
  });
}

const looksLikeKey = /-----BEGIN PUBLIC KEY-----/;

/** What does not even look like a key is the schema's to refuse. */
function badKeys(spec: unknown): PlacedError[] {
  const list: Path = ['modelStore', 'trustedKeys'];
  return listAt(spec, list).flatMap((pem, index) =>
    typeof pem !== 'string' || !looksLikeKey.test(pem) || isEd25519PublicKey(pem)
      ? []
      : [{ at: ['spec', ...list, index], given: givenText(pem), allowed: 'a public key of an Ed25519 pair, as PEM' }],
  );
}

/** What does not even look like one is the schema's to refuse. */
function badSchedule(spec: unknown): PlacedError[] {
  const at: Path = ['training', 'retrain'];
  const read = retrainFields.pick({ schedule: true, timeZone: true }).safeParse({
    schedule: valueAt(spec, [...at, 'schedule']),
    timeZone: valueAt(spec, [...at, 'timeZone']),
  });
  const { schedule, timeZone } = read.data ?? {};
  const problem = schedule === undefined ? undefined : scheduleProblem({ schedule, timeZone });
  if (problem === undefined) return [];
  const allowed =
    problem === 'schedule' ? 'a cron schedule of five fields that comes up, such as "0 3 * * *"' : 'a known time zone';
  return [{ at: ['spec', ...at, problem], given: givenText(valueAt(spec, [...at, problem])), allowed }];
}

/** Types of events that need no definition: the links of identity. */
function identityTypes(spec: unknown): string[] {
  return specFields.shape.identity.safeParse(valueAt(spec, ['identity'])).data?.mergeOn ?? [];
}

const mostEntries: Readonly<Record<MergedList, number>> = { events: 64, features: 64, models: 8 };

function tooMany(list: MergedList, names: Names): PlacedError[] {
  const most = mostEntries[list];
  const count = names[list].length;
  const fromPreset = names[list].filter(isPreset).length;
  if (count <= most || fromPreset === 0) return [];
  const allowed = `at most ${most}, or preset: none`;
  return [{ at: ['spec', list], given: `${count} ${list}, ${fromPreset} of them the preset's`, allowed }];
}

function eventErrors(feature: Entry, names: Names): PlacedError[] {
  return kindsOf(feature).flatMap((kind) => unknownEvents(feature, [kind, 'events'], names));
}

function unknownEvents({ at, data }: Entry, list: Path, { types }: Names): PlacedError[] {
  return listAt(data, list).flatMap((type, index) =>
    typeof type !== 'string' || types.includes(type)
      ? []
      : [missing([...at, ...list, index], type, `the name of an event: ${listed(types)}`, types)],
  );
}

const scaleSteps = (spec: unknown): string[] => ownEntries(spec, ['cleaning', 'scale']).map(({ name }) => name);

/** A feature of a number that no step writes would never have a value. */
function scaledErrors(feature: Entry, steps: readonly string[]): PlacedError[] {
  return kindsOf(feature).flatMap((kind) => {
    const field = valueAt(feature.data, [kind, 'field']);
    const [head, step] = typeof field === 'string' ? field.split('.') : [];
    if (head !== 'scaled' || step === undefined || steps.includes(step)) return [];
    const allowed = `scaled. and the name of a step of cleaning.scale: ${listed(steps)}`;
    return [{ at: [...feature.at, kind, 'field'], given: givenText(field), allowed }];
  });
}

/** What is learned comes with a model; without one it would never come. */
function withoutModel(spec: unknown, { models }: Names): PlacedError[] {
  if (models.length > 0) return [];
  const steps = learnedFieldsOf(spec);
  if (steps === undefined || !needsModel(steps)) return [];
  const allowed = 'steps that learn only with a model of the pipeline, which is what they are learned with';
  return [{ at: ['spec', 'cleaning'], given: 'a pipeline without models', allowed }];
}

/** undefined: they are the schema's to refuse. */
function learnedFieldsOf(spec: unknown): LearnedSteps | undefined {
  return learnedSchema.safeParse(
    Object.fromEntries(learnedLists.map((list) => [list.at(-1), valueAt(spec, list) ?? []])),
  ).data;
}

const numericKinds: ReadonlySet<string> = new Set(['count', 'sum', 'mean', 'min', 'max', 'sinceLast', 'distinct']);

function ratioErrors({ at, data }: Entry, { preset, features }: Names): PlacedError[] {
  const numeric = namesOfKind(features, numericKinds);
  return ['of', 'to'].flatMap((side) => {
    const given = valueAt(data, ['ratio', side]);
    const target = features.find(({ name }) => name === given);
    if (typeof given !== 'string' || (target && isOfKind(target, numericKinds))) return [];
    const alone = target === undefined && preset === 'none';
    const allowed = alone ? ratioMessage : `the name of a feature whose value is a number: ${listed(numeric)}`;
    return [missing([...at, 'ratio', side], given, allowed, numeric)];
  });
}

function modelErrors(model: Entry, names: Names): PlacedError[] {
  return [
    ...historyErrors(model, names),
    ...unknownEvents(model, ['recommend', 'target'], names),
    ...unknownEvents(model, ['classify', 'label', 'events'], names),
    ...learnedFromErrors(model, names),
    ...labelErrors(model, names.features),
  ];
}

function learnedFromErrors({ at, data }: Entry, { features }: Names): PlacedError[] {
  const given = valueAt(data, ['classify']);
  const isOpen = given !== undefined && listAt(given, ['features']).length === 0;
  if (isOpen && namesOfKind(features, learnedByDefault).length === 0) {
    const allowed = 'a model that can learn from features: the pipeline has none whose value is a number';
    return [{ at: [...at, 'classify'], given: 'no features', allowed }];
  }
  const fit = namesOfKind(features, learnableKinds);
  return listAt(data, ['classify', 'features']).flatMap((given, index) => {
    const target = features.find(({ name }) => name === given);
    if (typeof given !== 'string' || (target && isOfKind(target, learnableKinds))) return [];
    const allowed = `the name of a feature that is no sequence: ${listed(fit)}`;
    return [missing([...at, 'classify', 'features', index], given, allowed, fit)];
  });
}

const learnableKinds: ReadonlySet<string> = new Set(kindNames.filter((kind) => kind !== 'sequence'));
const learnedByDefault: ReadonlySet<string> = new Set([...numericKinds, 'ratio']);

const sequenceKind: ReadonlySet<string> = new Set(['sequence']);

function historyErrors({ at, data }: Entry, { preset, features }: Names): PlacedError[] {
  const given = valueAt(data, ['recommend', 'history']);
  const target = features.find(({ name }) => name === given);
  if (typeof given !== 'string' || (target && isOfKind(target, sequenceKind))) return [];
  const sequences = namesOfKind(features, sequenceKind);
  const allowed = preset === 'none' ? historyMessage : `the name of a sequence feature: ${listed(sequences)}`;
  return [missing([...at, 'recommend', 'history'], given, allowed, sequences)];
}

/** A feature without exactly one kind has an error of its own, and no others that follow from it. */
function isOfKind(feature: Entry, kinds: ReadonlySet<string>): boolean {
  const given = kindsOf(feature);
  return given.length === 1 ? kinds.has(given[0]!) : true;
}

function namesOfKind(features: readonly Entry[], kinds: ReadonlySet<string>): string[] {
  return features.filter((feature) => kindsOf(feature).some((kind) => kinds.has(kind))).map(({ name }) => name);
}

/** The preset's own entries have no place in the document: what broke them is that something they name was replaced. */
function missing(at: Path, given: string, allowed: string, candidates: readonly string[]): PlacedError {
  const suggestion = closest(given, candidates);
  const inPreset = isPreset({ at });
  return {
    at: inPreset ? ['spec', 'preset'] : at,
    given: inPreset ? `${givenText(given)} (the preset's ${at.slice(2).join('.')})` : givenText(given),
    allowed,
    ...(suggestion !== undefined && suggestion !== given && { suggestion }),
  };
}

const isPreset = ({ at }: Pick<Entry, 'at'>): boolean => at[1] === 'preset';
const listed = (names: readonly string[]): string => (names.length === 0 ? 'there is none' : names.join(', '));
