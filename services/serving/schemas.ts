/** Requests and answers of the API: one definition for the types, the validation at run time and the OpenAPI document. */
import { z } from 'zod';

/** Longest id of a profile or an item, in characters. */
const id = z.string().min(1).max(256);
const time = z.iso.datetime({ offset: true });

/** At most so many items in one answer. */
const maxItems = 200;
/** At most so many profiles in one batch. */
const maxBatch = 100;
const maxExcluded = 1000;
const maxSessionEvents = 200;

const asOf = time.describe(
  'The moment at which windows and decays are computed; default: now. It moves the clock, not the state, so it must ' +
    "not lie before the profile's newest event.",
);
const n = z.int().min(1).max(maxItems).default(10).describe('How many items at most.');
const exclude = z.array(id).max(maxExcluded).default([]).describe('Items that must not be in the answer.');
const category = z.string().min(1).max(256).describe('Only items of this category of the catalogue.');
const model = z.string().min(1).max(63).describe("Name of a model of the spec; default: the spec's first.");

const countInQuery = z.coerce.number().int().min(1).max(maxItems).default(10).describe('How many items at most.');

export const profileQuery = z.strictObject({ asOf: asOf.optional() });
export const recommendQuery = z.strictObject({
  n: countInQuery,
  exclude: exclude.describe('Items that must not be in the answer; repeat the parameter for several.'),
  category: category.optional(),
  asOf: asOf.optional(),
  model: model.optional(),
});
export const similarQuery = z.strictObject({ n: countInQuery, model: model.optional() });

export const nextQuery = z.strictObject({
  model: z.string().min(1).max(63).describe('Name of a model whose ranker has further heads; default: all.').optional(),
});

export const propensitiesQuery = z.strictObject({
  asOf: asOf.optional(),
  model: z.string().min(1).max(63).describe('Name of a model that classifies; default: all of them.').optional(),
});

const batchGetRequest = z.strictObject({
  ids: z.array(id).min(1).max(maxBatch),
  asOf: asOf.optional(),
});
const sessionEvent = z.strictObject({
  itemId: id,
  type: z.string().min(1).max(63).describe("Type of the event, as in the spec's `events`."),
  time: time.optional().describe('Default: now.'),
});
export const recommendRequest = z.strictObject({
  userId: id.nullish().describe('Whose stored history the events continue; absent: a visitor without one.'),
  events: z
    .array(sessionEvent)
    .max(maxSessionEvents)
    .default([])
    .describe('What happened in this session and may not have reached the profile yet.'),
  n,
  exclude,
  category: category.nullish(),
  asOf: asOf.nullish(),
  model: model.nullish(),
});

const attribute = z.object({
  value: z.unknown(),
  time: z.string().nullable().describe('Time of the newest event counted.'),
  provenance: z.object({
    definition: z.string().describe("SHA-256 of the feature's canonical JSON and its code version."),
    events: z.int().min(0).describe('How many events were counted.'),
    newest: z.object({ time: z.string(), id: z.string() }).nullable(),
  }),
  approximate: z.literal(true).optional().describe('The value is an estimate (a HyperLogLog).'),
});
const profile = z.object({
  id: z.string(),
  profileIds: z.array(z.string()).optional().describe('The identities that were merged, if there is more than one.'),
  asOf: z.string(),
  attributes: z.record(z.string(), attribute),
});
const errorDetail = z.object({
  code: z.string(),
  message: z.string(),
  earliest: z.string().optional().describe('AsOfBeforeState: the earliest asOf that can be answered.'),
});
const batchGetAnswer = z.object({
  profiles: z.array(profile).describe('In the order asked for.'),
  errors: z.array(errorDetail.extend({ id: z.string() })).describe('The ids that could not be answered, and why.'),
});
const modelInfo = z.object({
  name: z.string(),
  kind: z.string(),
  version: z.string(),
  generation: z.int().min(0),
  trainedAt: z.string(),
  ageSeconds: z.int().min(0),
  items: z.int().min(1).describe('How many items it knows.'),
});
const scoredItem = z.object({
  itemId: z.string(),
  score: z.number().describe('Comparable within one answer only.'),
  title: z.string().optional(),
  pinned: z.literal(true).optional().describe("In its place because of the spec's serving.rules.pin."),
});
const recommendations = z.object({
  items: z.array(scoredItem).max(maxItems),
  model: modelInfo,
  personalised: z.boolean().describe('False: nothing is known of this visitor that the model can use.'),
  fallback: z.literal('popularity').optional(),
  requestId: z.string().describe('Names this answer in the stream `predictions`.'),
});
const similarItems = z.object({ itemId: z.string(), items: z.array(scoredItem).max(maxItems), model: modelInfo });
const propensity = z.object({
  probability: z
    .number()
    .min(0)
    .max(1)
    .describe('How likely the event is: calibrated, so that of 100 such about so many come.'),
  events: z.array(z.string()).describe('Types of the events that are foreseen.'),
  within: z.string().describe('So soon after `asOf`.'),
  model: z.object({
    name: z.string(),
    kind: z.string(),
    version: z.string(),
    generation: z.int().min(0),
    trainedAt: z.string(),
    ageSeconds: z.int().min(0),
  }),
});
const propensities = z.object({
  id: z.string(),
  asOf: z.string(),
  propensities: z
    .array(propensity)
    .describe('Of each model that classifies and is in service, in the order of the spec.'),
});
const next = z.object({
  after: z.string().describe('Time of the newest step of the history: what is said is said of what comes after it.'),
  propensities: z
    .array(
      z.object({
        label: z.string(),
        probability: z
          .number()
          .min(0)
          .max(1)
          .describe('How likely one of the events is, as the network says; its calibration is in the manifest.'),
        events: z.array(z.string()).describe('Types of the events that are foreseen.'),
        within: z.string().describe('So soon after `after`.'),
      }),
    )
    .describe('Of each label of `heads.propensity`.'),
  category: z
    .object({ name: z.string(), probability: z.number().min(0).max(1) })
    .optional()
    .describe('The likeliest category of the next target event; only with `heads.nextCategory`.'),
  secondsToNext: z
    .number()
    .min(0)
    .optional()
    .describe('About so long after `after` the next target event comes, if one does; only with `heads.timeToNext`.'),
  model: modelInfo,
});
const nextAnswer = z.object({
  id: z.string(),
  next: z
    .array(next)
    .describe(
      'Of each model in service whose ranker has further heads, in the order of the spec. A model that answers without ' +
        'its ranker, because it was no better on the hold-out, is not among them, nor one that knows nothing of the history.',
    ),
});
const error = z.object({ error: errorDetail });

/** Named schemas of the OpenAPI document. */
export const requestSchemas = { BatchGetRequest: batchGetRequest, RecommendRequest: recommendRequest };
export const answerSchemas = {
  Attribute: attribute,
  Profile: profile,
  BatchGetAnswer: batchGetAnswer,
  Model: modelInfo,
  Item: scoredItem,
  Recommendations: recommendations,
  SimilarItems: similarItems,
  Propensity: propensity,
  Propensities: propensities,
  Next: nextAnswer,
  Error: error,
};

export type RecommendRequest = z.output<typeof recommendRequest>;
export type ProfileAnswer = z.output<typeof profile>;
export type BatchGetAnswer = z.output<typeof batchGetAnswer>;
export type ModelAnswer = z.output<typeof modelInfo>;
export type ScoredItem = z.output<typeof scoredItem>;
export type RecommendationsAnswer = z.output<typeof recommendations>;
export type SimilarItemsAnswer = z.output<typeof similarItems>;
export type NextAnswer = z.output<typeof nextAnswer>;
export type PropensitiesAnswer = z.output<typeof propensities>;
