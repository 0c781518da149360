/** The routes of the API as data. The router, the OpenAPI document and its test all read this one table. */
import type { z } from 'zod';
import type { answerSchemas, requestSchemas } from './schemas.ts';
import { nextQuery, profileQuery, propensitiesQuery, recommendQuery, similarQuery } from './schemas.ts';

export interface Operation {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/v1/profiles/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** What `{id}` names, where the path has it. */
  readonly id?: string;
  readonly query?: z.ZodObject;
  readonly body?: keyof typeof requestSchemas;
  readonly answer: keyof typeof answerSchemas;
  /** Statuses other than 200 and those that every operation shares, each with its codes. */
  readonly errors: Readonly<Record<number, string>>;
}

/** What any operation may answer. */
export const sharedErrors: Readonly<Record<number, string>> = {
  400: 'BadRequest: a parameter or the body is not as documented',
  401: 'Unauthenticated: no valid token and no known key; only where serving.authentication or read keys are set',
  403:
    'MissingScope: the token lacks the scope likeness.read, or the key the scope read. ' +
    'ForbiddenOrigin: without authentication only this machine may read, and no page of another site',
  500: 'Internal: a bug; the log has it under the same time',
};

const storeDown =
  'StoreUnavailable: the profile store cannot be reached; Retry-After says when to try again. ' +
  'DefinitionChanged: the profile was stored by code that read its features otherwise, and has to be rebuilt';
const noModel = 'NoModel: no model has been activated yet; Retry-After says when to try again';
const asOfBeforeState = "AsOfBeforeState: asOf lies before the profile's newest event; `earliest` can be answered";
const bodyErrors = {
  413: 'BodyTooLarge: the body has more than 100 kB',
  415: 'UnsupportedMediaType: the body is not application/json',
};

export const operations = {
  getProfile: {
    method: 'get',
    path: '/v1/profiles/{id}',
    summary: 'A live profile',
    description: 'All attributes of a user or an anonymous visitor, each with its time and provenance.',
    id: 'Id of the user or the anonymous visitor.',
    query: profileQuery,
    answer: 'Profile',
    errors: { 404: 'NotFound: no event of this profile has been counted', 422: asOfBeforeState, 503: storeDown },
  },
  getPropensities: {
    method: 'get',
    path: '/v1/profiles/{id}/propensities',
    summary: 'How likely events are',
    description:
      'For each model that classifies, the calibrated probability that one of its events comes within its time. The ' +
      'features are the attributes of the profile at `asOf`.',
    id: 'Id of the user or the anonymous visitor.',
    query: propensitiesQuery,
    answer: 'Propensities',
    errors: {
      404: 'NotFound: no event of this profile has been counted, or no such model classifies',
      422: asOfBeforeState,
      503: `${storeDown}. ${noModel}`,
    },
  },
  getNext: {
    method: 'get',
    path: '/v1/profiles/{id}/next',
    summary: 'What comes next',
    description:
      "For each model whose ranker has further heads (the spec's models[].recommend.ranker.heads): how likely each of its " +
      'labels is, the likeliest category of the next target event, and the time to it, all from the stored history.',
    id: 'Id of the user or the anonymous visitor.',
    query: nextQuery,
    answer: 'Next',
    errors: {
      404: 'NotFound: no event of this profile has been counted, or no such model has further heads',
      503: `${storeDown}. ${noModel}`,
    },
  },
  getRecommendations: {
    method: 'get',
    path: '/v1/recommendations/{id}',
    summary: 'Recommendations for a profile',
    description:
      'The best items for what this profile did. A profile without a history gets the popular items ' +
      '(`personalised` is false, `fallback` is popularity), an unknown id too. Left out: items that the catalogue ' +
      "calls unavailable, items of `exclude`, with `category` all others, and, if the spec's " +
      'serving.rules.excludeBought is true, items that this profile bought within its stored history. Pinned items ' +
      'come first, in their order, unless left out; items of serving.rules.bury are never recommended.',
    id: 'Id of the user or the anonymous visitor.',
    query: recommendQuery,
    answer: 'Recommendations',
    errors: { 404: 'NotFound: no such model in the spec', 422: asOfBeforeState, 503: `${storeDown}. ${noModel}` },
  },
  postRecommendations: {
    method: 'post',
    path: '/v1/recommendations',
    summary: 'Recommendations for a session',
    description:
      'As GET, for events that have not reached the profile yet: they continue the stored history of `userId`, or are ' +
      'the whole history of a visitor who has none. Events of types that the history does not hold are ignored.',
    body: 'RecommendRequest',
    answer: 'Recommendations',
    errors: {
      ...bodyErrors,
      404: 'NotFound: no such model in the spec',
      422: asOfBeforeState,
      503: `${storeDown}. ${noModel}`,
    },
  },
  batchGetProfiles: {
    method: 'post',
    path: '/v1/profiles:batchGet',
    summary: 'Many live profiles',
    description: 'Up to 100 profiles in one request. An id that cannot be answered is named in `errors`.',
    body: 'BatchGetRequest',
    answer: 'BatchGetAnswer',
    errors: { ...bodyErrors, 503: storeDown },
  },
  getSimilarItems: {
    method: 'get',
    path: '/v1/items/{id}/similar',
    summary: 'Items like this one',
    description: 'The items that the model holds most similar, without unavailable and buried ones.',
    id: 'Id of the item.',
    query: similarQuery,
    answer: 'SimilarItems',
    errors: { 404: 'NotFound: the model does not know this item, or there is no such model in the spec', 503: noModel },
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof operations;
