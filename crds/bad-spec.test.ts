/** Bad specs, each with everything that is said about it. */
import { describe, expect, it } from 'vitest';
import { errorsIn } from '../test/crds/said.ts';

const name = 'a name: a letter, then letters, digits and "-", at most 63 characters';
const attribute = 'an attribute name: a letter, then letters and digits, at most 63 characters';
const wholeSeconds = 'a duration in whole seconds such as 90s, 15m or 168h';
const kinds = 'count, sum, mean, min, max, last, first, sinceLast, distinct, sequence, interest, ratio';
const presetEvents = 'view, cart, purchase, return, review, search, support, page, screen, group, identify, alias';
const presetNumbers = 'views7d, views30d, carts7d, purchases30d, returns30d, spend30d, avgOrder, lastPurchase';
const numberField = 'a field that holds a number: value, quantity, item.price, properties.…, context.… or scaled.…';

const feature = (definition: string) => `features:\n- ${definition}`;
const step = (definition: string) => `cleaning:\n  normalise:\n  - ${definition}`;
const rule = (when: string) => `cleaning:\n  rules:\n  - {name: r, action: Drop, when: ${JSON.stringify(when)}}`;
const model = (definition: string) => `models:\n- {name: m, recommend: ${definition}}`;

/** [spec, what is said] */
const badSpecs: [string, ...string[]][] = [
  // unknown fields
  [
    'featurs: []',
    'p.yaml:5:3 spec.featurs: given an unknown field; allowed: suspend, deletionPolicy, kafka, store, modelStore, preset, ingest, events, cleaning, identity, features, models, training, archive, stages, serving (did you mean features?)',
  ],
  [
    feature('{name: a, count: {windw: 1h}}'),
    'p.yaml:6:23 spec.features[0].count.windw: given an unknown field; allowed: events, window, pane (did you mean window?)',
  ],
  [
    'training: {epochs: 2}',
    'p.yaml:5:14 spec.training.epochs: given an unknown field; allowed: minEvents, holdout, retrain, refresh, skew, promotion, image, workers, gpu, resources, queueName, priorityClassName, retries, activeDeadlineSeconds, historyLimit',
  ],
  [
    'training: {gpu: 1}',
    'p.yaml:5:19 spec.training.gpu: given 1; allowed: an object with fields of its own: resourceName, count, products, ' +
      'runtimeClassName, tolerations, resourceClaimTemplateName',
  ],
  // types and bounds
  ['preset: shop/v2', 'p.yaml:5:11 spec.preset: given "shop/v2"; allowed: shop/v1 or none'],
  ['events: view', 'p.yaml:5:11 spec.events: given "view"; allowed: a list'],
  ['identity: 3', 'p.yaml:5:13 spec.identity: given 3; allowed: an object with fields of its own: mergeOn'],
  ['kafka: {}', 'p.yaml:5:10 spec.kafka.bootstrapServers: given nothing; allowed: a text'],
  ['kafka: {bootstrapServers: ""}', 'p.yaml:5:29 spec.kafka.bootstrapServers: given ""; allowed: at least 1 character'],
  [
    'kafka: {bootstrapServers: k, partitions: 0}',
    'p.yaml:5:44 spec.kafka.partitions: given 0; allowed: a whole number from 1 to 1000',
  ],
  [
    'kafka: {bootstrapServers: k, partitions: 1.5}',
    'p.yaml:5:44 spec.kafka.partitions: given 1.5; allowed: a whole number from 1 to 1000',
  ],
  [
    'kafka: {bootstrapServers: k, replicationFactor: "3"}',
    'p.yaml:5:51 spec.kafka.replicationFactor: given "3"; allowed: a whole number from 1 to 7',
  ],
  [
    'kafka: {bootstrapServers: k, retention: 7days}',
    'p.yaml:5:43 spec.kafka.retention: given "7days"; allowed: a duration such as 90s, 15m or 168h',
  ],
  [
    'kafka: {bootstrapServers: k, retention: 0s}',
    'p.yaml:5:43 spec.kafka.retention: given "0s"; allowed: a duration from 1ms to 876000h',
  ],
  [
    'store: {redis: {url: "redis"}}',
    'p.yaml:5:24 spec.store.redis.url: given "redis"; allowed: a Redis URL such as redis://redis:6379',
  ],
  ['ingest: {log: {size: 5GB}}', 'p.yaml:5:24 spec.ingest.log.size: given "5GB"; allowed: a size such as 512Mi or 5Gi'],
  [
    'ingest: {limits: {eventsPerSecond: 0}}',
    'p.yaml:5:38 spec.ingest.limits.eventsPerSecond: given 0; allowed: a whole number from 1 to 10000000',
  ],
  [
    'events: [{name: view, weight: 1}]',
    'p.yaml:5:33 spec.events[0].weight: given 1; allowed: a decimal number in quotes, such as "0.8"',
  ],
  [
    'events: [{name: view, weight: "1001"}]',
    'p.yaml:5:33 spec.events[0].weight: given "1001"; allowed: a decimal number in quotes, from "0" to "1000"',
  ],
  ['events: [{name: "9lives"}]', `p.yaml:5:19 spec.events[0].name: given "9lives"; allowed: ${name}`],
  ['events: [{weight: "1"}]', `p.yaml:5:12 spec.events[0].name: given nothing; allowed: ${name}`],
  [
    'events: [{name: view, required: [price]}]',
    'p.yaml:5:36 spec.events[0].required[0]: given "price"; allowed: a field of the event: value, quantity, text, time, type, itemId, item.category, item.brand, item.title, item.price, item.available, properties.… or context.…',
  ],
  [
    'events: [{name: view, required: [text, text]}]',
    'p.yaml:5:42 spec.events[0].required[1]: given "text"; allowed: each entry once in this list',
  ],
  [
    'events: [{name: a}, {name: a}]',
    'p.yaml:5:30 spec.events[1].name: given "a"; allowed: each name once in this list',
  ],
  [
    'stages: [{name: serving, replicas: 2}]',
    'p.yaml:5:19 spec.stages[0].name: given "serving"; allowed: ingest, cleaner or feature',
  ],
  [
    'serving: {rules: {excludeBought: "yes"}}',
    'p.yaml:5:36 spec.serving.rules.excludeBought: given "yes"; allowed: true or false',
  ],
  [
    'serving: {authentication: {jwksUrl: "ftp://x", issuer: i, audience: a}}',
    'p.yaml:5:39 spec.serving.authentication.jwksUrl: given "ftp://x"; allowed: an http or https URL',
  ],
  [
    'training: {holdout: {fraction: "0.9"}}',
    'p.yaml:5:34 spec.training.holdout.fraction: given "0.9"; allowed: a decimal number in quotes, from "0.01" to "0.5"',
  ],
  [
    'training: {retrain: {mode: Sometimes}}',
    'p.yaml:5:30 spec.training.retrain.mode: given "Sometimes"; allowed: Never, OnGrowth, OnSchedule or OnDrift',
  ],
  ['identity: {mergeOn: [login]}', 'p.yaml:5:24 spec.identity.mergeOn[0]: given "login"; allowed: identify or alias'],
  // features
  [feature('{name: a}'), `p.yaml:6:5 spec.features[0]: given {"name":"a"}; allowed: exactly one kind: ${kinds}`],
  [
    feature('{name: a, count: {}, sinceLast: {}}'),
    `p.yaml:6:5 spec.features[0]: given {"name":"a","count":{},"sinceLast":{}}; allowed: exactly one kind: ${kinds}`,
  ],
  [feature('{name: a-b, count: {}}'), `p.yaml:6:12 spec.features[0].name: given "a-b"; allowed: ${attribute}`],
  [
    feature('{name: a, count: {window: 1.5h}}'),
    `p.yaml:6:31 spec.features[0].count.window: given "1.5h"; allowed: ${wholeSeconds}`,
  ],
  [
    feature('{name: a, count: {events: []}}'),
    'p.yaml:6:31 spec.features[0].count.events: given []; allowed: at least 1 entry',
  ],
  [
    feature('{name: a, count: {pane: 1h}}'),
    'p.yaml:6:29 spec.features[0].count.pane: given "1h"; allowed: a pane only with a window',
  ],
  [
    feature('{name: a, count: {window: 24h, pane: 7h}}'),
    'p.yaml:6:42 spec.features[0].count.pane: given "7h"; allowed: a pane that divides the window without rest',
  ],
  [
    feature('{name: a, count: {window: 100s}}'),
    'p.yaml:6:31 spec.features[0].count.window: given "100s"; allowed: a window of a multiple of 30s, or with its own pane',
  ],
  [
    feature('{name: a, count: {window: 8760h, pane: 1h}}'),
    'p.yaml:6:44 spec.features[0].count.pane: given "1h"; allowed: a window of at most 366 panes',
  ],
  [feature('{name: a, sum: {}}'), `p.yaml:6:20 spec.features[0].sum.field: given nothing; allowed: ${numberField}`],
  [
    feature('{name: a, mean: {field: text}}'),
    `p.yaml:6:29 spec.features[0].mean.field: given "text"; allowed: ${numberField}`,
  ],
  [
    feature('{name: a, sequence: {length: 500}}'),
    'p.yaml:6:34 spec.features[0].sequence.length: given 500; allowed: a whole number from 1 to 200',
  ],
  [
    feature('{name: a, interest: {of: value, halfLife: 168h}}'),
    'p.yaml:6:30 spec.features[0].interest.of: given "value"; allowed: a field that holds a name: type, text, itemId, item.category, item.brand, item.title, properties.… or context.…',
  ],
  [
    feature('{name: a, interest: {of: itemId, halfLife: 1h}}'),
    'p.yaml:6:48 spec.features[0].interest.halfLife: given "1h"; allowed: a duration from 24h to 2160h',
  ],
  // cleaning
  [
    step('{name: s, field: value}'),
    'p.yaml:7:7 spec.cleaning.normalise[0]: given {"name":"s","field":"value"}; allowed: exactly one of unit and text',
  ],
  [
    step('{name: s, field: value, unit: EUR}'),
    'p.yaml:7:7 spec.cleaning.normalise[0]: given {"name":"s","field":"value","unit":"EUR"}; allowed: unit, unitField and factors only together',
  ],
  [
    step('{name: s, field: itemId, unit: g, unitField: properties.unit, factors: [{unit: kg, factor: "1000"}]}'),
    'p.yaml:7:24 spec.cleaning.normalise[0].field: given "itemId"; allowed: a unit only for a field that holds a number: value, quantity, item.price, properties.… or context.…',
  ],
  [
    step('{name: s, field: value, text: [Trim]}'),
    'p.yaml:7:24 spec.cleaning.normalise[0].field: given "value"; allowed: text steps only for a field that holds a text: text, item.category, item.brand, item.title, properties.… or context.…',
  ],
  [
    step('{name: s, field: text, text: [Uppercase]}'),
    'p.yaml:7:37 spec.cleaning.normalise[0].text[0]: given "Uppercase"; allowed: Trim, Lowercase, NFKC or CollapseSpaces',
  ],
  [
    rule('event.value >'),
    'p.yaml:7:37 spec.cleaning.rules[0].when: given "event.value >"; allowed: a CEL expression: <input>:1:13: found > but expecting end of input',
  ],
  [
    rule('evnt.value > 1.0'),
    'p.yaml:7:37 spec.cleaning.rules[0].when: given "evnt.value > 1.0"; allowed: a CEL expression over event; there is no evnt',
  ],
  [
    rule('event.item.prize > 1.0'),
    'p.yaml:7:37 spec.cleaning.rules[0].when: given "event.item.prize > 1.0"; allowed: a CEL expression over event; it has no prize, only category, brand, title, price, available',
  ],
  [
    rule('event.value'),
    'p.yaml:7:37 spec.cleaning.rules[0].when: given "event.value"; allowed: an expression that is true or false',
  ],
  // names that must exist
  [
    feature('{name: a, count: {events: [veiw]}}'),
    `p.yaml:6:32 spec.features[0].count.events[0]: given "veiw"; allowed: the name of an event: ${presetEvents} (did you mean view?)`,
  ],
  [
    feature('{name: a, ratio: {of: spend30, to: history}}'),
    `p.yaml:6:27 spec.features[0].ratio.of: given "spend30"; allowed: the name of a feature whose value is a number: ${presetNumbers} (did you mean spend30d?)`,
    `p.yaml:6:40 spec.features[0].ratio.to: given "history"; allowed: the name of a feature whose value is a number: ${presetNumbers}`,
  ],
  [
    model('{history: histroy, target: [buy]}'),
    'p.yaml:6:36 spec.models[0].recommend.history: given "histroy"; allowed: the name of a sequence feature: history (did you mean history?)',
    `p.yaml:6:54 spec.models[0].recommend.target[0]: given "buy"; allowed: the name of an event: ${presetEvents}`,
  ],
  [
    `preset: none\n${model('{history: history, target: [identify]}')}`,
    'p.yaml:7:36 spec.models[0].recommend.history: given "history"; allowed: a history that is a sequence feature of this pipeline (it has no preset to supply one)',
  ],
  [
    `preset: none\n${feature('{name: a, ratio: {of: b, to: a}}')}`,
    'p.yaml:7:27 spec.features[0].ratio.of: given "b"; allowed: an of and a to that are features of this pipeline (it has no preset to supply them)',
    'p.yaml:7:34 spec.features[0].ratio.to: given "a"; allowed: the name of a feature whose value is a number: there is none',
  ],
  [
    feature('{name: history, count: {}}'),
    'p.yaml:5:3 spec.preset: given "history" (the preset\'s next-item.recommend.history); allowed: the name of a sequence feature: there is none',
  ],
  [
    'serving: {rules: {pin: [a, b], bury: [b]}}',
    'p.yaml:5:41 spec.serving.rules.bury[0]: given "b"; allowed: an item that is not pinned',
  ],
];

describe('a bad spec', () => {
  it.each(badSpecs)('%s', (spec, ...expected) => {
    expect(errorsIn(spec)).toEqual(expected);
  });

  it('has all its errors named, down the page, though they are of different sorts', () => {
    const errors = errorsIn(
      ['events: [{name: view, weight: 1}, {name: view}]', 'models: none', rule('event.vlue > 1.0')].join('\n'),
    );
    expect(errors.map((line) => line.replace(/^p.yaml:|: given .*/g, ''))).toEqual([
      '5:33 spec.events[0].weight',
      '5:44 spec.events[1].name',
      '6:11 spec.models',
      '9:37 spec.cleaning.rules[0].when',
    ]);
  });

  it('has more features than fit, once the preset adds its own', () => {
    const many = Array.from({ length: 60 }, (_, index) => `- {name: f${index}, count: {}}`);
    expect(errorsIn(`features:\n${many.join('\n')}`)).toEqual([
      "p.yaml:6:3 spec.features: given 74 features, 14 of them the preset's; allowed: at most 64, or preset: none",
    ]);
  });
});
