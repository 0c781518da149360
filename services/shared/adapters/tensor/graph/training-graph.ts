/** The graph of a training: a program's loss and gradients, its variables with their moments, and the step of Adam. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { LikenessError } from '../../../errors.ts';
import { gradientsOf } from '../../../learning/tensor/program.ts';
import type { Adam, TensorProgram } from '../../../learning/tensor/tensor-backend.ts';
import type { NativeLibrary } from '../native-library.ts';
import { attribute, dataTypes, Graph } from './graph-def.ts';
import { Trace } from './trace.ts';

const { float32 } = dataTypes;
const typed = { dtype: attribute.type(float32) };

/** What is kept of each variable, and the letter of its nodes. */
export const parts = { variables: 'v', firstMoments: 'm', secondMoments: 's' } as const;
export type Part = keyof typeof parts;

/** Names of what is fed and fetched. Variables and inputs go by their place in the program. */
export const names = {
  input: (at: number) => `in${at}`,
  rate: 'rate',
  epsilon: 'epsilon',
  /** Fetched: does a step. */
  step: 'step',
  loss: 'loss',
  fed: (part: Part, at: number) => `fed_${parts[part]}${at}`,
  /** Fetched: takes what is fed. */
  pushed: 'pushed',
  read: (part: Part, at: number) => `read_${parts[part]}${at}`,
} as const;

/**
 * `saved_model.pb`. Throws `BadData` where a program is not the same a second time: randomness that is made while it is
 * traced would be the same in every step.
 */
export function traceTraining(library: NativeLibrary, program: TensorProgram, adam: Adam): Uint8Array {
  const model = traceOnce(library, program, adam);
  if (Buffer.compare(model, traceOnce(library, program, adam)) === 0) return model;
  throw new LikenessError('BadData', 'A program makes other values each time that it is run; make them inputs');
}

function traceOnce(library: NativeLibrary, program: TensorProgram, adam: Adam): Uint8Array {
  const graph = new Graph();
  addVariables(graph, program);
  const traced = traceProgram(library, program, graph);
  addStep(graph, adam, traced);
  addPush(graph, program);
  const attributes = { T: attribute.type(float32) };
  graph.add({ name: names.loss, op: 'Identity', inputs: [traced.evaluated], attributes });
  return graph.toSavedModel();
}

function addVariables(graph: Graph, { variables }: TensorProgram): void {
  for (const [at, shape] of Object.values(variables).entries())
    for (const part of Object.keys(parts) as Part[]) {
      const handle = `${parts[part]}${at}`;
      const attributes = { ...typed, shape: attribute.shape(shape), shared_name: attribute.text(handle) };
      graph.add({ name: handle, op: 'VarHandleOp', inputs: [], attributes });
      graph.add({ name: names.read(part, at), op: 'ReadVariableOp', inputs: [handle], attributes: typed });
    }
}

interface Traced {
  /** Outputs of the graph. */
  readonly loss: string;
  readonly evaluated: string;
  /** By the place of the variable; absent where the loss does not depend on it. */
  readonly gradients: readonly (string | undefined)[];
}

/** Runs the program once, on zeros. */
function traceProgram({ tf, kernels }: NativeLibrary, program: TensorProgram, graph: Graph): Traced {
  const trace = new Trace(kernels, graph);
  const variables: Record<string, Variable> = {};
  try {
    for (const [name, shape] of Object.entries(program.variables))
      variables[name] = tf.tidy(() => tf.variable(tf.zeros([...shape])));
    return tf.tidy(() => {
      const inputs: Record<string, Tensor> = {};
      for (const [name, { shape, dtype }] of Object.entries(program.inputs)) inputs[name] = tf.zeros([...shape], dtype);
      bindOperands(trace, graph, { program, variables, inputs });
      const found = trace.record(() => gradientsOf(tf, program, { variables, inputs }));
      const evaluated = program.gradients ? trace.record(() => program.loss(tf, variables, inputs)) : found.loss;
      return {
        loss: trace.nameOf(found.loss),
        evaluated: trace.nameOf(evaluated),
        gradients: Object.keys(variables).map((name) => found.of[name] && trace.nameOf(found.of[name])),
      };
    });
  } finally {
    tf.dispose(variables);
  }
}

interface Operands {
  readonly program: TensorProgram;
  readonly variables: Readonly<Record<string, Variable>>;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

function bindOperands(trace: Trace, graph: Graph, { program, variables, inputs }: Operands): void {
  for (const [at, tensor] of Object.values(variables).entries()) trace.bind(tensor, `${names.read('variables', at)}:0`);
  for (const [at, [name, { shape, dtype }]] of Object.entries(program.inputs).entries())
    trace.bind(inputs[name]!, `${graph.placeholder(names.input(at), dataTypes[dtype], shape)}:0`);
}

/** One fused operation a variable. Both corrections of the bias are in the rate and epsilon that are fed. */
function addStep(graph: Graph, adam: Adam, { loss, gradients }: Traced): void {
  const scalar = (value: number) => graph.constant(float32, [], Float32Array.of(value));
  const [none, beta1, beta2] = [scalar(0), scalar(adam.beta1), scalar(adam.beta2)];
  const rates = [
    graph.placeholder(names.rate, float32, []),
    beta1,
    beta2,
    graph.placeholder(names.epsilon, float32, []),
  ];
  const attributes = {
    T: attribute.type(float32),
    use_locking: attribute.flag(false),
    use_nesterov: attribute.flag(false),
  };
  const done = gradients.map((gradient, at) => {
    const read = names.read('variables', at);
    const handles = Object.values(parts).map((letter) => `${letter}${at}`);
    // The loss must be of the variable as it was, also where the gradient does not need it.
    const inputs = [...handles, none, none, ...rates, gradient ?? zerosLike(graph, read), `^${read}`];
    return `^${graph.add({ name: `adam${at}`, op: 'ResourceApplyAdam', inputs, attributes })}`;
  });
  const step = {
    name: names.step,
    op: 'Identity',
    inputs: [loss, ...done],
    attributes: { T: attribute.type(float32) },
  };
  graph.add(step);
}

const zerosLike = (graph: Graph, output: string): string =>
  graph.add({ name: graph.freshName(), op: 'ZerosLike', inputs: [output], attributes: { T: attribute.type(float32) } });

function addPush(graph: Graph, { variables }: TensorProgram): void {
  const done = Object.values(variables).flatMap((shape, at) =>
    (Object.keys(parts) as Part[]).map((part) => {
      const fed = graph.placeholder(names.fed(part, at), float32, shape);
      const handle = `${parts[part]}${at}`;
      const assign = { name: `push_${handle}`, op: 'AssignVariableOp', inputs: [handle, fed], attributes: typed };
      return `^${graph.add(assign)}`;
    }),
  );
  const one = graph.constant(float32, [], Float32Array.of(1));
  const attributes = { T: attribute.type(float32) };
  graph.add({ name: names.pushed, op: 'Identity', inputs: [one, ...done], attributes });
}
