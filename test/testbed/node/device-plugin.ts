/** A device plugin that offers GPUs which are none to a real kubelet. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface DevicePlugin {
  /** Ids of the devices that containers were given, in their order. */
  readonly allocated: readonly string[];
  stop(): void;
}

interface AllocateRequest {
  readonly container_requests: readonly { readonly devices_ids: readonly string[] }[];
}

const resourceName = 'nvidia.com/gpu';
const endpoint = 'gpu.sock';

/** `folder`: where the kubelet looks for the sockets of plugins. */
export async function offerGpus(folder: string, count: number): Promise<DevicePlugin> {
  const { DevicePlugin: plugin, Registration } = definitions();
  const server = new Server();
  const allocated: string[] = [];
  server.addService(plugin!.service, {
    GetDevicePluginOptions: (_call: unknown, answer: sendUnaryData<object>) => answer(null, {}),
    // Stays open for as long as they are there.
    ListAndWatch: (call: ServerWritableStream<object, object>) => void call.write({ devices: gpus(count) }),
    Allocate: ({ request }: ServerUnaryCall<AllocateRequest, object>, answer: sendUnaryData<object>) => {
      allocated.push(...request.container_requests.flatMap(({ devices_ids: ids }) => ids));
      answer(null, { container_responses: request.container_requests.map(allocation) });
    },
  });
  const socket = join(folder, endpoint);
  rmSync(socket, { force: true });
  await promisify(server.bindAsync.bind(server))(`unix://${socket}`, ServerCredentials.createInsecure());
  const client = new Registration!(`unix://${join(folder, 'kubelet.sock')}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
  });
  const register = promisify(
    (client['Register'] as (request: object, done: sendUnaryData<object>) => void).bind(client),
  );
  await register({ version: 'v1beta1', endpoint, resource_name: resourceName });
  client.close();
  return { allocated, stop: () => server.forceShutdown() };
}

function definitions(): Record<string, ServiceClientConstructor> {
  const proto = loadSync(join(import.meta.dirname, 'deviceplugin.proto'), { keepCase: true, defaults: true });
  return loadPackageDefinition(proto)['v1beta1'] as unknown as Record<string, ServiceClientConstructor>;
}

function gpus(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({ ID: `GPU-${index}`, health: 'Healthy' }));
}

function allocation({ devices_ids: ids }: AllocateRequest['container_requests'][number]): object {
  const devices = ids.map((_, index) => ({
    container_path: `/dev/nvidia${index}`,
    host_path: '/dev/zero',
    permissions: 'rw',
  }));
  return { envs: { NVIDIA_VISIBLE_DEVICES: ids.join(',') }, devices };
}
