/** A spec that names no Kafka or no Redis gets the cluster's; one that does keeps its own. */
import { describe, expect, it } from 'vitest';
import { specSchema } from '../../../crds/pipeline.ts';
import { withClusterDefaults } from './cluster-defaults.ts';

const given = { kafka: 'kafka:9092', redis: 'redis://redis:6379' };

describe('the defaults of a cluster', () => {
  it('fill in what a spec lacks, with the usual settings', () => {
    const spec = withClusterDefaults(specSchema.parse({}), given);
    expect(spec.kafka).toMatchObject({ bootstrapServers: 'kafka:9092', partitions: 12, topics: 'Managed' });
    expect(spec.store).toEqual({ redis: { url: 'redis://redis:6379' } });
  });

  it('change nothing that a spec says', () => {
    const own = specSchema.parse({
      kafka: { bootstrapServers: 'own:1', partitions: 3 },
      store: { redis: { url: 'redis://own' } },
    });
    expect(withClusterDefaults(own, given)).toEqual(own);
    expect(withClusterDefaults(specSchema.parse({}), {})).toEqual(specSchema.parse({}));
  });
});
