/** What the runtime counts, under the names of controller-runtime and client-go, so that stock dashboards work. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Made once a process and handed to every part; each part adds its own labels. */
export type RuntimeMetrics = ReturnType<typeof createRuntimeMetrics>;

const queueLabels = ['name', 'controller'] as const;
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 0.9, 1, 1.5, 2, 3, 5, 10, 30, 60,
];

export function createRuntimeMetrics(registry: Registry) {
  return {
    ...clientMetrics(registry),
    ...informerMetrics(registry),
    ...queueMetrics(registry),
    ...controllerMetrics(registry),
  };
}

function clientMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server by status code (<error> when no answer came) and method',
      labelNames: ['code', 'method'],
      registers,
    }),
    leader: new Gauge({
      name: 'leader_election_master_status',
      help: '1 while this process leads',
      labelNames: ['name'],
      registers,
    }),
    events: new Counter({
      name: 'likeness_kubernetes_events_total',
      help: 'Kubernetes Events by what became of them',
      labelNames: ['result'],
      registers,
    }),
  };
}

function informerMetrics(registry: Registry) {
  const registers = [registry];
  const staleness = new Map<string, () => number>();
  registerStaleness(registry, staleness);
  return {
    /** Seconds since an informer last heard of the server, by the informer's name; read at every scrape. */
    staleness,
    watchEnds: new Counter({
      name: 'likeness_watch_ends_total',
      help: 'Ends of watches by cause: closed, expired, failed, stalled, relist',
      labelNames: ['resource', 'cause'],
      registers,
    }),
    cached: new Gauge({
      name: 'likeness_cache_objects',
      help: 'Objects in the cache of an informer',
      labelNames: ['resource'],
      registers,
    }),
    handlerErrors: new Counter({
      name: 'likeness_informer_handler_errors_total',
      help: 'Errors thrown by a handler of changes; the informer goes on',
      labelNames: ['resource'],
      registers,
    }),
  };
}

function registerStaleness(registry: Registry, staleness: ReadonlyMap<string, () => number>): void {
  const gauge: Gauge<'resource'> = new Gauge({
    name: 'likeness_watch_staleness_seconds',
    help: 'Time since the API server was last heard on the watch, a bookmark included',
    labelNames: ['resource'],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [resource, seconds] of staleness) gauge.set({ resource }, seconds());
    },
  });
}

function queueMetrics(registry: Registry) {
  const common = { labelNames: queueLabels, registers: [registry] };
  return {
    depth: new Gauge({ name: 'workqueue_depth', help: 'Keys waiting', ...common }),
    adds: new Counter({ name: 'workqueue_adds_total', help: 'Keys added', ...common }),
    retries: new Counter({ name: 'workqueue_retries_total', help: 'Keys added again after a failure', ...common }),
    queued: new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long a key waits before it is worked on',
      buckets: queueBuckets,
      ...common,
    }),
    worked: new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long a key is worked on',
      buckets: queueBuckets,
      ...common,
    }),
  };
}

function controllerMetrics(registry: Registry) {
  const common = { labelNames: ['controller'] as const, registers: [registry] };
  return {
    reconciles: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by result: success, requeue, requeue_after, error',
      labelNames: ['controller', 'result'],
      registers: [registry],
    }),
    reconcileErrors: new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that failed',
      ...common,
    }),
    reconcileTime: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long a reconcile takes',
      buckets: reconcileBuckets,
      ...common,
    }),
    activeWorkers: new Gauge({
      name: 'controller_runtime_active_workers',
      help: 'Workers that are reconciling',
      ...common,
    }),
    maxWorkers: new Gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Most reconciles at a time',
      ...common,
    }),
  };
}
