/**
 * kafkajs asks one broker after the other and drops each refusal, so that a missing right looks like a coordinator or
 * metadata that nobody has. This pool says it.
 */

interface BrokerPool {
  /** The first answer; null if no broker gave one. */
  withBroker(ask: (at: unknown) => Promise<unknown>): Promise<unknown>;
}

// A class that is extended must take its base's arguments as they come.
export type BrokerPoolClass = new (...args: never[]) => BrokerPool;

export function frankBrokerPool(Original: BrokerPoolClass): BrokerPoolClass {
  return class FrankBrokerPool extends Original {
    override async withBroker(ask: (at: unknown) => Promise<unknown>): Promise<unknown> {
      let refusal: unknown;
      const answer = await super.withBroker((at) =>
        ask(at).catch((error: unknown) => {
          if (isMissingRight(error)) refusal = error;
          throw error;
        }),
      );
      if (answer === null && refusal !== undefined) throw refusal;
      return answer;
    }
  };
}

const isMissingRight = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && String(error.type).endsWith('AUTHORIZATION_FAILED');
