import { expect, it } from 'vitest';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import type { TensorBackend } from '../shared/learning/tensor/tensor-backend.ts';
import { openOnce } from './tensors.ts';

const backend: TensorBackend = {
  name: 'wasm',
  start: () => Promise.reject(new Error('not here')),
  close: () => undefined,
};

it('opens what several models want once, and says which it is', async () => {
  const lines: string[] = [];
  const telemetry = createTelemetry('trainer', 'info', { destination: { write: (line) => void lines.push(line) } });
  let opened = 0;
  const tensors = openOnce(() => {
    opened++;
    return Promise.resolve(backend);
  }, telemetry);
  const metric = () => telemetry.registry.getSingleMetricAsString('likeness_tensor_backend_info');
  expect(await metric()).toContain('{backend="wasm",service="trainer"} 0');
  expect(await Promise.all([tensors(), tensors()])).toEqual([backend, backend]);
  expect(opened).toBe(1);
  expect(await metric()).toContain('{backend="wasm",service="trainer"} 1');
  expect(await metric()).toContain('{backend="native-gpu",service="trainer"} 0');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ tensorBackend: 'wasm' }]);
});
