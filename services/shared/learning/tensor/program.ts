/** A program's inputs as tensors, and its loss with its gradients; the same on every backend. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { Batch, TensorOps, TensorProgram, Tensors } from './tensor-backend.ts';

/** The batch must have been checked. */
export function inputTensors(tf: TensorOps, program: TensorProgram, batch: Batch): Tensors {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape, dtype }]) => [
      name,
      tf.tensor(batch[name]!, [...shape], dtype),
    ]),
  );
}

export interface Gradients {
  readonly loss: tfjs.Scalar;
  /** By variable; one that the loss does not depend on has none. */
  readonly of: Readonly<Record<string, tfjs.Tensor | undefined>>;
}

interface Operands {
  readonly variables: Readonly<Record<string, tfjs.Variable>>;
  readonly inputs: Tensors;
}

export function gradientsOf(tf: TensorOps, program: TensorProgram, { variables, inputs }: Operands): Gradients {
  if (program.gradients !== undefined) return program.gradients(tf, variables, inputs);
  const { value, grads } = tf.variableGrads(() => program.loss(tf, variables, inputs), Object.values(variables));
  const of = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, grads[variable.name]]));
  return { loss: value, of };
}
