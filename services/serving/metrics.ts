/** The metrics of serving. */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { answerSeconds } from '../shared/trial-figures.ts';

export type ServingMetrics = ReturnType<typeof createServingMetrics>;

/** Names of the models of the spec, by what they do. Counters are born at 0, so that what comes first counts as an increase. */
export function createServingMetrics(
  registry: Registry,
  recommenders: readonly string[] = [],
  classifiers: readonly string[] = [],
) {
  const metrics = declare([registry]);
  for (const reason of ['Full', 'Refused', 'Stopped']) metrics.predictionsDropped.inc({ reason }, 0);
  for (const stream of ['items', 'models']) metrics.malformed.inc({ stream }, 0);
  for (const model of [...recommenders, ...classifiers])
    for (const result of ['loaded', 'reused', 'refused', 'unavailable']) metrics.modelLoads.inc({ model, result }, 0);
  for (const model of recommenders)
    for (const result of ['personalised', 'popularity']) metrics.recommendations.inc({ model, result }, 0);
  for (const model of classifiers) metrics.propensities.inc({ model }, 0);
  return metrics;
}

function declare(registers: Registry[]) {
  return {
    requestSeconds: new Histogram({
      name: 'likeness_http_request_seconds',
      help: 'Time from the request to the end of its answer, by route and status.',
      labelNames: ['route', 'status'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    recommendations: new Counter({
      name: 'likeness_recommendations_total',
      help: 'Answers with recommendations; result is personalised or popularity.',
      labelNames: ['model', 'result'],
      registers,
    }),
    propensities: new Counter({
      name: 'likeness_propensities_total',
      help: 'Answers of models that classify.',
      labelNames: ['model'],
      registers,
    }),
    predictionsDropped: new Counter({
      name: 'likeness_predictions_dropped_total',
      help: 'Answers of models that could not be logged; reason is Full, Refused or Stopped.',
      labelNames: ['reason'],
      registers,
    }),
    modelLoads: new Counter({
      name: 'likeness_model_loads_total',
      help: 'Attempts to load an active model; result is loaded, reused, refused or unavailable.',
      labelNames: ['model', 'result'],
      registers,
    }),
    trialAnswers: new Counter({
      name: 'likeness_trial_answers_total',
      help: 'Answers while a model is on trial; arm is canary or stable, result answered or failed.',
      labelNames: ['model', 'generation', 'arm', 'result'],
      registers,
    }),
    trialSeconds: new Histogram({
      name: 'likeness_trial_answer_seconds',
      help: 'Time that such an answer takes the model, by arm.',
      labelNames: ['model', 'generation', 'arm'],
      buckets: [...answerSeconds],
      registers,
    }),
    modelGeneration: new Gauge({
      name: 'likeness_model_generation',
      help: 'Generation of the model that answers.',
      labelNames: ['model'],
      registers,
    }),
    modelSkew: new Gauge({
      name: 'likeness_model_skew',
      help: 'Share of the values given to the model that the newest training computes otherwise.',
      labelNames: ['model'],
      registers,
    }),
    modelTrained: new Gauge({
      name: 'likeness_model_trained_timestamp_seconds',
      help: 'When the model that answers was trained; its age is time() minus this.',
      labelNames: ['model'],
      registers,
    }),
    catalogueItems: new Gauge({
      name: 'likeness_catalogue_items',
      help: 'Items that the catalogue knows.',
      registers,
    }),
    malformed: new Counter({
      name: 'likeness_malformed_records_total',
      help: 'Records of the streams items and models that could not be read, and were passed over.',
      labelNames: ['stream'],
      registers,
    }),
  };
}
