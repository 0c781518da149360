/** A process of its own a figure: measure.ts BACKEND MODEL SECONDS prints how many examples it trains a second. */
import { loadNative } from '../../services/shared/adapters/tensor/native-library.ts';
import { nativeHome, openTensorBackend } from '../../services/shared/adapters/tensor/open.ts';
import { gradientsOf, inputTensors } from '../../services/shared/learning/tensor/program.ts';
import type { Adam, Batch } from '../../services/shared/learning/tensor/tensor-backend.ts';
import { modelNames, type TimedModel, timedModel } from './exercises.ts';
import { timeSteps } from './time-steps.ts';

const adam: Adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const home = nativeHome(process.env);

type Step = (batch: Batch) => Promise<number>;

async function openSession(want: 'native' | 'wasm', { program, initial }: TimedModel): Promise<Step> {
  const backend = await openTensorBackend({ want, gpus: 0, home, environment: process.env });
  const session = await backend.start(program, adam, initial);
  return (batch) => session.step(batch);
}

/** As one trains in tfjs-node by its documentation: an operation at a time, with its own Adam. */
function openEager({ program, initial }: TimedModel): Step {
  const { tf } = loadNative(home, 'cpu', process.env);
  const shapes = Object.entries(program.variables);
  const variables = Object.fromEntries(
    shapes.map(([name, shape]) => [name, tf.variable(tf.tensor(initial.get(name)!, [...shape], 'float32'))]),
  );
  const optimizer = tf.train.adam(adam.learningRate, adam.beta1, adam.beta2, adam.epsilon);
  return (batch) => {
    const loss = tf.tidy(() => {
      const found = gradientsOf(tf, program, { variables, inputs: inputTensors(tf, program, batch) });
      optimizer.applyGradients(
        Object.entries(variables).map(([name, { name: own }]) => ({ name: own, tensor: found.of[name]! })),
      );
      return tf.keep(found.loss);
    });
    const value = loss.dataSync()[0]!;
    loss.dispose();
    return Promise.resolve(value);
  };
}

const [how = '', name, seconds] = process.argv.slice(2);
const model = timedModel(modelNames.find((each) => each === name)!);
const step = how === 'eager' ? openEager(model) : await openSession(how === 'wasm' ? 'wasm' : 'native', model);
console.log(JSON.stringify(await timeSteps(step, model, Number(seconds))));
process.exit(0);
