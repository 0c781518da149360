/** The pipeline of the chaos test: every feature kind, bounds small enough to be passed, every reason of refusal but Drop. */
import { effectiveSpec } from '../../crds/effective.ts';
import { specSchema, type PipelineSpec } from '../../crds/pipeline.ts';

const partitions = 6;

export function chaosSpec(at: { readonly kafka: string; readonly redis: string }): PipelineSpec {
  const spec = specSchema.parse({
    kafka: { bootstrapServers: at.kafka, partitions, replicationFactor: 1 },
    store: { redis: { url: at.redis } },
    preset: 'none',
    ingest: { log: {} },
    stages: [
      { name: 'ingest', replicas: 2 },
      { name: 'feature', replicas: 2 },
    ],
    events: [
      { name: 'view', weight: '1', required: ['itemId'] },
      { name: 'cart', weight: '2.5', required: ['itemId'] },
      { name: 'purchase', weight: '5', required: ['itemId', 'value'] },
      { name: 'search', weight: '0', required: ['text'] },
      { name: 'identify', weight: '0' },
      { name: 'alias', weight: '0' },
    ],
    cleaning: {
      late: { grace: '1h' },
      normalise: [
        {
          name: 'price',
          field: 'value',
          unit: 'EUR',
          unitField: 'properties.currency',
          factors: [{ unit: 'USD', factor: '0.9' }],
        },
        { name: 'query', field: 'text', text: ['Trim', 'Lowercase', 'CollapseSpaces'] },
      ],
      rules: [{ name: 'wholesale', when: 'event.quantity > 1000', action: 'DeadLetter' }],
    },
    features: [
      { name: 'views', count: { events: ['view'], window: '30m', pane: '1m' } },
      { name: 'everything', count: {} },
      { name: 'linked', count: { events: ['identify', 'alias'] } },
      { name: 'spend', sum: { events: ['purchase'], field: 'value', window: '2h' } },
      { name: 'spendEver', sum: { events: ['purchase'], field: 'value' } },
      { name: 'average', mean: { events: ['purchase', 'cart'], field: 'value', window: '1h' } },
      { name: 'least', min: { field: 'value', window: '45m', pane: '3m' } },
      { name: 'most', max: { field: 'quantity' } },
      { name: 'lastQuery', last: { events: ['search'], field: 'text' } },
      { name: 'lastSeen', last: { field: 'time' } },
      { name: 'firstItem', first: { field: 'itemId' } },
      { name: 'sincePurchase', sinceLast: { events: ['purchase'] } },
      { name: 'categories', distinct: { of: 'item.category', window: '1h' } },
      { name: 'items', distinct: { of: 'itemId' } },
      { name: 'history', sequence: { events: ['view', 'cart', 'purchase'], length: 12 } },
      { name: 'interests', interest: { of: 'item.category', halfLife: '36h', top: 8 } },
      { name: 'itemInterest', interest: { events: ['view', 'purchase'], of: 'itemId', halfLife: '24h', top: 20 } },
      { name: 'conversion', ratio: { of: 'spendEver', to: 'everything' } },
    ],
  });
  return effectiveSpec(spec);
}
