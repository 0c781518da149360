/** A broker that may not be there yet: connected at the first use that succeeds. */
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import type { IngestBroker } from './broker-link.ts';

export interface LateBroker extends IngestBroker {
  /** Closes the connection if there is one. */
  close(): Promise<void>;
}

/**
 * Every use rejects until `connect` resolves once; each failed use tries it anew. `onRefused` is told of an error that
 * no repetition changes (a wrong address, a client that the broker does not let in).
 */
export function lateBroker(connect: () => Promise<Broker>, onRefused: (error: unknown) => void): LateBroker {
  let connecting: Promise<Broker> | undefined;
  const broker = async (): Promise<Broker> => {
    connecting ??= connect();
    try {
      return await connecting;
    } catch (error) {
      connecting = undefined;
      if (error instanceof LikenessError && !error.retryable) onRefused(error);
      throw error;
    }
  };
  return {
    producer: async () => (await broker()).producer(),
    offsets: async (topic) => (await broker()).offsets(topic),
    close: async () => {
      // A connection that never came about has nothing to close, and whoever waited for it has its error.
      const connected = await connecting?.catch(() => undefined);
      await connected?.close();
    },
  };
}
