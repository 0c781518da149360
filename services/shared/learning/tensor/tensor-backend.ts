/** Port: training of a program of tensors. What is traced once must hold no randomness and no values made in JavaScript. */
import type * as tfjs from '@tensorflow/tfjs-core';

export type TensorOps = typeof tfjs;
export type Tensors = Readonly<Record<string, tfjs.Tensor>>;

export interface InputShape {
  /** Fixed; the first dimension is the batch. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export interface TensorProgram {
  /** Shapes of the trainable variables, float32, by name. */
  readonly variables: Readonly<Record<string, readonly number[]>>;
  readonly inputs: Readonly<Record<string, InputShape>>;
  /**
   * The scalar to make small, with all penalties in it. It is traced once on the native backend, so masks of dropout,
   * noise, sampled negatives and weights of rows are inputs.
   */
  loss(tf: TensorOps, variables: Tensors, inputs: Tensors): tfjs.Scalar;
  /** Where the plain gradient of `loss` is not what is wanted (adversarial training). */
  gradients?(tf: TensorOps, variables: Tensors, inputs: Tensors): { readonly loss: tfjs.Scalar; readonly of: Tensors };
}

/** Adam (Kingma and Ba, 2015, algorithm 1). */
export interface Adam {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export type Batch = Readonly<Record<string, Float32Array | Int32Array>>;

/** All that a training needs to go on where it was: float32, by variable. */
export interface TrainingState {
  /** Steps done. */
  readonly steps: number;
  readonly variables: ReadonlyMap<string, Float32Array>;
  readonly firstMoments: ReadonlyMap<string, Float32Array>;
  readonly secondMoments: ReadonlyMap<string, Float32Array>;
}

export interface TrainingSession {
  /** One step of Adam; gives the loss before it. */
  step(batch: Batch): Promise<number>;
  /** The loss alone. */
  evaluate(batch: Batch): Promise<number>;
  pull(): Promise<TrainingState>;
  push(state: TrainingState): Promise<void>;
  close(): void;
}

export const tensorBackendNames = ['native-gpu', 'native-cpu', 'wasm'] as const;
type TensorBackendName = (typeof tensorBackendNames)[number];

export interface TensorBackend {
  readonly name: TensorBackendName;
  /** `initial`: values of the variables; the moments are 0. */
  start(program: TensorProgram, adam: Adam, initial: ReadonlyMap<string, Float32Array>): Promise<TrainingSession>;
  close(): void;
}
