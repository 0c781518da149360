/** Native TensorFlow, as `npm run native` installs it: the contract, and what tracing refuses. Where it is absent this fails. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeBackend } from '../../services/shared/adapters/tensor/native.ts';
import {
  installationOf,
  loadNative,
  type NativeLibrary,
} from '../../services/shared/adapters/tensor/native-library.ts';
import { nativeHome, openTensorBackend } from '../../services/shared/adapters/tensor/open.ts';
import type { Adam, TensorProgram } from '../../services/shared/learning/tensor/tensor-backend.ts';
import { tensorBackendContract } from '../contracts/tensor-backend.ts';
import { checkCausality } from '../contracts/tensor/causality.ts';
import { attentionExercise, mlpExercise } from '../contracts/tensor/programs.ts';

const home = nativeHome(process.env);
const adam: Adam = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const open = () => openTensorBackend({ want: 'native', gpus: 0, home, environment: process.env });

tensorBackendContract('native', open);

it('answers after each step of a history by what came up to it', async () => checkCausality(await open()));

describe('native', () => {
  let library: NativeLibrary;
  beforeAll(() => {
    library = loadNative(home, 'cpu', process.env);
  });

  it('is what is opened where it is installed', async () => {
    const backend = await openTensorBackend({ want: 'auto', gpus: 0, home, environment: process.env });
    expect(backend.name).toBe('native-cpu');
    expect(process.env['TF_CPP_MIN_LOG_LEVEL']).toBe('2');
  });

  it('is found by a second installation, which does nothing', () => {
    const main = join(import.meta.dirname, '../../services/trainer/native/main.ts');
    const folder = execFileSync(process.execPath, [main], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
    expect(existsSync(join(folder, 'node_modules/@tensorflow/tfjs-node'))).toBe(true);
    expect(existsSync(installationOf(home, 'cpu'))).toBe(true);
  });

  const start = (program: TensorProgram) => nativeBackend(library).start(program, adam, mlpExercise.initial());

  it('refuses a program that makes randomness while it is traced', async () => {
    const loss: TensorProgram['loss'] = (tf, variables, inputs) =>
      mlpExercise.program.loss(tf, variables, { ...inputs, x: tf.randomUniform([16, 6]) });
    await expect(start({ ...mlpExercise.program, loss })).rejects.toThrow('makes other values each time');
  });

  it('refuses a program that reads values while it is traced', async () => {
    const loss: TensorProgram['loss'] = (tf, variables, inputs) =>
      tf.mul(mlpExercise.program.loss(tf, variables, inputs), tf.sum(inputs['x']!).dataSync()[0]!);
    await expect(start({ ...mlpExercise.program, loss })).rejects.toMatchObject({ code: 'BadData' });
    // The recording has ended all the same.
    expect(library.tf.sum(library.tf.ones([3])).dataSync()[0]).toBe(3);
  });

  it('leaves no tensor behind after a step, an evaluation, a pull and a push', async () => {
    const before = library.tf.memory().numTensors;
    for (const { program, initial, batch } of [mlpExercise, attentionExercise]) {
      const session = await nativeBackend(library).start(program, adam, initial());
      await session.step(batch(0));
      await session.evaluate(batch(1));
      await session.push(await session.pull());
      session.close();
    }
    expect(library.tf.memory().numTensors).toBe(before);
  });
});
