/** Specs that break rules, for whoever tells broken rules: structure and names are right, sizes and combinations anything. */
import fc from 'fast-check';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const duration = fc.constantFrom(
  '0s',
  '1s',
  '7s',
  '30s',
  '60s',
  '100s',
  '1h',
  '24h',
  '168h',
  '2160h',
  '2161h',
  '876001h',
);
const decimalText = fc.constantFrom('0', '0.005', '0.01', '0.5', '1', '1.04', '1.05', '2', '1000', '1000.5');
const names = fc.constantFrom('a', 'b', 'c');
const windowed = { window: maybe(duration), pane: maybe(duration) };

const featureArbitrary = fc.record({
  name: names,
  count: maybe(fc.record(windowed)),
  sum: maybe(fc.record({ ...windowed, field: fc.constant('value') })),
  sequence: maybe(fc.record({ length: maybe(fc.constantFrom(1, 50)) })),
  interest: maybe(fc.record({ of: fc.constant('itemId'), halfLife: duration })),
  ratio: maybe(fc.record({ of: names, to: names })),
});

const normaliseArbitrary = fc.record({
  name: names,
  field: fc.constantFrom('value', 'text', 'itemId', 'item.price', 'item.title', 'properties.a.b', 'context.c'),
  unit: maybe(fc.constant('EUR')),
  unitField: maybe(fc.constant('properties.currency')),
  factors: maybe(fc.constant([{ unit: 'USD', factor: '0.9' }])),
  text: maybe(fc.constant(['Trim'])),
});

export const specArbitrary = fc.record({
  preset: maybe(fc.constantFrom('shop/v1', 'none')),
  features: maybe(fc.array(featureArbitrary, { maxLength: 3 })),
  models: maybe(
    fc.array(
      fc.record({
        name: names,
        recommend: maybe(fc.record({ history: names, target: fc.constant(['a']) })),
        classify: maybe(fc.record({ label: fc.constant({ events: ['a'] }) })),
      }),
      { maxLength: 2 },
    ),
  ),
  archive: maybe(fc.record({ retention: maybe(duration) })),
  events: maybe(fc.array(fc.record({ name: names, weight: maybe(decimalText) }), { maxLength: 2 })),
  cleaning: maybe(
    fc.record({
      dedupe: maybe(fc.record({ window: maybe(duration) })),
      normalise: maybe(fc.array(normaliseArbitrary, { maxLength: 2 })),
    }),
  ),
  training: maybe(
    fc.record({
      holdout: maybe(fc.record({ fraction: maybe(decimalText) })),
      retrain: maybe(
        fc.record({
          mode: maybe(fc.constantFrom('Never', 'OnGrowth', 'OnSchedule', 'OnDrift')),
          schedule: maybe(fc.constant('0 3 * * *')),
          timeZone: maybe(fc.constant('Europe/Berlin')),
          growth: maybe(decimalText),
          cooldown: maybe(duration),
          sampleShare: maybe(fc.constantFrom('0', '0.02')),
        }),
      ),
    }),
  ),
});

const amounts = maybe(
  fc.record({
    cpu: maybe(fc.constantFrom('500m', '1', '1.5', '0.25')),
    memory: maybe(fc.constantFrom('512Mi', '1Gi', '1G', '600000000')),
  }),
);
const sized = {
  replicas: maybe(fc.constantFrom(1, 3)),
  resources: maybe(fc.record({ requests: amounts, limits: amounts })),
};
const bounds = { minReplicas: maybe(fc.constantFrom(1, 4)), maxReplicas: fc.constantFrom(1, 3, 4) };
const secret = { name: 'secret' };

const tolerationArbitrary = fc.record({
  key: maybe(fc.constant('nvidia.com/gpu')),
  operator: maybe(fc.constantFrom('Exists', 'Equal')),
  value: maybe(fc.constant('present')),
  effect: maybe(fc.constantFrom('NoSchedule', 'NoExecute')),
  tolerationSeconds: maybe(fc.constant(60)),
});

/** What is about a cluster, and what a pipeline connects to. */
export const clusterArbitrary = fc.record({
  kafka: maybe(
    fc.record({
      bootstrapServers: fc.constant('k:9092'),
      partitions: maybe(fc.constantFrom(1, 3)),
      replicationFactor: maybe(fc.constantFrom(1, 2, 3)),
      minInsyncReplicas: maybe(fc.constantFrom(1, 2, 4)),
      topics: maybe(fc.constantFrom('Managed', 'KafkaTopic')),
      strimziCluster: maybe(fc.constant('main')),
      tls: maybe(fc.constant({})),
      authentication: maybe(
        fc.record({ type: fc.constantFrom('Plain', 'ScramSha512'), secretRef: fc.constant(secret) }),
      ),
    }),
  ),
  store: maybe(
    fc.record({
      redis: fc.record({
        url: fc.constantFrom('redis://r', 'rediss://r', 'rediss://u:p@r'),
        secretRef: maybe(fc.constant(secret)),
        tls: maybe(fc.constant({ caSecretRef: secret })),
      }),
    }),
  ),
  modelStore: maybe(
    fc.record({
      persistentVolumeClaim: maybe(fc.constant({ claimName: 'models' })),
      s3: maybe(
        fc.record({
          bucket: fc.constant('models'),
          endpoint: fc.constantFrom('http://s3', 'https://s3'),
          secretRef: fc.constant(secret),
          tls: maybe(fc.constant({})),
        }),
      ),
    }),
  ),
  stages: maybe(
    fc.record({
      name: fc.constantFrom('ingest', 'feature'),
      ...sized,
      autoscaling: maybe(
        fc.record({ mode: maybe(fc.constantFrom('HPA', 'KEDA')), ...bounds, lagThreshold: maybe(fc.constant(10)) }),
      ),
    }),
  ).map((stage) => stage && [stage]),
  serving: maybe(fc.record({ ...sized, autoscaling: maybe(fc.record(bounds)) })),
  training: maybe(
    fc.record({
      workers: maybe(fc.constantFrom(1, 2, 4)),
      gpu: maybe(
        fc.record({
          count: maybe(fc.constantFrom(0, 1)),
          resourceClaimTemplateName: maybe(fc.constant('gpus')),
          tolerations: maybe(fc.array(tolerationArbitrary, { maxLength: 2 })),
        }),
      ),
    }),
  ),
});

/** One step of each list, because each name may be there once. */
export const learnedArbitrary = fc
  .record({
    cleaning: fc.record({
      impute: fc.record({
        name: names,
        field: fc.constantFrom('value', 'properties.a'),
        with: fc.constantFrom('Mean', 'Last', 'Constant'),
        by: maybe(fc.constant('itemId')),
        constant: maybe(fc.constantFrom('0', '-1.5', '1e3', 'none', '1.0000001', '12345678901')),
      }),
      outliers: fc.record({
        name: names,
        fields: fc.constant(['value']),
        method: fc.constantFrom('MAD', 'IsolationForest'),
        action: fc.constant('Tag'),
        threshold: maybe(fc.constantFrom('0.5', '0.999', '1', '3.5')),
      }),
    }),
  })
  .map(({ cleaning: { impute, outliers } }) => ({ cleaning: { impute: [impute], outliers: [outliers] } }));
