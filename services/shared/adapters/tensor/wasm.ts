/** `TensorBackend` on tfjs's WebAssembly: one thread, deterministic, nothing to install; the step of Adam is made in JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-wasm';
import { LikenessError } from '../../errors.ts';
import { type AdamSlot, updateInPlace } from '../../learning/tensor/adam.ts';
import { checkBatch, checkState, checkVariables } from '../../learning/tensor/check-shapes.ts';
import { gradientsOf, inputTensors } from '../../learning/tensor/program.ts';
import type {
  Adam,
  Batch,
  TensorBackend,
  TensorProgram,
  TrainingSession,
} from '../../learning/tensor/tensor-backend.ts';
import { registerGradients } from './wasm-gradients.ts';
import { registerWasmKernels } from './wasm-kernels.ts';

/** Throws `TensorsUnavailable` where WebAssembly cannot be started. */
export async function openWasmBackend(): Promise<TensorBackend> {
  if (!(await startedQuietly()))
    throw new LikenessError('TensorsUnavailable', 'WebAssembly of @tensorflow/tfjs-backend-wasm does not start here');
  if (tf.getGradient('Add') === undefined) registerGradients();
  registerWasmKernels();
  return {
    name: 'wasm',
    start: async (program, adam, initial) => startSession(program, adam, initial),
    close: () => undefined,
  };
}

/** Emscripten's start makes the whole process rethrow what nobody caught; that is not its to say. */
async function startedQuietly(): Promise<boolean> {
  const caught = new Set(process.listeners('uncaughtException'));
  const rejected = new Set(process.listeners('unhandledRejection'));
  const started = await tf.setBackend('wasm');
  for (const listener of process.listeners('uncaughtException'))
    if (!caught.has(listener)) process.off('uncaughtException', listener);
  for (const listener of process.listeners('unhandledRejection'))
    if (!rejected.has(listener)) process.off('unhandledRejection', listener);
  return started;
}

interface Slot extends AdamSlot {
  readonly variable: tf.Variable;
}

function startSession(program: TensorProgram, adam: Adam, initial: ReadonlyMap<string, Float32Array>): TrainingSession {
  checkVariables(program, initial, 'initial variables');
  const slots = new Map(
    Object.entries(program.variables).map(([name, shape]) => [name, createSlot(initial.get(name)!, shape)]),
  );
  const variables = Object.fromEntries([...slots].map(([name, slot]) => [name, slot.variable]));
  let steps = 0;
  const evaluate = (batch: Batch): number =>
    tf.tidy(() => program.loss(tf, variables, inputTensors(tf, program, batch)).dataSync()[0]!);
  const step = (batch: Batch): number =>
    tf.tidy(() => {
      const { loss, of } = gradientsOf(tf, program, { variables, inputs: inputTensors(tf, program, batch) });
      steps++;
      for (const [name, slot] of slots) {
        updateInPlace(adam, steps, slot, of[name] && onHeap(of[name]));
        assign(slot);
      }
      return loss.dataSync()[0]!;
    });
  return {
    async step(batch) {
      checkBatch(program, batch);
      return step(batch);
    },
    async evaluate(batch) {
      checkBatch(program, batch);
      return evaluate(batch);
    },
    pull: async () => ({
      steps,
      variables: copyOf(slots, 'values'),
      firstMoments: copyOf(slots, 'firstMoment'),
      secondMoments: copyOf(slots, 'secondMoment'),
    }),
    async push(state) {
      checkState(program, state);
      steps = state.steps;
      for (const [name, slot] of slots) {
        slot.values.set(state.variables.get(name)!);
        slot.firstMoment.set(state.firstMoments.get(name)!);
        slot.secondMoment.set(state.secondMoments.get(name)!);
        tf.tidy(() => assign(slot));
      }
    },
    close: () => tf.dispose(variables),
  };
}

function createSlot(values: Float32Array, shape: readonly number[]): Slot {
  const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
  const [firstMoment, secondMoment] = [new Float32Array(values.length), new Float32Array(values.length)];
  return { variable, values: values.slice(), firstMoment, secondMoment };
}

/** A tensor of its own every time: the library keeps packed copies of matrices that it has multiplied by. */
function assign({ variable, values }: Slot): void {
  variable.assign(tf.tensor(values, variable.shape, 'float32'));
}

/** The values of a tensor where they lie; good until the next allocation. */
function onHeap(tensor: tf.Tensor): Float32Array {
  return (tf.backend() as BackendWasm).typedArrayFromHeap(tensor) as Float32Array;
}

function copyOf(slots: ReadonlyMap<string, Slot>, part: keyof AdamSlot): Map<string, Float32Array> {
  return new Map([...slots].map(([name, slot]) => [name, slot[part].slice()]));
}
