/** Kubernetes Events: what happened to an object, for the people who run `kubectl describe`. */
import type { Logger } from 'pino';
import type { Api } from './api.ts';
import { isNotFound } from './api-error.ts';
import { cut } from './conditions.ts';
import { contentHash } from './content-hash.ts';
import { kinds } from './kinds.ts';
import { microTime } from './lease-record.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { apiVersionOf, type KubeObject } from './resource.ts';
import type { Timing } from './timing.ts';

export interface EventRecorderOptions {
  readonly api: Pick<Api, 'create' | 'mergePatch'>;
  /** The controller's qualified name, such as `likeness.dev/operator`. */
  readonly reportingController: string;
  /** The process, such as the pod's name. */
  readonly reportingInstance: string;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Pick<RuntimeMetrics, 'events'>;
}

export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** One word, such as `TrainingStarted`. */
  readonly reason: string;
  /** What the controller did or tried, one word. */
  readonly action: string;
  /** For people; cut to 950 characters and to 1,024 bytes of UTF-8. */
  readonly note: string;
  /** A second object that it concerns. */
  readonly related?: KubeObject;
}

interface Sent {
  readonly name: string;
  readonly namespace: string;
  count: number;
  at: number;
}

const longestNote = 950;
/** The server counts the bytes of a note and refuses more. */
const longestNoteBytes = 1024;
/** The same event again within this time counts up the earlier one. */
const seriesMs = 6 * 60_000;
const mostRemembered = 2_000;
/** More than this waiting means that somebody records in a loop: the rest is dropped. */
const mostWaiting = 500;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** By the hash of what it says; the least recently sent first. */
  readonly #sent = new Map<string, Sent>();
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Sends in the background, one at a time. Call it on transitions only; a failure is logged and costs nothing else. */
  record(regarding: KubeObject, happening: Happening): void {
    if (this.#waiting >= mostWaiting) {
      this.#options.metrics.events.inc({ result: 'dropped' });
      return;
    }
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      await this.#send(regarding, happening);
      this.#waiting--;
    });
  }

  /** Resolves when everything recorded so far has been sent or has failed. */
  flush(): Promise<void> {
    return this.#last;
  }

  async #send(regarding: KubeObject, happening: Happening): Promise<void> {
    const { metrics, logger } = this.#options;
    try {
      const counted = await this.#countUp(regarding, happening);
      if (!counted) await this.#create(regarding, happening);
      metrics.events.inc({ result: counted ? 'counted' : 'created' });
    } catch (error) {
      metrics.events.inc({ result: 'failed' });
      const { reason, note } = happening;
      logger.warn({ code: 'EventFailed', error, reason, note }, 'an event could not be recorded');
    }
  }

  async #countUp(regarding: KubeObject, happening: Happening): Promise<boolean> {
    const { api, timing } = this.#options;
    const key = identity(regarding, happening);
    const sent = this.#sent.get(key);
    if (!sent || timing.monotonic() - sent.at > seriesMs) return false;
    const { namespace, name } = sent;
    const series = { count: sent.count + 1, lastObservedTime: microTime(timing.now()) };
    try {
      await api.mergePatch(kinds.Event, { namespace, name }, { series });
    } catch (error) {
      // The server forgets events after an hour.
      if (isNotFound(error)) return false;
      throw error;
    }
    this.#remember(key, { ...sent, count: series.count, at: timing.monotonic() });
    return true;
  }

  async #create(regarding: KubeObject, happening: Happening): Promise<void> {
    const { api, timing, reportingController, reportingInstance } = this.#options;
    const key = identity(regarding, happening);
    const namespace = regarding.metadata.namespace ?? 'default';
    const eventTime = microTime(timing.now());
    const unique = contentHash([key, eventTime, reportingInstance])
      .replace(/[^a-zA-Z0-9]/g, '')
      .slice(0, 12);
    const name = `${regarding.metadata.name.slice(0, 200)}.${unique.toLowerCase()}`;
    const { type, reason, action, note, related } = happening;
    await api.create(kinds.Event, {
      apiVersion: apiVersionOf(kinds.Event),
      kind: kinds.Event.kind,
      metadata: { name, namespace },
      eventTime,
      reportingController,
      reportingInstance,
      type,
      reason,
      action,
      note: cutNote(note),
      regarding: reference(regarding),
      ...(related && { related: reference(related) }),
    } as KubeObject);
    this.#remember(key, { name, namespace, count: 1, at: timing.monotonic() });
  }

  #remember(key: string, sent: Sent): void {
    this.#sent.delete(key);
    this.#sent.set(key, sent);
    for (const [oldest, { at }] of this.#sent) {
      if (this.#sent.size <= mostRemembered && sent.at - at <= seriesMs) return;
      this.#sent.delete(oldest);
    }
  }
}

function identity({ metadata, kind }: KubeObject, { type, reason, action, note }: Happening): string {
  return contentHash([kind, metadata.uid, metadata.namespace, metadata.name, type, reason, action, note]);
}

function cutNote(note: string): string {
  let length = longestNote;
  while (Buffer.byteLength(cut(note, length)) > longestNoteBytes) length -= 10;
  return cut(note, length);
}

function reference({ apiVersion, kind, metadata }: KubeObject) {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}
