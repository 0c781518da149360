/** What each operation of the API does: reads a profile, asks a model, answers. */
import type { Clock } from '../shared/service.ts';
import { foresee } from './foresee.ts';
import type { ServingMetrics } from './metrics.ts';
import type { ModelUse } from './model-uses.ts';
import type { Prediction } from './predictions.ts';
import { earliestMoment, type ProfileReader, type ReadProfile } from './profile-reader.ts';
import { type ClassifierUse, propensities } from './propensities.ts';
import { type ItemLookup, recommend, type ServedModel, similarItems, type Wish } from './recommend.ts';
import { Refusal, unavailable } from './refusal.ts';
import type { Operations } from './router.ts';
import type {
  BatchGetAnswer,
  ModelAnswer,
  ProfileAnswer,
  PropensitiesAnswer,
  RecommendationsAnswer,
  RecommendRequest,
  SimilarItemsAnswer,
} from './schemas.ts';
import type { VectorSample } from './sample-vectors.ts';
import type { ServedClassifier } from './served-models.ts';
import { continueHistory } from './session.ts';
import type { TrialCounts } from './trial-counts.ts';

export interface OperateDeps {
  readonly profiles: ProfileReader;
  readonly vectors: VectorSample;
  /** The models of the spec, the first being the default. */
  readonly uses: readonly ModelUse[];
  /** Who answers this profile; null is nobody in particular. */
  readonly modelOf: (name: string, profile: string | null) => ServedModel | undefined;
  /** The models that classify, and who of them answers this profile. */
  readonly classifiers: readonly ClassifierUse[];
  readonly classifierOf: (name: string, profile: string) => ServedClassifier | undefined;
  readonly lookup: ItemLookup;
  readonly record: (prediction: Prediction) => void;
  readonly metrics: ServingMetrics;
  readonly trials: TrialCounts;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** What GET and POST of recommendations both ask. */
type Question = Pick<RecommendRequest, 'n' | 'exclude' | 'events' | 'category' | 'model' | 'asOf'>;

export function createOperations(deps: OperateDeps): Operations {
  const { profiles, clock, vectors, newId } = deps;
  return {
    async getProfile({ id, query }) {
      const profile = await profiles.read(id);
      if (!profile) throw unknownProfile(id);
      return answerProfile(profiles, profile, momentOf(profile, query.asOf, clock));
    },
    async batchGetProfiles({ body }) {
      return answerBatch(deps, body.ids, await profiles.readMany(body.ids), body.asOf);
    },
    async getPropensities({ id, query }) {
      const requestId = newId();
      const profile = await vectors.read(id, requestId);
      if (!profile) throw unknownProfile(id);
      return answerPropensities(deps, { id, profile, requestId }, query);
    },
    async getNext({ id, query }) {
      const profile = await profiles.read(id);
      if (!profile) throw unknownProfile(id);
      const modelOf = (name: string): ServedModel | undefined => deps.modelOf(name, profile.id);
      const historyOf = (use: ModelUse) => profiles.historyOf(profile, use.history);
      const said = foresee({ uses: deps.uses, modelOf, historyOf }, query.model);
      return { id, next: said.map(({ model, answer }) => ({ ...answer, model: describeModel(model, clock.now()) })) };
    },
    async getRecommendations({ id, query }) {
      const requestId = newId();
      const profile = await vectors.read(id, requestId);
      return answerRecommendations(deps, { id, profile, requestId }, { ...query, events: [] });
    },
    async postRecommendations({ body }) {
      const id = body.userId ?? null;
      const requestId = newId();
      const profile = id === null ? undefined : await vectors.read(id, requestId);
      return answerRecommendations(deps, { id, profile, requestId }, body);
    },
    getSimilarItems({ id, query }): SimilarItemsAnswer {
      const use = useOf(deps, query.model);
      const model = servedModel(deps, use, null);
      const item = model.loaded.recommender.items.indexOf(id);
      if (item < 0) throw new Refusal(404, 'NotFound', `The model ${model.name} does not know the item ${quote(id)}.`);
      const { lookup } = deps;
      const isExcluded = (other: string) => use.rules.bury.has(other) || lookup(other)?.available === false;
      const items = similarItems(model, item, query.n, { lookup, isExcluded });
      return { itemId: id, items, model: describeModel(model, clock.now()) };
    },
  };
}

const quote = (id: string): string => JSON.stringify(id);

function unknownProfile(id: string): Refusal {
  return new Refusal(
    404,
    'NotFound',
    `No event of the profile ${quote(id)} has been counted. If some were sent, the dead letters say why: likeness dead-letters list.`,
  );
}

/**
 * The moment to compute at, in milliseconds: `asOf`, or now; a profile whose newest event is a little ahead of this
 * clock is shown as of that event.
 */
function momentOf(profile: ReadProfile | undefined, asOf: string | null | undefined, clock: Clock): number {
  const earliest = profile ? earliestMoment(profile) : -Infinity;
  if (asOf === null || asOf === undefined) return Math.max(clock.now(), earliest);
  const moment = Date.parse(asOf);
  if (moment >= earliest) return moment;
  const allowed = new Date(earliest).toISOString();
  throw new Refusal(
    422,
    'AsOfBeforeState',
    `The profile's newest event is of ${allowed}; asOf must not lie before it.`,
    {
      earliest: allowed,
    },
  );
}

function answerProfile(profiles: ProfileReader, profile: ReadProfile, moment: number): ProfileAnswer {
  const { id, profileIds } = profile;
  return {
    id,
    ...(profileIds.length > 1 ? { profileIds: [...profileIds] } : {}),
    asOf: new Date(moment).toISOString(),
    attributes: profiles.attributesAt(profile, moment),
  };
}

function answerBatch(
  { profiles, clock }: OperateDeps,
  ids: readonly string[],
  found: readonly (ReadProfile | undefined)[],
  asOf: string | undefined,
): BatchGetAnswer {
  const answer: BatchGetAnswer = { profiles: [], errors: [] };
  for (const [at, id] of ids.entries()) {
    try {
      const profile = found[at];
      if (!profile) throw unknownProfile(id);
      answer.profiles.push(answerProfile(profiles, profile, momentOf(profile, asOf, clock)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, earliest } = error;
      answer.errors.push({ id, code, message, ...(earliest === undefined ? {} : { earliest }) });
    }
  }
  return answer;
}

/** Who asks, what is known of them, and the number of the answer. */
interface Asked {
  readonly id: string | null;
  readonly profile: ReadProfile | undefined;
  readonly requestId: string;
}

function answerRecommendations(
  deps: OperateDeps,
  { id, profile, requestId }: Asked,
  question: Question,
): RecommendationsAnswer {
  const { clock, metrics, lookup } = deps;
  const use = useOf(deps, question.model);
  const model = servedModel(deps, use, profile?.id ?? id);
  const moment = momentOf(profile, question.asOf, clock);
  const stored = profile ? deps.profiles.historyOf(profile, use.history) : [];
  const wish: Wish = {
    history: continueHistory(stored, question.events, use.shape, moment),
    n: question.n,
    exclude: new Set(question.exclude),
    category: question.category ?? undefined,
  };
  const { items, personalised } = deps.trials.measure(model, () => recommend(model, wish, use.rules, lookup));
  const served = question.asOf ? undefined : deps.vectors.vectorOf(profile, [use.history], moment);
  deps.record({
    requestId,
    profile: id,
    time: new Date(clock.now()).toISOString(),
    model: { name: model.name, version: model.loaded.manifest.version, generation: model.generation },
    items: items.map(({ itemId }) => itemId),
    historyLength: wish.history.length,
    personalised,
    ...(served && { served }),
  });
  metrics.recommendations.inc({ model: model.name, result: personalised ? 'personalised' : 'popularity' });
  const fallback = personalised ? {} : { fallback: 'popularity' as const };
  return { items: [...items], model: describeModel(model, clock.now()), personalised, ...fallback, requestId };
}

function answerPropensities(
  deps: OperateDeps,
  { id, profile, requestId }: Asked & { readonly id: string; readonly profile: ReadProfile },
  { model, asOf }: { readonly model?: string | undefined; readonly asOf?: string | undefined },
): PropensitiesAnswer {
  const { clock, metrics, trials, vectors, classifiers, classifierOf } = deps;
  const moment = momentOf(profile, asOf, clock);
  const attributes = deps.profiles.attributesAt(profile, moment);
  const modelOf = (name: string): ServedClassifier | undefined => classifierOf(name, profile.id);
  const question = { model, attributes, moment, now: clock.now() };
  const said = propensities(
    { uses: classifiers, modelOf, measure: (asked, work) => trials.measure(asked, work) },
    question,
  );
  for (const { model: own, answer } of said) {
    const { name, generation, loaded } = own;
    const features = loaded.classifier.encoders.map((encoder) => encoder.name);
    const served = asOf ? undefined : vectors.vectorOf(profile, features, moment);
    deps.record({
      requestId,
      profile: id,
      time: new Date(clock.now()).toISOString(),
      model: { name, version: loaded.manifest.version, generation },
      probability: answer.probability,
      ...(asOf && { asOf: new Date(moment).toISOString() }),
      ...(served && { served }),
    });
    metrics.propensities.inc({ model: name });
  }
  return { id, asOf: new Date(moment).toISOString(), propensities: said.map(({ answer }) => answer) };
}

function useOf({ uses }: OperateDeps, name: string | null | undefined): ModelUse {
  const use = name ? uses.find((candidate) => candidate.name === name) : uses[0];
  if (use) return use;
  const names = uses.map((candidate) => candidate.name).join(', ') || 'none';
  throw new Refusal(404, 'NotFound', `There is no model ${quote(name ?? '')} in the spec; its models: ${names}.`);
}

function servedModel({ modelOf }: OperateDeps, { name }: ModelUse, profile: string | null): ServedModel {
  const model = modelOf(name, profile);
  if (model) return model;
  throw unavailable('NoModel', `No model ${name} has been activated yet.`);
}

function describeModel({ name, generation, loaded, trainedAt }: ServedModel, now: number): ModelAnswer {
  const { kind, version, items, trainedAt: trained } = loaded.manifest;
  const ageSeconds = Math.max(0, Math.floor((now - trainedAt) / 1000));
  return { name, kind, version, generation, trainedAt: trained, ageSeconds, items };
}
