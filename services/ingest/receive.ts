/** An accepted body → durable → its answer. */
import { LikenessError } from '../shared/errors.ts';
import type { Clock } from '../shared/service.ts';
import type { Accepted } from './accept.ts';
import { type Answer, answerFates, answerRefusal } from './answer.ts';
import type { Delivery } from './delivery.ts';
import type { IngestMetrics } from './metrics.ts';
import { overloaded } from './pressure.ts';
import type { RateLimit } from './rate-limit.ts';
import { isRefusal, type Refusal } from './refusal.ts';

export interface Receiver {
  /** Whether a body can be taken at all, before it is read. */
  refusal(): Refusal | undefined;
  receive(accepted: Accepted | Refusal): Promise<Answer>;
  refuse(refusal: Refusal): Answer;
}

export interface ReceiverDeps {
  readonly delivery: Delivery;
  readonly rate: RateLimit;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  /** Told of every body that could not be made durable. */
  readonly onFailure: (error: unknown) => void;
}

export function createReceiver({ delivery, rate, metrics, clock, onFailure }: ReceiverDeps): Receiver {
  const refuse = (refusal: Refusal): Answer => {
    metrics.refused(refusal);
    return answerRefusal(refusal);
  };
  const tooFast = (): Refusal | undefined => {
    const waitMs = rate.waitMs(clock.now());
    return waitMs > 0 ? overloaded('more events than the limit of events a second', waitMs) : undefined;
  };
  return {
    refuse,
    refusal: () => delivery.refusal(0) ?? tooFast(),
    receive: async (accepted) => {
      if (isRefusal(accepted)) return refuse(accepted);
      const { lot, fates } = accepted;
      if (lot.events > 0) {
        const refusal = delivery.refusal(lot.events);
        if (refusal !== undefined) return refuse(refusal);
        rate.take(lot.events, clock.now());
        try {
          await delivery.deliver(lot);
        } catch (error) {
          onFailure(error);
          return refuse(unavailable(error));
        }
      }
      metrics.fates(fates);
      return answerFates(fates);
    },
  };
}

/** Nothing was promised: the sender repeats the body. Part of it may have become durable all the same. */
function unavailable(error: unknown): Refusal {
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const logFailed = causes.some((cause) => cause instanceof LikenessError && cause.code === 'WriteAheadLogFailed');
  const code = logFailed ? 'WriteAheadLogFailed' : 'BrokerUnavailable';
  return {
    status: 503,
    code,
    message: 'The events could not be made durable: send the same again',
    retryAfterSeconds: 1,
  };
}
