/** Opens the tensor backend that a training runs on: TensorFlow where `npm run native` has put it, else WebAssembly. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LikenessError } from '../../errors.ts';
import type { TensorBackend } from '../../learning/tensor/tensor-backend.ts';
import { type Flavour, flavours, installationOf, loadNative, packageOf } from './native-library.ts';

export interface TensorRequest {
  /** `auto`: native where it is installed, else wasm. */
  readonly want: 'auto' | 'native' | 'wasm';
  /** GPUs. Absent: as they are found; 0: none, even where one is. */
  readonly gpus?: number | undefined;
  /** Where native libraries are installed. */
  readonly home: string;
  /** The process's own: TensorFlow reads its settings there, and some are made. */
  readonly environment: Record<string, string | undefined>;
}

/** Of whoever runs this, as `npm run native` takes it too. */
export function nativeHome({ XDG_CACHE_HOME: cache }: Readonly<Record<string, string | undefined>>): string {
  return join(cache || join(homedir(), '.cache'), 'likeness', 'native');
}

/**
 * Once a process. Throws `NoGpu` where GPUs are asked for that are not there or cannot be used, and
 * `TensorsUnavailable` where native is asked for and not installed, or what is installed does not load.
 */
export async function openTensorBackend(request: TensorRequest): Promise<TensorBackend> {
  const asked = request.gpus ?? 0;
  if (asked > 0) return openOnGpu(request, asked);
  const flavour = request.want === 'wasm' ? undefined : installedFlavour(request);
  if (flavour !== undefined) return openNative(request, flavour);
  if (request.want !== 'native') return openWasm();
  throw new LikenessError('TensorsUnavailable', `Native TensorFlow is not in ${request.home}. Run: npm run native`);
}

/** Of the images the trainer's alone has the packages. */
async function openWasm(): Promise<TensorBackend> {
  const wasm = await import('./wasm.ts').catch((cause: unknown) => {
    throw new LikenessError(
      'TensorsUnavailable',
      'The packages @tensorflow/tfjs-core and tfjs-backend-wasm are not here. In a cluster, name an image of the ' +
        'trainer: training.image, or trainerImage and trainerGpuImage of the chart',
      { cause },
    );
  });
  return wasm.openWasmBackend();
}

/** With GPUs to be had the one that can use them, else the smaller one. */
function installedFlavour({ home, gpus }: TensorRequest): Flavour | undefined {
  const preferred = gpus === 0 || countGpus() === 0 ? flavours : flavours.toReversed();
  return preferred.find((flavour) => existsSync(installationOf(home, flavour)));
}

async function openOnGpu(request: TensorRequest, asked: number): Promise<TensorBackend> {
  const wanted = `Training asks for ${asked} ${asked === 1 ? 'GPU' : 'GPUs'} (training.gpu.count)`;
  const or = 'or set training.gpu.count to 0 to train on processors';
  const found = countGpus();
  if (request.want === 'wasm') throw new LikenessError('NoGpu', `${wanted}, which WebAssembly cannot use; ${or}`);
  if (found < asked)
    throw new LikenessError('NoGpu', `${wanted}, and ${found} were found here. Train where they are, ${or}`);
  if (!existsSync(installationOf(request.home, 'gpu')))
    throw new LikenessError(
      'NoGpu',
      `${wanted}, and ${packageOf.gpu} is not in ${request.home}. Run: npm run native -- --gpu, in a cluster name an image of the trainer built with NATIVE=gpu (training.image, or trainerGpuImage of the chart), ${or}`,
    );
  const backend = await openNative(request, 'gpu');
  if (backend.name === 'native-gpu') return backend;
  throw new LikenessError(
    'NoGpu',
    `${wanted}, and TensorFlow cannot use the ${found} found here: its log with TF_CPP_MIN_LOG_LEVEL=0 says why. ` +
      `Most often the driver's libcuda.so.1 is not to be found; ${or}`,
  );
}

async function openNative({ home, environment, gpus }: TensorRequest, flavour: Flavour): Promise<TensorBackend> {
  // Hides what is not wanted.
  if (gpus === 0) environment['CUDA_VISIBLE_DEVICES'] = '-1';
  const { nativeBackend } = await import('./native.ts');
  try {
    return nativeBackend(loadNative(home, flavour, environment));
  } catch (cause) {
    const where = installationOf(home, flavour);
    throw new LikenessError('TensorsUnavailable', `Native TensorFlow in ${where} does not load. Run: npm run native`, {
      cause,
    });
  }
}

/** By the driver's devices, which containers have too. */
function countGpus(): number {
  return existsSync('/dev') ? readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length : 0;
}
