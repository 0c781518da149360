/** Loads TensorFlow with its binding for Node from where `npm run native` has put it. One a process. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorOps } from '../../learning/tensor/tensor-backend.ts';

export const flavours = ['cpu', 'gpu'] as const;
export type Flavour = (typeof flavours)[number];

/** The npm package of each; one code, two names. */
export const packageOf: Readonly<Record<Flavour, string>> = {
  cpu: '@tensorflow/tfjs-node',
  gpu: '@tensorflow/tfjs-node-gpu',
};

interface OutputTensor {
  readonly id: number;
}

/** An attribute of an operation, as the binding takes it. */
export interface BoundAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What is used of the native addon. Tensors go by numbers, none of which comes twice. */
export interface Binding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  createTensor(shape: number[], type: number, values: unknown): number;
  executeOp(op: string, attributes: BoundAttribute[], inputs: number[], outputs: number): OutputTensor[];
  tensorDataSync(id: number): NodeJS.TypedArray;
}

/** What is used of tfjs-node's backend. */
export interface NativeKernels {
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  loadSavedModelMetaGraph(folder: string, tags: string): number;
  runSavedModel(
    id: number,
    inputs: readonly Tensor[],
    about: readonly { readonly name: string }[],
    outputs: readonly string[],
  ): Tensor[];
  deleteSavedModel(id: number): void;
}

export interface NativeLibrary {
  readonly tf: TensorOps;
  readonly kernels: NativeKernels;
  readonly version: string;
}

/** What TensorFlow reads of its process's environment; set before it is loaded, and only where nothing is set. */
const settings = {
  /** Errors alone. */
  TF_CPP_MIN_LOG_LEVEL: '2',
  /** Takes of a GPU's memory what it needs, so that others can have the rest. */
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  /** The same training gives the same model, on a GPU too. */
  TF_DETERMINISTIC_OPS: '1',
};

/** `home` as of `installationOf`; `environment` is the process's own. Throws what Node throws where it cannot be loaded. */
export function loadNative(
  home: string,
  flavour: Flavour,
  environment: Record<string, string | undefined>,
): NativeLibrary {
  for (const [name, value] of Object.entries(settings)) environment[name] ??= value;
  restoreRemoved();
  const load = createRequire(join(installationOf(home, flavour), 'package.json'));
  const tf = load(packageOf[flavour]) as TensorOps;
  const kernels = tf.backend() as unknown as NativeKernels;
  return { tf, kernels, version: kernels.binding.TF_Version };
}

/** The folder of one flavour; the package lies in its node_modules. */
export const installationOf = (home: string, flavour: Flavour): string => join(home, flavour);

/** tfjs-node 4.22 calls two functions that Node 23 has removed. */
function restoreRemoved(): void {
  const removed = { isNullOrUndefined: (value: unknown) => value === null || value === undefined };
  Object.assign(util, removed, { isArray: Array.isArray });
}
