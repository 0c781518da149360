/** Which of kafkajs' failures pass, and which a person must mend. */
import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { LikenessError } from '../../errors.ts';
import { kafkaError } from './failure.ts';

const protocol = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }));

describe('kafkaError', () => {
  it.each(['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'UNSUPPORTED_VERSION', 'MESSAGE_TOO_LARGE'])(
    '%s lasts',
    (type) => expect(kafkaError(protocol(type), 'x')).toMatchObject({ code: 'BadConfig', retryable: false }),
  );

  it.each(['NOT_COORDINATOR_FOR_GROUP', 'REBALANCE_IN_PROGRESS', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'])(
    '%s passes',
    (type) => expect(kafkaError(protocol(type), 'x')).toMatchObject({ code: 'BrokerUnavailable', retryable: true }),
  );

  it('takes a lost connection for an outage, and a bug for a bug', () => {
    expect(kafkaError(new KafkaJSConnectionError('refused'), 'x').retryable).toBe(true);
    expect(kafkaError(new TypeError('undefined is not a function'), 'x').retryable).toBe(false);
  });

  it('looks at the cause of exhausted retries', () => {
    const exhausted = new KafkaJSNumberOfRetriesExceeded(protocol('TOPIC_AUTHORIZATION_FAILED'), {
      retryCount: 1,
      retryTime: 1,
    });
    expect(kafkaError(exhausted, 'producing')).toMatchObject({ code: 'BadConfig' });
    expect(kafkaError(exhausted, 'producing').message).toContain('TOPIC_AUTHORIZATION_FAILED');
  });

  it('leaves a LikenessError as it is', () => {
    const error = new LikenessError('NotFound', 'gone');
    expect(kafkaError(error, 'x')).toBe(error);
  });
});
