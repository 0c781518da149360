/** What no schema can see: `likeness validate` refuses it, and in a cluster the condition SpecValid says it. */
import { refusedBy } from './refusal.ts';

/** Of the curve P-256. */
const ecKey =
  '-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9N3FEQxf7lLUbE4IbYEShcKjTeJy\\nQ5N1iO8VHL0ZDvqYMx7S4yLsiJuvylsql4XDArNDfv4U9VvGLLTR+n1k+A==\\n-----END PUBLIC KEY-----\\n';
const feature = (kind: string) => `spec: {features: [{name: a, ${kind}}]}`;

export const refusedByValidate = refusedBy('Validate', [
  {
    name: 'a feature of events that there are not',
    patch: feature('count: {events: [veiw]}'),
    path: 'spec.features[0].count.events[0]',
    message:
      'the name of an event: view, cart, purchase, return, review, search, support, page, screen, group, identify, alias',
  },
  {
    name: 'a label of a ranker whose event is no step of the history',
    patch:
      'spec: {features: [{name: bought, sequence: {events: [purchase], length: 30}}], models: [{name: m, recommend: {history: bought, target: [purchase], ranker: {heads: {propensity: [{name: l, events: [cart]}]}}}}]}',
    path: 'spec.models[0].recommend.ranker.heads.propensity[0].events[0]',
    message: 'the name of an event of the history or the target: purchase',
  },
  {
    name: 'a rule that does not compile',
    patch: 'spec: {cleaning: {rules: [{name: r, when: "event.value >", action: Drop}]}}',
    path: 'spec.cleaning.rules[0].when',
    message: 'a CEL expression: <input>:1:13: found > but expecting end of input',
  },
  {
    name: 'a window of the preset that the archive does not reach',
    patch: 'spec: {archive: {retention: 800h}}',
    path: 'spec.archive.retention',
    message: "at least the longest window of the preset's features (here avgOrder), or preset: none",
  },
  {
    name: 'an item both pinned and buried',
    patch: 'spec: {serving: {rules: {pin: [a], bury: [a]}}}',
    path: 'spec.serving.rules.bury[0]',
    message: 'an item that is not pinned',
  },
  {
    name: 'a trusted key of another kind',
    patch: `spec: {modelStore: {trustedKeys: ["${ecKey}"]}}`,
    path: 'spec.modelStore.trustedKeys[0]',
    message: 'a public key of an Ed25519 pair, as PEM',
  },
  {
    name: 'a schedule that never comes up',
    patch: "spec: {training: {retrain: {mode: OnSchedule, schedule: '0 3 31 2 *'}}}",
    path: 'spec.training.retrain.schedule',
    message: 'a cron schedule of five fields that comes up, such as "0 3 * * *"',
  },
  {
    name: 'a schedule with an hour that there is not',
    patch: "spec: {training: {retrain: {mode: OnSchedule, schedule: '0 24 * * *'}}}",
    path: 'spec.training.retrain.schedule',
    message: 'a cron schedule of five fields that comes up, such as "0 3 * * *"',
  },
  {
    name: 'a time zone that there is not',
    patch: "spec: {training: {retrain: {mode: OnSchedule, schedule: '0 3 * * *', timeZone: Europe/Bielefeld}}}",
    path: 'spec.training.retrain.timeZone',
    message: 'a known time zone',
  },
  {
    name: 'a label of events that there are not',
    patch:
      'spec: {preset: none, events: [{name: view}], models: [{name: m, classify: {label: {events: [sale]}, features: [views]}}]}',
    path: 'spec.models[0].classify.label.events[0]',
    message: 'the name of an event: view, identify, alias',
  },
  {
    name: 'a sequence to classify by',
    patch: 'spec: {models: [{name: m, classify: {label: {events: [view]}, features: [history]}}]}',
    path: 'spec.models[0].classify.features[0]',
    message:
      'the name of a feature that is no sequence: views7d, views30d, carts7d, purchases30d, returns30d, spend30d, avgOrder, lastPurchase, firstSeen, lastSeen, interests, conversion, returnRate, views',
  },
  {
    name: 'nothing to classify by',
    patch:
      'spec: {preset: none, events: [{name: view}], features: [{name: past, sequence: {}}], models: [{name: m, classify: {label: {events: [view]}}}]}',
    path: 'spec.models[0].classify',
    message: 'a model that can learn from features: the pipeline has none whose value is a number',
  },
  {
    name: 'a cleaning step for events that there are not',
    patch:
      'spec: {preset: none, events: [{name: view}], cleaning: {impute: [{name: a, field: value, with: Constant, constant: "1", events: [sale]}]}}',
    path: 'spec.cleaning.impute[0].events[0]',
    message: 'the name of an event: view, identify, alias',
  },
  {
    name: 'a scaled number that no step writes',
    patch:
      'spec: {features: [{name: a, mean: {field: scaled.price}}], cleaning: {scale: [{name: spend, field: value, method: Log}]}}',
    path: 'spec.features[0].mean.field',
    message: 'scaled. and the name of a step of cleaning.scale: spend',
  },
  {
    name: 'steps that learn, and nothing to learn with',
    patch:
      'spec: {preset: none, events: [{name: view}], cleaning: {scale: [{name: spend, field: value, method: Robust}]}}',
    path: 'spec.cleaning',
    message: 'steps that learn only with a model of the pipeline, which is what they are learned with',
  },
]);
