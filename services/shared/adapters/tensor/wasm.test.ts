import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attentionExercise, mlpExercise } from '../../../../test/contracts/tensor/programs.ts';
import { tensorBackendContract } from '../../../../test/contracts/tensor-backend.ts';
import { openWasmBackend } from './wasm.ts';

tensorBackendContract('wasm', openWasmBackend);

describe('wasm', () => {
  beforeAll(openWasmBackend);

  it('sums the gradient of a gather where an item comes twice, and of rows of many axes', () => {
    const rows = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.gather(x, tf.tensor1d([1, 1, 0], 'int32')), 3)))(rows);
    expect([...slope.dataSync()]).toEqual([3, 3, 3, 3, 6, 6, 6, 6]);
    expect(slope.shape).toEqual([2, 2, 2]);
  });

  it('leaves out rows of no segment', () => {
    const sums = tf.unsortedSegmentSum(tf.tensor2d([[1], [2], [4]]), tf.tensor1d([1, -1, 7], 'int32'), 2);
    expect([...sums.dataSync()]).toEqual([0, 1]);
  });

  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('multiplies batches of matrices transposed %s, %s', (transposeA, transposeB) => {
    const a = tf.reshape(tf.range(0, 12), transposeA ? [2, 3, 2] : [2, 2, 3]) as tf.Tensor3D;
    const b = tf.reshape(tf.range(0, 12), transposeB ? [2, 2, 3] : [2, 3, 2]) as tf.Tensor3D;
    const plain = (x: tf.Tensor3D, turned: boolean) => (turned ? tf.transpose(x, [0, 2, 1]) : x);
    const expected = tf.matMul(plain(a, transposeA), plain(b, transposeB));
    expect([...tf.matMul(a, b, transposeA, transposeB).dataSync()]).toEqual([...expected.dataSync()]);
  });

  it('leaves what nobody catches to the process', () => {
    expect(process.listeners('uncaughtException').map(String).join('\n')).not.toContain('ExitStatus');
  });

  it('leaves no tensor behind after a step, an evaluation and the end of a session', async () => {
    const backend = await openWasmBackend();
    const adam = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const before = tf.memory().numTensors;
    for (const { program, initial, batch } of [mlpExercise, attentionExercise]) {
      const session = await backend.start(program, adam, initial());
      const held = tf.memory().numTensors;
      await session.step(batch(0));
      await session.evaluate(batch(1));
      expect(tf.memory().numTensors).toBe(held);
      session.close();
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
