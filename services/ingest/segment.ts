/**
 * Segment's calls → canonical events. Pure.
 *
 * | call | canonical |
 * |---|---|
 * | track, an event of segment-commerce.ts | its shop type; an order becomes one event per product |
 * | track, any other event | its name in kebab case: `Video Played` → `video-played` |
 * | identify | `identify`, traits as properties |
 * | alias | `alias` with `previousId` |
 * | page, screen | `page`, `screen` with `name` and `category` in properties |
 * | group | `group` with `groupId` and the traits in properties |
 *
 * A type that the pipeline's spec does not list is the cleaner's to refuse. `time` is the first of timestamp,
 * originalTimestamp, sentAt of the call, sentAt of the batch, now. It is not corrected for the client's clock:
 * the correction differs with every retry, and two copies of an event must be equal.
 */
import { type Refusal, refuse } from './refusal.ts';
import { mapTrack } from './segment-commerce.ts';
import { isObject, type JsonObject } from './shape.ts';

export const segmentCalls = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
export type SegmentCall = (typeof segmentCalls)[number];

export interface SegmentContext {
  /** The call that the route names; a batch has none and its items say it. */
  readonly call?: SegmentCall;
  /** `sentAt` of the batch. */
  readonly sentAt?: unknown;
  /** Ingest's wall clock, RFC 3339. */
  readonly now: string;
  readonly newId: () => string;
}

/** Canonical events (without ingest's stamps, their times not yet checked), or why the call is none. */
export function mapCall(value: JsonObject, context: SegmentContext): JsonObject[] | Refusal {
  const call = context.call ?? value['type'];
  const base = baseOf(value, context);
  switch (call) {
    case 'track':
      return mapTrack(base, value['event'], objectOr(value['properties']));
    case 'identify':
      return [{ ...base, type: 'identify', properties: objectOr(value['traits']) }];
    case 'alias':
      return [{ ...base, type: 'alias', previousId: idOf(value['previousId']) ?? null }];
    case 'page':
    case 'screen':
      return [{ ...base, type: call, properties: pageProperties(value) }];
    case 'group':
      return [
        { ...base, type: 'group', properties: { ...objectOr(value['traits']), groupId: value['groupId'] ?? null } },
      ];
    default:
      return refuse('NoType', `type must be one of ${segmentCalls.join(', ')}`);
  }
}

function baseOf(value: JsonObject, context: SegmentContext): JsonObject {
  const base: JsonObject = {
    id: idOf(value['messageId']) ?? context.newId(),
    time: value['timestamp'] ?? value['originalTimestamp'] ?? value['sentAt'] ?? context.sentAt ?? context.now,
  };
  const userId = idOf(value['userId']);
  const anonymousId = idOf(value['anonymousId']);
  if (userId !== undefined) base['userId'] = userId;
  if (anonymousId !== undefined) base['anonymousId'] = anonymousId;
  if (isObject(value['context'])) base['context'] = value['context'];
  return base;
}

function pageProperties(value: JsonObject): JsonObject {
  const properties = { ...objectOr(value['properties']) };
  for (const key of ['name', 'category'])
    if (value[key] !== undefined && value[key] !== null) properties[key] = value[key];
  return properties;
}

/** Segment's own libraries take numbers as ids and send them as they are. */
function idOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
