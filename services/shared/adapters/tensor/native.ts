/** `TensorBackend` on TensorFlow itself: a program is traced once, and its graph then runs whole, a call a step. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { correctedRates } from '../../learning/tensor/adam.ts';
import { checkBatch, checkState, checkVariables } from '../../learning/tensor/check-shapes.ts';
import { inputTensors } from '../../learning/tensor/program.ts';
import type {
  Adam,
  Batch,
  TensorBackend,
  TensorProgram,
  TrainingSession,
  TrainingState,
} from '../../learning/tensor/tensor-backend.ts';
import { names, type Part, parts, traceTraining } from './graph/training-graph.ts';
import type { NativeLibrary } from './native-library.ts';

/** The library must be the process's only one. */
export function nativeBackend(library: NativeLibrary): TensorBackend {
  return {
    name: library.kernels.isUsingGpuDevice ? 'native-gpu' : 'native-cpu',
    async start(program, adam, initial) {
      checkVariables(program, initial, 'initial variables');
      const session = new NativeSession(library, program, adam);
      session.load({ steps: 0, variables: initial, ...zeroMoments(initial) });
      return session;
    },
    close: () => undefined,
  };
}

function zeroMoments(initial: ReadonlyMap<string, Float32Array>) {
  const zeros = () => new Map([...initial].map(([name, { length }]) => [name, new Float32Array(length)]));
  return { firstMoments: zeros(), secondMoments: zeros() };
}

class NativeSession implements TrainingSession {
  readonly #library: NativeLibrary;
  readonly #program: TensorProgram;
  readonly #adam: Adam;
  /** TensorFlow's session, which holds the variables. */
  readonly #model: number;
  #steps = 0;

  constructor(library: NativeLibrary, program: TensorProgram, adam: Adam) {
    this.#library = library;
    this.#program = program;
    this.#adam = adam;
    this.#model = loadGraph(library, traceTraining(library, program, adam));
  }

  async step(batch: Batch): Promise<number> {
    checkBatch(this.#program, batch);
    const { rate, epsilon } = correctedRates(this.#adam, this.#steps + 1);
    const { tf } = this.#library;
    const loss = this.#scalar(names.step, () => ({
      ...this.#inputs(batch),
      [names.rate]: tf.scalar(rate),
      [names.epsilon]: tf.scalar(epsilon),
    }));
    this.#steps++;
    return loss;
  }

  async evaluate(batch: Batch): Promise<number> {
    checkBatch(this.#program, batch);
    return this.#scalar(names.loss, () => this.#inputs(batch));
  }

  async pull(): Promise<TrainingState> {
    const read = (part: Part): Map<string, Float32Array> => {
      const variables = Object.keys(this.#program.variables);
      const outputs = this.#run(
        {},
        variables.map((_, at) => names.read(part, at)),
      );
      const values = outputs.map((output) => output.dataSync() as Float32Array);
      this.#library.tf.dispose(outputs);
      return new Map(variables.map((name, at) => [name, values[at]!]));
    };
    return {
      steps: this.#steps,
      variables: read('variables'),
      firstMoments: read('firstMoments'),
      secondMoments: read('secondMoments'),
    };
  }

  async push(state: TrainingState): Promise<void> {
    checkState(this.#program, state);
    this.load(state);
  }

  /** The state must have been checked. */
  load(state: TrainingState): void {
    const { tf } = this.#library;
    this.#scalar(names.pushed, () =>
      Object.fromEntries(
        Object.entries(this.#program.variables).flatMap(([name, shape], at) =>
          (Object.keys(parts) as Part[]).map((part) => [
            names.fed(part, at),
            tf.tensor(state[part].get(name)!, [...shape], 'float32'),
          ]),
        ),
      ),
    );
    this.#steps = state.steps;
  }

  close(): void {
    this.#library.kernels.deleteSavedModel(this.#model);
  }

  #inputs(batch: Batch): Record<string, Tensor> {
    const tensors = inputTensors(this.#library.tf, this.#program, batch);
    return Object.fromEntries(Object.keys(this.#program.inputs).map((name, at) => [names.input(at), tensors[name]!]));
  }

  #scalar(output: string, feed: () => Readonly<Record<string, Tensor>>): number {
    return this.#library.tf.tidy(() => this.#run(feed(), [output])[0]!.dataSync()[0]!);
  }

  #run(feed: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Tensor[] {
    const about = Object.keys(feed).map((name) => ({ name: `${name}:0` }));
    const fetched = outputs.map((name) => `${name}:0`);
    return this.#library.kernels.runSavedModel(this.#model, Object.values(feed), about, fetched);
  }
}

/** TensorFlow reads graphs from a folder alone. */
function loadGraph({ kernels }: NativeLibrary, savedModel: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    return kernels.loadSavedModelMetaGraph(folder, 'serve');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
