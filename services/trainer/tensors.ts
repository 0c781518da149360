/** Opens the tensor backend at the first model that wants it, once a run, and says which it is. */
import { Gauge } from 'prom-client';
import { type TensorBackend, tensorBackendNames } from '../shared/learning/tensor/tensor-backend.ts';
import type { Telemetry } from '../shared/service.ts';

export function openOnce(
  open: () => Promise<TensorBackend>,
  { logger, registry }: Telemetry,
): () => Promise<TensorBackend> {
  const info = new Gauge({
    name: 'likeness_tensor_backend_info',
    help: '1 for the tensor backend that this training runs on; 0 for all as long as no model wanted one',
    labelNames: ['backend'],
    registers: [registry],
  });
  for (const backend of tensorBackendNames) info.set({ backend }, 0);
  let opened: Promise<TensorBackend> | undefined;
  const say = async (): Promise<TensorBackend> => {
    const backend = await open();
    info.set({ backend: backend.name }, 1);
    logger.info({ tensorBackend: backend.name }, 'tensors are computed');
    return backend;
  };
  return () => (opened ??= say());
}
